#include "api/index/selection.h"

#include <algorithm>

#include "schemas/text.h"

namespace saunter::api::index {
namespace {

constexpr std::size_t kChoicesKept = 24;

}  // namespace

bool MatchesLanguage(const std::string& language, const std::string& range) {
  if (language.size() < range.size()) return false;
  if (language.size() > range.size() && language[range.size()] != '-') return false;
  return schemas::EqualsIgnoringCase(std::string_view(language).substr(0, range.size()), range);
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
      languages_.push_back(MatchesLanguage(language, selection.language));
    }
  }
  if (selection.max_age_days) {
    // A link without a day never fits.
    day_min_ = static_cast<std::int16_t>(
        std::max<std::int64_t>(DayOf(now) - *selection.max_age_days, std::int64_t{kNoDay} + 1));
  }
}

bool Filter::MayFit(const SiteLinks& site) const {
  if (takes_none_) return false;
  if (asks_categories_ && wanted_.categories.empty() && (site.topics() & wanted_.topics) == 0) {
    return false;
  }
  return day_min_ == kNoDay || site.newest_day() >= day_min_;
}

bool Filter::Has(const SiteLinks& site, const Facet& facet, const Wanted& wanted) {
  if ((facet.topics & wanted.topics) != 0) return true;
  const auto categories = site.CategoriesOf(facet);
  return std::any_of(wanted.categories.begin(), wanted.categories.end(),
                     [&](std::uint32_t category) {
                       return std::binary_search(categories.begin(), categories.end(), category);
                     });
}

bool Filter::FitsFacet(const SiteLinks& site, const Facet& facet) const {
  if (!languages_.empty() && !languages_[facet.language]) return false;
  if (asks_categories_ && !Has(site, facet, wanted_)) return false;
  return unwanted_.IsEmpty() || !Has(site, facet, unwanted_);
}

template <typename Visit>
void Filter::VisitFitting(const SiteLinks& site, Visit&& visit) const {
  if (!MayFit(site)) return;
  for (const auto& facet : site.facets()) {
    if (!FitsFacet(site, facet)) continue;
    const auto begin = site.LinksBegin(facet);
    auto end = facet.links_end;
    if (day_min_ != kNoDay) {
      // The newest are first.
      const auto links = site.links().begin();
      end = static_cast<std::uint32_t>(std::partition_point(links + begin, links + facet.links_end,
                                                            [&](const IndexedLink& link) {
                                                              return link.published_day >= day_min_;
                                                            }) -
                                       links);
    }
    if (end > begin) visit(LinkRange{begin, end});
  }
}

void Filter::FindFitting(const SiteLinks& site, std::vector<LinkRange>& ranges) const {
  ranges.clear();
  VisitFitting(site, [&](LinkRange range) { ranges.push_back(range); });
}

std::uint32_t Filter::CountFitting(const SiteLinks& site) const {
  std::uint32_t count = 0;
  VisitFitting(site, [&](LinkRange range) { count += range.end - range.begin; });
  return count;
}

Choice::Choice(std::shared_ptr<const LinkIndex> index_in, const Selection& selection,
               schemas::UnixSeconds now, const Choice* before)
    : index(std::move(index_in)), filter(selection, *index, now) {
  // Within one site there is nothing to count.
  if (filter.takes_all() || filter.site_id()) return;
  const bool is_known = before != nullptr && before->index->topics == index->topics &&
                        filter.MeansTheSame(before->filter);
  auto counts = is_known ? before->own_counts.counts() : std::vector<std::uint32_t>();
  counts.resize(index->sites.size());
  for (std::size_t site_id = 0; site_id < counts.size(); ++site_id) {
    const auto& site = index->sites[site_id];
    if (is_known && site_id < before->index->sites.size() &&
        before->index->sites[site_id] == site) {
      continue;
    }
    counts[site_id] = site ? filter.CountFitting(*site) : 0;
  }
  own_counts = SiteCounts(std::move(counts));
}

const Choice& ChoiceCache::Find(const std::shared_ptr<const LinkIndex>& index,
                                const Selection& selection, schemas::UnixSeconds now) {
  const auto day = selection.max_age_days ? DayOf(now) : std::int16_t{0};
  const auto found = std::find_if(kept_.begin(), kept_.end(), [&](const Kept& kept) {
    return kept.selection == selection && kept.day == day;
  });
  if (found == kept_.end()) {
    kept_.push_front({selection, day, std::make_unique<const Choice>(index, selection, now)});
    if (kept_.size() > kChoicesKept) kept_.pop_back();
    return *kept_.front().choice;
  }
  kept_.splice(kept_.begin(), kept_, found);
  auto& kept = kept_.front();
  if (kept.choice->index == index) return *kept.choice;
  kept.choice = std::make_unique<const Choice>(index, selection, now, kept.choice.get());
  return *kept.choice;
}

}  // namespace saunter::api::index
