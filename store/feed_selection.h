// Which feeds an operator means, and in which order they are wanted.
//
// Thread safety: values, no sharing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "schemas/feed.h"
#include "schemas/outcome.h"
#include "schemas/units.h"

namespace saunter::store {

// A set of outcomes or states: bit n stands for the one with that number. Empty: any will do.
class Choices {
 public:
  // A feed that was not fetched yet has no outcome.
  static constexpr int kNeverFetched = 62;
  static_assert(schemas::kFetchOutcomeCount <= kNeverFetched);

  void Add(schemas::FetchOutcome outcome) { AddBit(static_cast<int>(outcome)); }
  void Add(schemas::FeedState state) { AddBit(static_cast<int>(state)); }
  void AddNeverFetched() { AddBit(kNeverFetched); }
  [[nodiscard]] std::int64_t bits() const { return bits_; }

 private:
  void AddBit(int bit) { bits_ |= std::int64_t{1} << bit; }

  std::int64_t bits_ = 0;
};

enum class FeedOrder { kFound, kAdded, kChecked, kNext, kNewest, kLinks, kErrors, kHost, kTitle };
inline constexpr int kFeedOrderCount = static_cast<int>(FeedOrder::kTitle) + 1;
// What has no value in an order (no title, never fetched) comes last in both directions.
enum class Direction { kUp, kDown };

// Whether a listing counts the links of each.
enum class Counting { kNo, kYes };

// A feed fits if all that is given here does; what is absent or empty lets every feed pass.
struct FeedSelection {
  bool is_failing = false;  // its last fetches failed, one at least
  Choices outcomes;         // of its last fetch
  Choices states;
  std::vector<std::string> categories;  // one of these; "": none
  std::vector<std::string> languages;   // "en" stands for "en-gb", too; "": unknown
  // The newest post that it dates, or else its last change, is older than this; one that never
  // brought anything counts from when it was added.
  std::optional<schemas::UnixSeconds> silent_since;
  std::optional<schemas::UnixSeconds> new_since;          // added then or later
  std::optional<std::vector<schemas::Id>> site_ids = {};  // on one of these
  FeedOrder order = FeedOrder::kFound;
  Direction direction = Direction::kUp;
};

}  // namespace saunter::store
