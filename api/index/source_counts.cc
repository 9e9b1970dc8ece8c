#include "api/index/source_counts.h"

#include <algorithm>
#include <cmath>

namespace saunter::api::index {
namespace {

bool IsLarger(const SourceCount& a, const SourceCount& b) {
  return a.links != b.links ? a.links > b.links : a.slot < b.slot;
}

// No round with more sources than this looks at them one by one.
std::size_t LargestMax(std::size_t slots) {
  if (slots <= SourceCounts::kSlotsShuffledMax) return slots;
  const auto most = static_cast<std::size_t>(std::sqrt(static_cast<double>(slots))) + 1;
  return std::max(most, SourceCounts::kLargestMin);
}

}  // namespace

SourceCounts::SourceCounts(std::vector<std::uint32_t> links_by_slot)
    : by_slot_(std::move(links_by_slot)) {
  const auto slots = by_slot_.size();
  const auto count_max = LargestMax(slots);
  // A heap of the largest so far, the least of them on top.
  std::vector<SourceCount> heap;
  heap.reserve(std::min(count_max, slots));
  for (std::uint32_t slot = 0; slot < slots; ++slot) {
    const auto links = by_slot_[slot];
    if (links == 0) continue;
    ++sources_;
    links_ += links;
    const SourceCount count{slot, links};
    if (heap.size() < count_max) {
      heap.push_back(count);
      if (heap.size() == count_max) std::make_heap(heap.begin(), heap.end(), IsLarger);
    } else if (IsLarger(count, heap.front())) {
      std::pop_heap(heap.begin(), heap.end(), IsLarger);
      heap.back() = count;
      std::push_heap(heap.begin(), heap.end(), IsLarger);
    }
  }
  std::sort(heap.begin(), heap.end(), IsLarger);
  largest_ = std::move(heap);
  largest_.shrink_to_fit();
  if (AreFew(sources_, slots)) std::vector<std::uint32_t>().swap(by_slot_);
}

SourceCounts::SourceCounts(std::size_t slots, std::vector<SourceCount> some) {
  if (!AreFew(some.size(), slots)) {
    std::vector<std::uint32_t> links_by_slot(slots);
    for (const auto& count : some) links_by_slot[count.slot] = count.links;
    *this = SourceCounts(std::move(links_by_slot));
    return;
  }
  std::erase_if(some, [](const SourceCount& count) { return count.links == 0; });
  std::sort(some.begin(), some.end(), IsLarger);
  largest_ = std::move(some);
  sources_ = largest_.size();
  for (const auto& count : largest_) links_ += count.links;
}

std::size_t SourceCounts::Above(std::size_t links_min) const {
  if (links_min == 0) return sources_;
  const auto end =
      std::partition_point(largest_.begin(), largest_.end(),
                           [&](const SourceCount& count) { return count.links > links_min; });
  return end == largest_.end() ? sources_ : static_cast<std::size_t>(end - largest_.begin());
}

std::size_t SourceCounts::bytes() const {
  return sizeof(*this) + by_slot_.capacity() * sizeof(std::uint32_t) +
         largest_.capacity() * sizeof(SourceCount);
}

}  // namespace saunter::api::index
