#include "tests/crawler/loop/source_draws.h"

#include <gtest/gtest.h>

#include <cmath>

#include "api/index/follower.h"
#include "api/walk/permutation.h"
#include "api/walk/walk.h"

namespace saunter::crawler::loop {

namespace index = api::index;
namespace walk = api::walk;

std::vector<schemas::Id> DrawAsReaders(const schemas::StoreSettings& settings, std::size_t readers,
                                       int step, std::uint64_t seed) {
  constexpr std::int64_t kRefreshMs = 1000;
  constexpr std::uint64_t kNextSeed = 0x9e3779b97f4a7c15;
  index::ErrorLog errors;
  index::Follower follower(settings, kRefreshMs, errors);
  follower.Step();
  const auto served = follower.served();
  std::vector<schemas::Id> drawn;
  if (!served->index) {
    ADD_FAILURE() << served->detail;
    return drawn;
  }
  const index::Choice choice(served->index, std::make_shared<const index::Fitting>(), nullptr);
  walk::WalkScratch scratch;
  for (std::size_t i = 0; i < readers; ++i) {
    auto way = walk::StartWalk(walk::Mix(seed += kNextSeed), choice.index());
    auto stop = walk::NextStop(choice, way, scratch);
    for (int met = 1; met < step && stop; ++met) stop = walk::NextStop(choice, way, scratch);
    if (stop) drawn.push_back(walk::LinkAt(choice, *stop, scratch).link_id);
  }
  return drawn;
}

double ChiSquare(const std::map<std::string, std::int64_t>& counts) {
  double draws = 0;
  for (const auto& [name, count] : counts) draws += static_cast<double>(count);
  const double expected = draws / static_cast<double>(counts.size());
  double sum = 0;
  for (const auto& [name, count] : counts) {
    const double difference = static_cast<double>(count) - expected;
    sum += difference * difference / expected;
  }
  return sum;
}

double ChiSquareBound(std::size_t degrees_of_freedom) {
  constexpr double kNormalQuantile = 3.090232306167813;  // one-sided 0.1 %
  const auto degrees = static_cast<double>(degrees_of_freedom);
  const double variance = 2.0 / (9.0 * degrees);
  return degrees * std::pow(1.0 - variance + kNormalQuantile * std::sqrt(variance), 3);
}

}  // namespace saunter::crawler::loop
