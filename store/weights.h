// What readers' votes make of a source's weight in the fair choice.
//
// A source weighs 1/2, 1, 2 or 3. Votes move it once a week, by one step at most, and no votes at
// all leave it at 1: nobody can vote a source out. What counts is not the share of ups but the
// lower bound of it (Wilson's, one-sided 95 %), after as many ups and downs as kPriorVotes were
// added on either side: some votes of a few networks say little, and many votes of many say much.
// Downwards the same holds of the share of downs.
//
// Thread safety: pure functions.
#pragma once

#include <cstdint>

#include "schemas/units.h"

namespace saunter::store {

// In halves.
enum class SourceWeight : int { kHalf = 1, kOne = 2, kTwo = 4, kThree = 6 };

inline constexpr double kPriorVotes = 100;   // ups, and as many downs
inline constexpr double kShareForTwo = 0.6;  // of ups, the lower bound
inline constexpr double kShareForThree = 0.75;
inline constexpr double kShareForHalf = 0.6;  // of downs, the lower bound
inline constexpr std::int64_t kWeightWeeksKept = 5;

// Wilson's lower bound, one-sided 95 %, of the share of `hits` in `count`, both at least 0.
[[nodiscard]] double LowerBound(double hits, double count);

// What these votes, as they count now, would come to in the long run.
[[nodiscard]] SourceWeight WeightOfVotes(double ups, double downs);
// The weight of the next week: one step from `before` towards that, at most.
[[nodiscard]] SourceWeight NextWeight(SourceWeight before, double ups, double downs);

// Weeks since 1970-01-05, a Monday, UTC; `at` is not before it.
[[nodiscard]] std::int64_t WeekOf(schemas::UnixSeconds at);

}  // namespace saunter::store
