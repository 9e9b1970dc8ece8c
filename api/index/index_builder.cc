#include "api/index/index_builder.h"

#include <algorithm>
#include <cassert>
#include <numeric>

#include "api/index/mix.h"

namespace saunter::api::index {
namespace {

// Drafts are folded into the sources when there are this many, or an eighth of the links. So a load
// needs little more memory than the index, and a link is copied a few times at most.
constexpr std::size_t kDraftsMin = 100000;
// So far a source may stand from its place before all are placed anew, which a walk notices: in
// looking for one that is new, so many slots are read.
constexpr std::uint32_t kDisplacementMax = 1024;

// Where a source belongs among 2^bits slots.
std::uint32_t HomeOf(schemas::Id source_id, int bits) {
  if (bits == 0) return 0;
  return static_cast<std::uint32_t>(Mix(static_cast<std::uint64_t>(source_id)) >> (64 - bits));
}

}  // namespace

IndexBuilder::IndexBuilder(std::shared_ptr<const schemas::topics::Topics> topics)
    : topics_(std::move(topics)) {
  language_uses_.Use(LanguageNumber(""));  // for ever
}

void IndexBuilder::Clear() {
  const auto builds = builds_;
  const auto refused = refused_;
  *this = IndexBuilder(topics_);
  builds_ = builds;
  refused_ = refused;
  slots_.Resize(0, builds_ + 1);
}

void IndexBuilder::SetTopics(std::shared_ptr<const schemas::topics::Topics> topics) {
  assert(links_ == 0 && category_numbers_.empty());
  topics_ = std::move(topics);
}

std::uint32_t IndexBuilder::LanguageNumber(const std::string& language) {
  if (const auto found = language_numbers_.find(language); found != language_numbers_.end()) {
    return found->second;
  }
  const auto number = language_uses_.Take();
  if (number >= languages_.size()) languages_.resize(number + 1);
  languages_[number] = language;
  language_numbers_.emplace(language, number);
  return number;
}

void IndexBuilder::LearnCategories(const Categories& categories) {
  CategoryNames::Names names;
  std::unordered_map<std::string_view, std::uint32_t> added;
  for (const auto& [category_id, name] : categories) {
    const auto known = category_numbers_.find(category_id);
    if (known != category_numbers_.end()) {
      const auto* const known_name = categories_.NameOf(known->second);
      if (known_name != nullptr && *known_name == name) continue;
    }
    auto number = categories_.Find(name);
    if (const auto found = added.find(name); found != added.end()) number = found->second;
    if (!number) {
      number = category_uses_.Take();
      if (*number >= category_topics_.size()) category_topics_.resize(*number + 1);
      category_topics_[*number] = topics_->Of(name);
      names.emplace_back(*number, name);
      added.emplace(name, *number);
    }
    category_numbers_[category_id] = *number;
  }
  categories_.Add(std::move(names));
}

schemas::topics::TopicMask IndexBuilder::TopicsOf(const std::vector<schemas::Id>& categories,
                                                  std::string_view feed_category) {
  if (!feed_category.empty()) {
    const auto [place, is_new] = feed_category_topics_.try_emplace(std::string(feed_category));
    if (is_new) place->second = topics_->Of(feed_category);
    if (place->second != 0) return place->second;
  }
  schemas::topics::TopicMask topics = 0;
  for (const auto category_id : categories) {
    const auto known = category_numbers_.find(category_id);
    if (known != category_numbers_.end()) topics |= category_topics_[known->second];
  }
  return topics;
}

void IndexBuilder::AddDraft(std::uint32_t slot, const LinkDraft& draft) {
  pending_[slot].push_back(draft);
  ++drafts_;
}

LinkDraft IndexBuilder::MakeDraft(const schemas::PoolRow& row, std::string_view feed_category) {
  LinkDraft draft{.link_id = row.link_id,
                  .site_id = row.site_id,
                  .language = LanguageNumber(row.language),
                  .topics = TopicsOf(row.categories, feed_category),
                  .published_day = row.published_at ? DayOf(*row.published_at) : kNoDay,
                  .categories_begin = static_cast<std::uint32_t>(draft_categories_.size())};
  for (const auto category_id : row.categories) {
    const auto known = category_numbers_.find(category_id);
    if (known != category_numbers_.end()) draft_categories_.push_back(known->second);
  }
  std::sort(draft_categories_.begin() + draft.categories_begin, draft_categories_.end());
  draft.categories_end = static_cast<std::uint32_t>(draft_categories_.size());
  return draft;
}

void IndexBuilder::Put(schemas::Id link_id, const std::optional<schemas::PoolRow>& row,
                       std::string_view feed_category) {
  if (link_id <= 0) {
    ++refused_;
    return;
  }
  std::optional<std::uint32_t> slot;
  if (row) {
    const auto source_id = row->source_id > 0 ? row->source_id : row->site_id;
    if (row->site_id > 0) slot = SlotOf(source_id);
    if (!slot) ++refused_;
  }
  const auto old_slot = places_.Exchange(link_id, slot.value_or(LinkPlaces::kNone));
  if (slot) ++links_;
  if (old_slot != LinkPlaces::kNone) {
    --links_;
    if (old_slot != slot) AddDraft(old_slot, {.link_id = link_id, .present = false});
  }
  if (!slot || !row) return;
  newest_link_id_ = std::max(newest_link_id_, link_id);
  auto draft = MakeDraft(*row, feed_category);
  draft.link_id = link_id;
  AddDraft(*slot, draft);
  if (drafts_ >= kDraftsMin && drafts_ >= static_cast<std::size_t>(links_) / 8) Fold();
}

std::optional<std::uint32_t> IndexBuilder::FindSlot(schemas::Id source_id) const {
  const auto home = HomeOf(source_id, slots_.bits());
  const auto mask = static_cast<std::uint32_t>(slots_.size() - 1);
  for (std::uint32_t distance = 0; distance <= displacement_max_; ++distance) {
    const auto slot = (home + distance) & mask;
    if (source_ids_[slot] == source_id) return slot;
  }
  return std::nullopt;
}

std::optional<std::uint32_t> IndexBuilder::SlotOf(schemas::Id source_id) {
  if (const auto slot = FindSlot(source_id)) return slot;
  if ((sources_ + 1) * 3 > slots_.size() * 2) {
    if (slots_.bits() == kSlotBitsMax) return std::nullopt;
    Fold();  // which may free some
    Grow();
    return SlotOf(source_id);
  }
  ++sources_;
  return TakeSlot(source_id);
}

std::uint32_t IndexBuilder::TakeSlot(schemas::Id source_id) {
  const auto mask = static_cast<std::uint32_t>(slots_.size() - 1);
  const auto home = HomeOf(source_id, slots_.bits());
  std::uint32_t distance = 0;
  while (source_ids_[(home + distance) & mask] != 0) ++distance;
  displacement_max_ = std::max(displacement_max_, distance);
  const auto slot = (home + distance) & mask;
  source_ids_[slot] = source_id;
  are_halves_stale_ = true;
  return slot;
}

void IndexBuilder::Grow() {
  const int bits = slots_.bits() + 1;
  if (!is_placed_ || displacement_max_ > kDisplacementMax / 2) return PlaceAnew(bits);
  std::vector<std::uint32_t> new_slots(slots_.size());
  displacement_max_ = displacement_max_ * 2 + 1;
  for (std::uint32_t slot = 0; slot < new_slots.size(); ++slot) {
    new_slots[slot] = slot * 2 + (HomeOf(source_ids_[slot], bits) & 1U);
  }
  MoveSources(bits, new_slots);
}

// In the order of ids, so that the slots follow from the sources alone.
void IndexBuilder::PlaceAnew(int bits) {
  std::vector<std::uint32_t> taken;
  taken.reserve(sources_);
  for (std::uint32_t slot = 0; slot < slots_.size(); ++slot) {
    if (source_ids_[slot] != 0) taken.push_back(slot);
  }
  std::sort(taken.begin(), taken.end(),
            [&](std::uint32_t a, std::uint32_t b) { return source_ids_[a] < source_ids_[b]; });
  const auto mask = (std::uint32_t{1} << bits) - 1;
  std::vector<bool> is_taken(std::size_t{1} << bits);
  std::vector<std::uint32_t> new_slots(slots_.size());
  displacement_max_ = 0;
  for (const auto slot : taken) {
    const auto home = HomeOf(source_ids_[slot], bits);
    std::uint32_t distance = 0;
    while (is_taken[(home + distance) & mask]) ++distance;
    displacement_max_ = std::max(displacement_max_, distance);
    new_slots[slot] = (home + distance) & mask;
    is_taken[new_slots[slot]] = true;
  }
  MoveSources(bits, new_slots);
}

void IndexBuilder::MoveSources(int bits, const std::vector<std::uint32_t>& new_slots) {
  assert(pending_.empty());
  are_halves_stale_ = true;
  std::vector<std::shared_ptr<const SourceLinks>> sources(new_slots.size());
  for (std::size_t slot = 0; slot < sources.size(); ++slot) sources[slot] = slots_.At(slot);
  const auto old_ids = std::move(source_ids_);
  const auto old_counts = std::move(counts_);
  slots_.Resize(bits, builds_ + 1);
  source_ids_.assign(slots_.size(), 0);
  counts_.assign(slots_.size(), 0);
  for (std::size_t slot = 0; slot < sources.size(); ++slot) {
    if (old_ids[slot] == 0) continue;
    source_ids_[new_slots[slot]] = old_ids[slot];
    counts_[new_slots[slot]] = old_counts[slot];
    slots_.Set(new_slots[slot], std::move(sources[slot]), builds_ + 1);
  }
  places_.Renumber(new_slots);
  directory_.Move(new_slots);
}

void IndexBuilder::CountNames(const SourceLinks& source,
                              void (UsedNumbers::*count)(std::uint32_t)) {
  for (const auto& facet : source.facets()) {
    (language_uses_.*count)(facet.language);
    for (const auto number : source.CategoriesOf(facet)) (category_uses_.*count)(number);
  }
}

void IndexBuilder::Fold() {
  std::vector<SiteSource> site_changes;
  // In the order of slots, in which blocks are counted: what is read together lies together.
  std::vector<std::uint32_t> changed_slots;
  changed_slots.reserve(pending_.size());
  for (const auto& [slot, drafts] : pending_) changed_slots.push_back(slot);
  std::sort(changed_slots.begin(), changed_slots.end());
  for (const auto slot : changed_slots) {
    auto& drafts = pending_[slot];
    const auto old = slots_.At(slot);
    BlockMaker maker(source_ids_[slot], old.get(), drafts, draft_categories_);
    auto block = maker.Make();
    refused_ += maker.refused();
    if (block) CountNames(*block, &UsedNumbers::Use);
    if (old) CountNames(*old, &UsedNumbers::Release);
    AddSiteChanges(slot, old.get(), block.get(), site_changes);
    counts_[slot] = block ? static_cast<std::uint32_t>(block->size()) : 0;
    if (!block && source_ids_[slot] != 0) {  // a refused link may outlive the slot of its source
      source_ids_[slot] = 0;
      --sources_;
    }
    slots_.Set(slot, std::move(block), builds_ + 1);
    std::vector<LinkDraft>().swap(drafts);  // "= {}" would keep its memory
  }
  pending_ = std::unordered_map<std::uint32_t, std::vector<LinkDraft>>();
  drafts_ = 0;
  draft_categories_ = std::vector<std::uint32_t>();
  directory_.Apply(std::move(site_changes));
}

// Without drafts, what no facet uses can go.
void IndexBuilder::PruneNames() {
  if (category_uses_.AreManyUnused()) {
    std::erase_if(category_numbers_,
                  [&](const auto& known) { return !category_uses_.IsUsed(known.second); });
    categories_.Prune([&](std::uint32_t number) {
      if (category_uses_.IsUsed(number)) return true;
      category_uses_.GiveBack(number);
      return false;
    });
  }
  if (language_uses_.AreManyUnused()) {
    std::erase_if(language_numbers_, [&](const auto& known) {
      if (language_uses_.IsUsed(known.second)) return false;
      language_uses_.GiveBack(known.second);
      languages_[known.second].clear();
      return true;
    });
  }
}

void IndexBuilder::SetWeights(std::vector<WeekWeights> weeks) {
  weeks_ = std::move(weeks);
  are_halves_stale_ = true;
}

// A slot that was given up has no links, whatever its weight.
std::vector<KnownWeek> IndexBuilder::Weeks() {
  if (are_halves_stale_) {
    halves_by_slot_.clear();
    for (const auto& week : weeks_) {
      std::shared_ptr<std::vector<std::uint8_t>> by_slot;
      for (const auto& [source_id, halves] : week.halves) {
        const auto slot = FindSlot(source_id);
        if (!slot) continue;
        if (!by_slot) {
          by_slot = std::make_shared<std::vector<std::uint8_t>>(slots_.size(), kCommonWeight);
        }
        (*by_slot)[*slot] = halves;
      }
      halves_by_slot_.push_back(std::move(by_slot));
    }
    are_halves_stale_ = false;
  }
  std::vector<KnownWeek> weeks;
  for (std::size_t i = 0; i < weeks_.size(); ++i) {
    const auto week = weeks_[i].week;
    const auto& halves = halves_by_slot_[i];
    weeks.push_back(
        {week, halves ? std::make_shared<const SourceWeights>(week, halves, counts_) : nullptr});
  }
  return weeks;
}

std::shared_ptr<const LinkIndex> IndexBuilder::Build() {
  Fold();
  if (!is_placed_) PlaceAnew(slots_.bits());
  is_placed_ = true;
  PruneNames();
  auto index = std::make_shared<LinkIndex>();
  index->build = ++builds_;
  index->sources = slots_.Share();
  index->counts = SourceCounts(counts_);
  index->sites = directory_;
  index->newest_link_id = newest_link_id_;
  index->languages = languages_;
  index->categories = categories_;
  index->topics = topics_;
  index->weeks = Weeks();
  return index;
}

std::size_t IndexBuilder::MemoryBytes() const {
  constexpr std::size_t kSharedCount = 32;
  constexpr std::size_t kCounts = 2 * sizeof(std::uint32_t) + sizeof(schemas::Id);
  std::size_t bytes =
      places_.bytes() + slots_.bytes() + directory_.bytes() + slots_.size() * kCounts;
  for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
    if (slots_.At(slot)) bytes += kSharedCount + slots_.At(slot)->bytes();
  }
  return bytes;
}

}  // namespace saunter::api::index
