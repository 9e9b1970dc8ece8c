// Numbers that are given to words, and how many facets use each.
//
// Thread safety: one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace saunter::api::index {

class UsedNumbers {
 public:
  // A number that nothing has. It counts as unused until it is used, and is kept until given back.
  std::uint32_t Take() {
    ++unused_;
    if (free_.empty()) {
      uses_.push_back(0);
      return static_cast<std::uint32_t>(uses_.size() - 1);
    }
    const auto number = free_.back();
    free_.pop_back();
    return number;
  }
  // Of a number that is not used.
  void GiveBack(std::uint32_t number) {
    --unused_;
    free_.push_back(number);
  }

  void Use(std::uint32_t number) {
    if (uses_[number]++ == 0) --unused_;
  }
  void Release(std::uint32_t number) {
    if (--uses_[number] == 0) ++unused_;
  }
  [[nodiscard]] bool IsUsed(std::uint32_t number) const { return uses_[number] != 0; }

  // True if so many are kept unused that it is worth the time to look for them.
  [[nodiscard]] bool AreManyUnused() const {
    constexpr std::size_t kFew = 64;
    const auto used = uses_.size() - free_.size() - unused_;
    return unused_ > kFew && unused_ > used / 4;
  }

 private:
  std::vector<std::uint32_t> uses_;  // by number
  std::vector<std::uint32_t> free_;
  std::size_t unused_ = 0;  // taken and not used
};

}  // namespace saunter::api::index
