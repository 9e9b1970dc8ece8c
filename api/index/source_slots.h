// The sources' blocks by slot, in pages that later indexes share.
//
// A page knows which of its slots changed in which build, so that who counted something for an
// earlier build counts only those anew.
//
// Thread safety: SourceSlots is immutable; SourceSlotsBuilder is confined to one thread.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "api/index/source_links.h"

namespace saunter::api::index {

class SourceSlots {
 public:
  static constexpr int kPageBits = 8;
  static constexpr std::size_t kPageSlots = std::size_t{1} << kPageBits;
  struct Page {
    std::array<std::shared_ptr<const SourceLinks>, kPageSlots> sources;
    std::array<SourceFacts, kPageSlots> facts{};
    std::array<std::uint32_t, kPageSlots> changed_in{};  // builds
    std::uint32_t newest_change = 0;
  };

  SourceSlots() = default;
  SourceSlots(std::vector<std::shared_ptr<const Page>> pages, int bits)
      : pages_(std::move(pages)), bits_(bits) {}

  // There are 2^bits() slots.
  [[nodiscard]] int bits() const { return bits_; }
  [[nodiscard]] std::size_t size() const { return std::size_t{1} << bits_; }
  // Null: the slot is free.
  [[nodiscard]] const SourceLinks* At(std::size_t slot) const {
    return pages_[slot >> kPageBits]->sources[slot & (kPageSlots - 1)].get();
  }

  // Calls visit(slot, block) for all that are not null.
  template <typename Visit>
  void ForEach(Visit&& visit) const {
    ForEachUnlessKnown([](std::size_t, const SourceFacts&) { return false; }, visit);
  }
  // The same for those of which knows(slot, facts) is false. Reads ahead, since each block's head
  // and facets are waited for otherwise.
  template <typename Knows, typename Visit>
  void ForEachUnlessKnown(Knows&& knows, Visit&& visit) const {
    Batch batch;
    for (std::size_t number = 0; number < pages_.size(); ++number) {
      const auto& page = *pages_[number];
      for (std::size_t i = 0; i < kPageSlots; ++i) {
        if (page.facts[i].links == 0) continue;
        const auto slot = (number << kPageBits) + i;
        if (!knows(slot, page.facts[i])) batch.Add(slot, *page.sources[i], visit);
      }
    }
    batch.End(visit);
  }
  // The same for the slots that changed after the build, with null where a slot is free now.
  template <typename Visit>
  void ForEachChanged(std::uint32_t build, Visit&& visit) const {
    for (std::size_t page = 0; page < pages_.size(); ++page) {
      if (pages_[page]->newest_change <= build) continue;
      for (std::size_t i = 0; i < std::min(kPageSlots, size()); ++i) {
        if (pages_[page]->changed_in[i] > build) {
          visit((page << kPageBits) + i, pages_[page]->sources[i].get());
        }
      }
    }
  }

 private:
  class Batch {
   public:
    template <typename Visit>
    void Add(std::size_t slot, const SourceLinks& source, Visit&& visit) {
      __builtin_prefetch(&source);
      waiting_[count_++] = {slot, &source};
      if (count_ == waiting_.size()) End(visit);
    }
    template <typename Visit>
    void End(Visit&& visit) {
      for (std::size_t i = 0; i < count_; ++i) {
        __builtin_prefetch(waiting_[i].second->facets().data());
      }
      for (std::size_t i = 0; i < count_; ++i) visit(waiting_[i].first, *waiting_[i].second);
      count_ = 0;
    }

   private:
    std::array<std::pair<std::size_t, const SourceLinks*>, 32> waiting_;
    std::size_t count_ = 0;
  };

  std::vector<std::shared_ptr<const Page>> pages_;
  int bits_ = 0;
};

class SourceSlotsBuilder {
 public:
  SourceSlotsBuilder() { Resize(0, 0); }

  [[nodiscard]] int bits() const { return bits_; }
  [[nodiscard]] std::size_t size() const { return std::size_t{1} << bits_; }
  [[nodiscard]] const std::shared_ptr<const SourceLinks>& At(std::size_t slot) const;
  // Changes in `build`.
  void Set(std::size_t slot, std::shared_ptr<const SourceLinks> source, std::uint32_t build);
  // Empties all; each slot has changed in `build`.
  void Resize(int bits, std::uint32_t build);
  // As it stands now; what is set later does not show in it.
  [[nodiscard]] SourceSlots Share();
  [[nodiscard]] std::size_t bytes() const { return pages_.size() * sizeof(SourceSlots::Page); }

 private:
  std::vector<std::shared_ptr<SourceSlots::Page>> pages_;
  std::vector<bool> is_shared_;  // by page: an index has it, so that it is copied before a change
  int bits_ = 0;
};

}  // namespace saunter::api::index
