// How many links each source has for a walk.
//
// Sources are named by their slots, their places in the index. Where few sources have a link, those
// few are all that is kept; otherwise there is a count for each slot, and beside it a list of the
// sources with most links, long enough for the last rounds of a walk, in which few sources are
// left.
//
// Thread safety: immutable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace saunter::api::index {

struct SourceCount {
  std::uint32_t slot = 0;
  std::uint32_t links = 0;
};

class SourceCounts {
 public:
  SourceCounts() = default;
  // By slot, for a power of two of slots.
  explicit SourceCounts(std::vector<std::uint32_t> links_by_slot);
  // Of all slots, those that have a link.
  SourceCounts(std::size_t slots, std::vector<SourceCount> some);

  // True if so few sources of so many slots are better looked at one by one.
  static bool AreFew(std::size_t sources, std::size_t slots) {
    return slots > kSlotsShuffledMax && sources < slots / (sources + 1);
  }
  // Up to so many slots, there is always a count for each.
  static constexpr std::size_t kSlotsShuffledMax = 256;
  // So many of the largest are always listed, if there are as many.
  static constexpr std::size_t kLargestMin = 64;

  // False: all there is stands in largest().
  [[nodiscard]] bool HasEachSlot() const { return !by_slot_.empty(); }
  // 0 for slots that are not there and, unless HasEachSlot(), for all.
  [[nodiscard]] std::uint32_t Of(std::size_t slot) const {
    return slot < by_slot_.size() ? by_slot_[slot] : 0;
  }
  [[nodiscard]] const std::vector<std::uint32_t>& by_slot() const { return by_slot_; }
  // Sources that have a link.
  [[nodiscard]] std::size_t sources() const { return sources_; }
  [[nodiscard]] std::int64_t links() const { return links_; }
  // Most links first, then by slot.
  [[nodiscard]] const std::vector<SourceCount>& largest() const { return largest_; }
  // How many sources have more than `links_min` links; largest() begins with them. If they are more
  // than largest() holds: some number that is more.
  [[nodiscard]] std::size_t Above(std::size_t links_min) const;

  [[nodiscard]] std::size_t bytes() const;

 private:
  std::vector<std::uint32_t> by_slot_;
  std::vector<SourceCount> largest_;
  std::size_t sources_ = 0;
  std::int64_t links_ = 0;
};

}  // namespace saunter::api::index
