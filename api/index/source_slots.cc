#include "api/index/source_slots.h"

namespace saunter::api::index {

const std::shared_ptr<const SourceLinks>& SourceSlotsBuilder::At(std::size_t slot) const {
  return pages_[slot >> SourceSlots::kPageBits]->sources[slot & (SourceSlots::kPageSlots - 1)];
}

void SourceSlotsBuilder::Set(std::size_t slot, std::shared_ptr<const SourceLinks> source,
                             std::uint32_t build) {
  const auto number = slot >> SourceSlots::kPageBits;
  if (is_shared_[number]) {
    pages_[number] = std::make_shared<SourceSlots::Page>(*pages_[number]);
    is_shared_[number] = false;
  }
  auto& page = *pages_[number];
  const auto place = slot & (SourceSlots::kPageSlots - 1);
  page.facts[place] = source ? source->Facts() : SourceFacts{};
  page.sources[place] = std::move(source);
  page.changed_in[place] = build;
  page.newest_change = build;
}

void SourceSlotsBuilder::Resize(int bits, std::uint32_t build) {
  bits_ = bits;
  const auto pages = (size() + SourceSlots::kPageSlots - 1) >> SourceSlots::kPageBits;
  pages_.clear();
  pages_.reserve(pages);
  for (std::size_t i = 0; i < pages; ++i) {
    auto page = std::make_shared<SourceSlots::Page>();
    page->changed_in.fill(build);
    page->newest_change = build;
    pages_.push_back(std::move(page));
  }
  is_shared_.assign(pages, false);
}

SourceSlots SourceSlotsBuilder::Share() {
  is_shared_.assign(pages_.size(), true);
  return {{pages_.begin(), pages_.end()}, bits_};
}

}  // namespace saunter::api::index
