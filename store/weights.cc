#include "store/weights.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace saunter::store {
namespace {

constexpr double kZ = 1.6449;  // of a normal distribution 95 % lie below
constexpr schemas::UnixSeconds kFirstMonday = 4 * 86400;
constexpr std::int64_t kWeekS = 7 * 86400;

constexpr std::array kSteps = {SourceWeight::kHalf, SourceWeight::kOne, SourceWeight::kTwo,
                               SourceWeight::kThree};

std::ptrdiff_t StepOf(SourceWeight weight) {
  return std::find(kSteps.begin(), kSteps.end(), weight) - kSteps.begin();
}

}  // namespace

double LowerBound(double hits, double count) {
  if (count <= 0) return 0;
  const double share = hits / count;
  const double square = kZ * kZ / count;
  const double middle = share + square / 2;
  const double spread = kZ * std::sqrt((share * (1 - share) + square / 4) / count);
  return (middle - spread) / (1 + square);
}

SourceWeight WeightOfVotes(double ups, double downs) {
  const double count = ups + downs + 2 * kPriorVotes;
  const double up = LowerBound(ups + kPriorVotes, count);
  if (up >= kShareForThree) return SourceWeight::kThree;
  if (up >= kShareForTwo) return SourceWeight::kTwo;
  const double down = LowerBound(downs + kPriorVotes, count);
  return down >= kShareForHalf ? SourceWeight::kHalf : SourceWeight::kOne;
}

SourceWeight NextWeight(SourceWeight before, double ups, double downs) {
  const auto from = StepOf(before);
  const auto to = StepOf(WeightOfVotes(ups, downs));
  const auto step = std::clamp<std::ptrdiff_t>(to - from, -1, 1);
  return kSteps[static_cast<std::size_t>(from + step)];
}

std::int64_t WeekOf(schemas::UnixSeconds at) {
  return std::max<schemas::UnixSeconds>(0, at - kFirstMonday) / kWeekS;
}

}  // namespace saunter::store
