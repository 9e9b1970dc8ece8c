// index_bench [LINKS…] [--sources N] [--database PATH]: the choice at several sizes, on N sources,
// 36,000 unless it says otherwise, whose k-th has a share of 1/k of the links. Prints for each size
// how long the index takes to build and to follow a thousand changes, what a link costs in memory,
// and under each kind of filter the picks a second (from a token to a link and a token), beside
// those of the first size, and what its first use takes. With --database also how long a follower
// takes from a file to an index.
#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "api/index/choices.h"
#include "api/index/follower.h"
#include "api/index/index_builder.h"
#include "api/walk/permutation.h"
#include "api/walk/token.h"
#include "api/walk/walk.h"
#include "tests/bench/lopsided.h"

namespace {

using saunter::api::index::Choices;
using saunter::api::index::IndexBuilder;
using saunter::api::index::LinkIndex;
using saunter::api::index::Selection;
using saunter::schemas::Id;
using Clock = std::chrono::steady_clock;

constexpr std::int64_t kNow = 1'800'000'000;
constexpr int kTurns = 5;
constexpr int kPicksATurn = 200000;

double SecondsSince(Clock::time_point began_at) {
  return std::chrono::duration<double>(Clock::now() - began_at).count();
}

std::size_t HeapBytes() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

void PutLink(IndexBuilder& builder, Id link_id, Id site_id, std::mt19937_64& random) {
  static const std::vector<std::string> kLanguages = {"en", "en", "en", "zh", "de", "fr", ""};
  const auto n = random();
  builder.Put(link_id, saunter::schemas::PoolRow{
                           .link_id = link_id,
                           .site_id = site_id,
                           .published_at = kNow - static_cast<std::int64_t>(n % 1000) * 86400,
                           .language = kLanguages[(n >> 16) % kLanguages.size()],
                           .categories = {static_cast<Id>(1 + (n >> 32) % 6)}});
}

struct Named {
  const char* name;
  Selection selection;
};

const std::vector<Named>& Selections() {
  static const std::vector<Named> kSelections = {
      {"all", {}},
      {"category", {.categories = {"food"}}},
      {"not_category", {.not_categories = {"technology"}}},
      {"language", {.language = "zh"}},
      {"max_age_days", {.max_age_days = 30}},
      {"site", {.site_id = 40}},
      {"several", {.categories = {"music", "books"}, .language = "de", .max_age_days = 365}}};
  return kSelections;
}

// The median of several turns.
double PicksPerSecond(const std::shared_ptr<const LinkIndex>& index, const Selection& selection) {
  Choices choices(64 << 20);
  saunter::api::walk::WalkScratch scratch;
  std::vector<double> rates;
  std::uint64_t seed = 1;
  for (int turn = 0; turn < kTurns; ++turn) {
    const auto began_at = Clock::now();
    Id sum = 0;
    for (int i = 0; i < kPicksATurn; ++i) {
      const auto start = saunter::api::walk::StartWalk(saunter::api::walk::Mix(++seed), *index);
      const auto choice = choices.Find(index, selection, kNow);
      auto walk = saunter::api::walk::FromToken(saunter::api::walk::ToToken(start)).walk;
      const auto stop = saunter::api::walk::NextStop(choice, walk, scratch);
      if (!stop) continue;
      sum += saunter::api::walk::LinkAt(choice, *stop, scratch).link_id;
    }
    rates.push_back(kPicksATurn / SecondsSince(began_at));
    if (sum == 0) std::puts("no link fits");
  }
  std::sort(rates.begin(), rates.end());
  return rates[kTurns / 2];
}

// The median of several turns.
double MillisecondsOfFirstUse(const LinkIndex& index, const Selection& selection) {
  std::vector<double> times;
  for (int turn = 0; turn < kTurns; ++turn) {
    const auto began_at = Clock::now();
    const saunter::api::index::Fitting fitting(index, selection, kNow);
    times.push_back(1000 * SecondsSince(began_at));
  }
  std::sort(times.begin(), times.end());
  return times[kTurns / 2];
}

void Measure(std::int64_t wanted, std::int64_t sources, std::vector<double>& first_rates) {
  std::vector<Id> sites;
  Id site_id = 0;
  for (const auto size : saunter::bench::LopsidedSizes(sources, wanted)) {
    sites.insert(sites.end(), static_cast<std::size_t>(size), ++site_id);
  }
  std::mt19937_64 random(7);
  std::shuffle(sites.begin(), sites.end(), random);
  const auto heap_before = HeapBytes();
  IndexBuilder builder;
  builder.LearnCategories(
      {{1, "food"}, {2, "travel"}, {3, "books"}, {4, "music"}, {5, "linux"}, {6, "birds"}});
  auto began_at = Clock::now();
  for (std::size_t i = 0; i < sites.size(); ++i) {
    PutLink(builder, static_cast<Id>(i + 1), sites[i], random);
  }
  auto index = builder.Build();
  const double build_s = SecondsSince(began_at);
  const auto links = static_cast<double>(index->links());
  const double heap = static_cast<double>(HeapBytes() - heap_before) / links;
  std::vector<double> refreshes;
  for (int turn = 0; turn < kTurns; ++turn) {
    began_at = Clock::now();
    for (int i = 0; i < 1000; ++i) {
      const auto place = random() % sites.size();
      PutLink(builder, static_cast<Id>(place + 1), sites[place], random);
    }
    index = builder.Build();
    refreshes.push_back(SecondsSince(began_at));
  }
  std::sort(refreshes.begin(), refreshes.end());
  std::printf(
      "%.0f links of %zu sources: built in %.2f s, a thousand changes in %.1f ms; "
      "%.1f bytes a link (heap %.1f)\n",
      links, index->counts.sources(), build_s, 1000 * refreshes[kTurns / 2],
      static_cast<double>(builder.MemoryBytes()) / links, heap);
  for (std::size_t i = 0; i < Selections().size(); ++i) {
    const auto rate = PicksPerSecond(index, Selections()[i].selection);
    if (first_rates.size() <= i) first_rates.push_back(rate);
    std::printf("  %-13s %9.0f picks/s, %.2f of the first size; first use %.2f ms\n",
                Selections()[i].name, rate, rate / first_rates[i],
                MillisecondsOfFirstUse(*index, Selections()[i].selection));
  }
  std::fflush(stdout);
}

void MeasureFile(const std::string& path) {
  saunter::schemas::StoreSettings settings;
  settings.path = path;
  saunter::api::index::ErrorLog errors;
  saunter::api::index::Follower follower(settings, 500, errors);
  auto began_at = Clock::now();
  follower.Step();
  const auto served = follower.served();
  if (!served->index) throw std::runtime_error(served->detail);
  std::printf("%s: %ld links served after %.2f s", path.c_str(),
              static_cast<long>(served->index->links()), SecondsSince(began_at));
  began_at = Clock::now();
  follower.Step();
  std::printf("; a look without changes takes %.2f ms\n", 1000 * SecondsSince(began_at));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    std::vector<std::int64_t> sizes;
    std::int64_t sources = 36000;
    std::string database;
    for (int i = 1; i < argc; ++i) {
      if (std::string_view(argv[i]) == "--database" && i + 1 < argc) {
        database = argv[++i];
      } else if (std::string_view(argv[i]) == "--sources" && i + 1 < argc) {
        sources = std::strtoll(argv[++i], nullptr, 10);
      } else {
        sizes.push_back(std::strtoll(argv[i], nullptr, 10));
      }
    }
    if (sizes.empty() && database.empty()) sizes = {10'000, 1'000'000, 10'000'000};
    std::vector<double> first_rates;
    for (const auto links : sizes) Measure(links, sources, first_rates);
    if (!database.empty()) MeasureFile(database);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "index_bench: %s\n", error.what());
    return 1;
  }
  return 0;
}
