// The selections last asked for, with what fits them, for all workers.
//
// They share a budget of bytes: what was not asked for longest goes first, and a selection that is
// larger than the budget is counted for its request alone. Workers count beside one another; the
// lock is held to look and to keep.
//
// Thread safety: all functions. Ownership: what is kept holds no index.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "api/index/link_index.h"
#include "api/index/selection.h"
#include "schemas/units.h"

namespace saunter::api::index {

class Choices {
 public:
  explicit Choices(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  Choice Find(const std::shared_ptr<const LinkIndex>& index, const Selection& selection,
              schemas::UnixSeconds now, std::uint32_t week = 0);

  // Of what is kept.
  [[nodiscard]] std::size_t bytes() const;
  [[nodiscard]] std::size_t count() const;

 private:
  struct Kept {
    Selection selection;
    std::int16_t day = 0;    // of `now`; 0 if the selection has no max_age_days
    std::uint32_t week = 0;  // of the weights; 0 if there are none
    std::shared_ptr<const Fitting> fitting;
    std::size_t bytes = 0;
  };
  // Points into a Kept or to what is looked for.
  struct Key {
    const Selection* selection;
    std::int16_t day;
    std::uint32_t week;

    bool operator==(const Key& other) const {
      return day == other.day && week == other.week && *selection == *other.selection;
    }
  };
  struct HashOfKey {
    std::size_t operator()(const Key& key) const;
  };

  static std::size_t BytesOf(const Kept& kept);
  void Keep(const Key& key, std::shared_ptr<const Fitting> fitting);
  void Drop(std::list<Kept>::iterator kept);

  const std::size_t bytes_max_;
  const std::shared_ptr<const Fitting> all_ = std::make_shared<const Fitting>();

  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::list<Kept> kept_;  // the most recently used first
  std::unordered_map<Key, std::list<Kept>::iterator, HashOfKey> places_;
  std::size_t bytes_ = 0;
};

}  // namespace saunter::api::index
