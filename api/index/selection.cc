#include "api/index/selection.h"

#include <algorithm>
#include <utility>

#include "schemas/language.h"
#include "schemas/text.h"

namespace saunter::api::index {

std::optional<Selection> Widened(const Selection& selection, const LinkIndex& index) {
  auto range = schemas::WiderLanguage(selection.language);
  while (range) {
    const bool is_known = std::any_of(
        index.languages.begin(), index.languages.end(),
        [&](const std::string& language) { return schemas::MatchesLanguage(language, *range); });
    if (is_known) {
      auto wider = selection;
      wider.language = std::move(*range);
      return wider;
    }
    range = schemas::WiderLanguage(*range);
  }
  return std::nullopt;
}

bool Selection::TakesAll() const {
  return categories.empty() && not_categories.empty() && language.empty() && !max_age_days &&
         !site_id;
}

// A topic's name means the topic alone, so that the operator's category wins over feeds' words.
Filter::Wanted Filter::Find(const std::vector<std::string>& names, const LinkIndex& index) {
  Wanted wanted;
  for (const auto& name : names) {
    if (const auto topics = index.topics->Named(schemas::ToLowerAscii(name))) {
      wanted.topics |= *topics;
    } else if (const auto category = index.categories.Find(name)) {
      wanted.categories.push_back(*category);
    }
  }
  return wanted;
}

Filter::Filter(const Selection& selection, const LinkIndex& index, schemas::UnixSeconds now)
    : takes_all_(selection.TakesAll()), site_id_(selection.site_id) {
  if (takes_all_) return;
  wanted_ = Find(selection.categories, index);
  unwanted_ = Find(selection.not_categories, index);
  asks_categories_ = !selection.categories.empty();
  takes_none_ = asks_categories_ && wanted_.IsEmpty();
  if (!selection.language.empty()) {
    for (const auto& language : index.languages) {
      const auto bit = std::uint32_t{1} << languages_.size() % 32;
      languages_.push_back(schemas::MatchesLanguage(language, selection.language));
      (languages_.back() ? languages_some_fit_ : languages_some_miss_) |= bit;
    }
  }
  if (selection.max_age_days) {
    // A link without a day never fits.
    day_min_ = static_cast<std::int16_t>(
        std::max<std::int64_t>(DayOf(now) - *selection.max_age_days, std::int64_t{kNoDay} + 1));
  }
}

bool Filter::MayFit(const SourceLinks& source) const {
  if (takes_none_) return false;
  if (asks_categories_ && wanted_.categories.empty() && (source.topics() & wanted_.topics) == 0) {
    return false;
  }
  if (site_id_ && !source.HasOtherSites() && source.source_id() != *site_id_) return false;
  return day_min_ == kNoDay || source.newest_day() >= day_min_;
}

bool Filter::Has(const SourceLinks& source, const Facet& facet, const Wanted& wanted) {
  if ((facet.topics & wanted.topics) != 0) return true;
  const auto categories = source.CategoriesOf(facet);
  return std::any_of(wanted.categories.begin(), wanted.categories.end(),
                     [&](std::uint32_t category) {
                       return std::binary_search(categories.begin(), categories.end(), category);
                     });
}

bool Filter::FitsFacet(const SourceLinks& source, const Facet& facet) const {
  if (!languages_.empty() && !languages_[facet.language]) return false;
  if (site_id_ && source.SiteOf(facet) != *site_id_) return false;
  if (asks_categories_ && !Has(source, facet, wanted_)) return false;
  return unwanted_.IsEmpty() || !Has(source, facet, unwanted_);
}

template <typename Visit>
void Filter::VisitFitting(const SourceLinks& source, Visit&& visit) const {
  if (!MayFit(source)) return;
  for (const auto& facet : source.facets()) {
    if (!FitsFacet(source, facet)) continue;
    const auto begin = source.LinksBegin(facet);
    auto end = facet.links_end;
    if (day_min_ != kNoDay) {
      // The newest are first.
      const auto links = source.links().begin();
      end = static_cast<std::uint32_t>(std::partition_point(links + begin, links + facet.links_end,
                                                            [&](const IndexedLink& link) {
                                                              return link.published_day >= day_min_;
                                                            }) -
                                       links);
    }
    if (end > begin) visit(LinkRange{begin, end});
  }
}

void Filter::FindFitting(const SourceLinks& source, std::vector<LinkRange>& ranges) const {
  ranges.clear();
  VisitFitting(source, [&](LinkRange range) { ranges.push_back(range); });
}

std::uint32_t Filter::CountFitting(const SourceLinks& source) const {
  std::uint32_t count = 0;
  VisitFitting(source, [&](LinkRange range) { count += range.end - range.begin; });
  return count;
}

bool Filter::FitsElsewhere(const SourceLinks& source,
                           const std::vector<schemas::Id>& site_ids) const {
  bool fits = false;
  VisitFitting(source, [&](LinkRange range) {
    if (fits) return;
    const auto site_id = source.SiteOf(source.FacetOf(range.begin));
    fits = !std::binary_search(site_ids.begin(), site_ids.end(), site_id);
  });
  return fits;
}

std::optional<std::uint32_t> Filter::CountByFacts(const SourceFacts& facts) const {
  bool fits_all = true;
  if (takes_none_) return 0;
  if (!languages_.empty()) {
    if ((facts.languages & languages_some_fit_) == 0) return 0;
    fits_all = (facts.languages & languages_some_miss_) == 0;
  }
  if (day_min_ != kNoDay) {
    if (facts.newest_day < day_min_) return 0;
    fits_all = fits_all && facts.oldest_day >= day_min_;
  }
  if (asks_categories_) {
    const bool by_topic = wanted_.categories.empty();
    if (by_topic && (facts.topics_of_any & wanted_.topics) == 0) return 0;
    fits_all = fits_all && (facts.topics_of_all & wanted_.topics) != 0;
  }
  if ((facts.topics_of_all & unwanted_.topics) != 0) return 0;
  fits_all =
      fits_all && unwanted_.categories.empty() && (facts.topics_of_any & unwanted_.topics) == 0;
  if (fits_all) return facts.links;
  return std::nullopt;
}

std::size_t Filter::bytes() const {
  return sizeof(*this) + languages_.size() / 8 +
         (wanted_.categories.capacity() + unwanted_.categories.capacity()) * sizeof(std::uint32_t);
}

namespace {

// What is looked at to find sources that an exclusion leaves nothing of.
constexpr std::size_t kSourcesOfSiteMax = 64;
constexpr std::size_t kFacetsMax = 4096;

std::uint32_t CountIn(const SourceCounts& counts, std::uint32_t slot) {
  if (counts.HasEachSlot()) return counts.Of(slot);
  for (const auto& count : counts.largest()) {
    if (count.slot == slot) return count.links;
  }
  return 0;
}

std::uint32_t Weighted(const SourceWeights* weights, std::size_t slot, std::uint32_t links) {
  return weights != nullptr ? RoundsOf(links, weights->HalvesOf(slot)) : links;
}

}  // namespace

Fitting::Fitting(const LinkIndex& index, const Selection& selection, schemas::UnixSeconds now,
                 const Fitting* before, const SourceWeights* weights)
    : filter_(selection, index, now),
      build_(index.build),
      slots_(index.sources.size()),
      topics_(index.topics) {
  if (filter_.takes_all()) return;
  if (filter_.site_id()) {
    CountSite(index, weights);
  } else if (before != nullptr && CanGoOnFrom(*before, index)) {
    CountChanged(index, weights, *before);
  } else {
    CountAll(index, weights);
  }
}

bool Fitting::CanGoOnFrom(const Fitting& before, const LinkIndex& index) const {
  return before.build_ <= index.build && before.slots_ == slots_ && before.topics_ == topics_ &&
         filter_.MeansTheSame(before.filter_);
}

void Fitting::CountAll(const LinkIndex& index, const SourceWeights* weights) {
  std::vector<std::uint32_t> links(slots_);
  index.sources.ForEachUnlessKnown(
      [&](std::size_t slot, const SourceFacts& facts) {
        const auto count = filter_.CountByFacts(facts);
        if (count) links[slot] = Weighted(weights, slot, *count);
        return count.has_value();
      },
      [&](std::size_t slot, const SourceLinks& source) {
        links[slot] = Weighted(weights, slot, filter_.CountFitting(source));
      });
  counts_ = SourceCounts(std::move(links));
}

void Fitting::CountChanged(const LinkIndex& index, const SourceWeights* weights,
                           const Fitting& before) {
  auto links = before.counts_.by_slot();
  if (!before.counts_.HasEachSlot()) {
    links.resize(slots_);
    for (const auto& count : before.counts_.largest()) links[count.slot] = count.links;
  }
  index.sources.ForEachChanged(before.build_, [&](std::size_t slot, const SourceLinks* source) {
    links[slot] = source != nullptr ? Weighted(weights, slot, filter_.CountFitting(*source)) : 0;
  });
  counts_ = SourceCounts(std::move(links));
}

void Fitting::CountSite(const LinkIndex& index, const SourceWeights* weights) {
  std::vector<SourceCount> some;
  const auto site_id = filter_.site_id();
  if (!site_id) return;
  for (const auto& row : index.sites.SourcesOf(*site_id)) {
    const auto links = filter_.CountFitting(*index.sources.At(row.slot));
    some.push_back({row.slot, Weighted(weights, row.slot, links)});
  }
  counts_ = SourceCounts(slots_, std::move(some));
}

std::size_t Fitting::bytes() const {
  return sizeof(*this) - sizeof(filter_) - sizeof(counts_) + filter_.bytes() + counts_.bytes();
}

Choice::Choice(std::shared_ptr<const LinkIndex> index, const Selection& selection,
               schemas::UnixSeconds now, std::uint32_t week)
    : index_(std::move(index)), weights_(index_->WeightsOf(week)) {
  fitting_ = std::make_shared<const Fitting>(*index_, selection, now, nullptr, weights_.get());
}

std::uint32_t Choice::LinksOf(std::uint32_t slot) const {
  if (!filter().takes_all()) return filter().CountFitting(*index_->sources.At(slot));
  if (index_->counts.HasEachSlot()) return index_->counts.Of(slot);
  return static_cast<std::uint32_t>(index_->sources.At(slot)->size());
}

void Choice::Exclude(std::vector<schemas::Id> site_ids) {
  std::sort(site_ids.begin(), site_ids.end());
  site_ids.erase(std::unique(site_ids.begin(), site_ids.end()), site_ids.end());
  exclusion_ = {.site_ids = std::move(site_ids), .sources = {}};
  std::vector<std::uint32_t> slots;
  for (const auto site_id : exclusion_.site_ids) {
    const auto rows = index_->sites.SourcesOf(site_id);
    // A site that stands in many sources makes up few of them.
    if (rows.size() > kSourcesOfSiteMax) continue;
    for (const auto& row : rows) slots.push_back(row.slot);
  }
  std::sort(slots.begin(), slots.end());
  slots.erase(std::unique(slots.begin(), slots.end()), slots.end());
  std::size_t facets_left = kFacetsMax;
  for (const auto slot : slots) {
    if (exclusion_.sources.size() == Exclusion::kSourcesMax) break;
    const auto& source = *index_->sources.At(slot);
    if (source.HasOtherSites()) {
      if (source.facets().size() > facets_left) continue;
      facets_left -= source.facets().size();
      if (filter().FitsElsewhere(source, exclusion_.site_ids)) continue;
    }
    const auto count = CountIn(counts(), slot);
    if (count > 0) exclusion_.sources.push_back({slot, count});
  }
}

}  // namespace saunter::api::index
