#include "api/link_index.h"

#include <algorithm>
#include <cassert>
#include <map>
#include <stdexcept>

namespace saunter::api {
namespace {

constexpr schemas::Id kLinkIdMax = (schemas::Id{1} << 33) - 1;
constexpr std::int64_t kSecondsPerDay = 86400;

// Facets of one site under construction.
class FacetTable {
 public:
  explicit FacetTable(SiteLinks& site) : site_(site) {}

  std::uint32_t Number(std::uint32_t language, const std::vector<std::uint32_t>& categories) {
    const auto number = static_cast<std::uint32_t>(site_.facets.size());
    const auto [place, is_new] = numbers_.try_emplace({language, categories}, number);
    if (!is_new) return place->second;
    Facet facet{.language = language,
                .categories_begin = static_cast<std::uint32_t>(site_.categories.size())};
    site_.categories.insert(site_.categories.end(), categories.begin(), categories.end());
    facet.categories_end = static_cast<std::uint32_t>(site_.categories.size());
    site_.facets.push_back(facet);
    for (const auto category : categories) {
      site_.category_bits |= std::uint64_t{1} << (category % 64);
    }
    return number;
  }

 private:
  SiteLinks& site_;
  std::map<std::pair<std::uint32_t, std::vector<std::uint32_t>>, std::uint32_t> numbers_;
};

}  // namespace

std::int32_t DayOf(schemas::UnixSeconds time) {
  const auto day = time / kSecondsPerDay - (time % kSecondsPerDay < 0 ? 1 : 0);
  return static_cast<std::int32_t>(
      std::clamp<std::int64_t>(day, std::int64_t{kNoDay} + 1, INT32_MAX));
}

std::size_t LinkIndex::SitesAbove(std::size_t links_min) const {
  const auto end = std::partition_point(
      sites_by_size.begin(), sites_by_size.end(),
      [&](std::uint32_t site_id) { return sites[site_id]->links.size() > links_min; });
  return static_cast<std::size_t>(end - sites_by_size.begin());
}

void IndexBuilder::Clear() { *this = IndexBuilder(); }

std::uint32_t IndexBuilder::LanguageNumber(const std::string& language) {
  const auto [place, is_new] =
      language_numbers_.try_emplace(language, static_cast<std::uint32_t>(languages_.size()));
  if (is_new) languages_.push_back(language);
  return place->second;
}

void IndexBuilder::SetCategoryNames(const CategoryNames& names) {
  auto map = std::make_shared<std::unordered_map<std::string, std::uint32_t>>();
  for (const auto& [category_id, name] : names) {
    (*map)[name] = static_cast<std::uint32_t>(category_id);
    newest_category_id_ = std::max(newest_category_id_, category_id);
  }
  categories_ = std::move(map);
}

bool IndexBuilder::KnowsCategory(schemas::Id category_id) const {
  return category_id <= newest_category_id_;
}

void IndexBuilder::Put(schemas::Id link_id, const std::optional<schemas::PoolRow>& row,
                       const std::vector<schemas::Id>& categories) {
  if (link_id <= 0 || link_id > kLinkIdMax) throw std::length_error("link_id out of range");
  if (row && (row->site_id <= 0 || row->site_id > kSiteIdMax)) {
    throw std::length_error("site_id out of range");
  }
  const auto place = static_cast<std::size_t>(link_id);
  if (place >= site_of_link_.size()) {
    if (!row) return;
    site_of_link_.resize(place + 1);
  }
  auto& site_id = site_of_link_[place];
  const auto site_id_new = row ? static_cast<std::uint32_t>(row->site_id) : 0;
  if (site_id != 0 && site_id != site_id_new) {
    pending_[site_id].push_back({.link_id = link_id, .categories = {}, .present = false});
  }
  site_id = site_id_new;
  if (!row) return;
  Draft draft{.link_id = link_id,
              .published_day = row->published_at ? DayOf(*row->published_at) : kNoDay,
              .language = LanguageNumber(row->language),
              .categories = {}};
  for (const auto category : categories) {
    draft.categories.push_back(static_cast<std::uint32_t>(category));
  }
  std::sort(draft.categories.begin(), draft.categories.end());
  pending_[site_id_new].push_back(std::move(draft));
}

void IndexBuilder::RebuildSite(std::uint32_t site_id, std::vector<Draft>& drafts) {
  if (site_id >= sites_.size()) sites_.resize(std::size_t{site_id} + 1);
  // The last word on a link counts.
  std::stable_sort(drafts.begin(), drafts.end(),
                   [](const Draft& a, const Draft& b) { return a.link_id < b.link_id; });
  const auto old = sites_[site_id];
  auto site = std::make_shared<SiteLinks>();
  site->links.reserve((old ? old->links.size() : 0) + drafts.size());
  FacetTable facets(*site);
  const auto add = [&](schemas::Id link_id, std::int32_t day, std::uint32_t facet) {
    site->links.push_back({.link_id = link_id, .published_day = day, .facet = facet});
    site->newest_day = std::max(site->newest_day, day);
  };
  // Facets of the old block get their new numbers once each.
  std::vector<std::uint32_t> moved(old ? old->facets.size() : 0, UINT32_MAX);
  const auto keep = [&](const IndexedLink& link) {
    auto& number = moved[link.facet];
    if (number == UINT32_MAX) {
      const auto& facet = old->facets[link.facet];
      number = facets.Number(facet.language, {old->categories.begin() + facet.categories_begin,
                                              old->categories.begin() + facet.categories_end});
    }
    add(link.link_id, link.published_day, number);
  };
  std::size_t kept = 0;
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    const auto& draft = drafts[i];
    for (; old && kept < old->links.size() && old->links[kept].link_id < draft.link_id; ++kept) {
      keep(old->links[kept]);
    }
    if (i + 1 < drafts.size() && drafts[i + 1].link_id == draft.link_id) continue;
    if (old && kept < old->links.size() && old->links[kept].link_id == draft.link_id) ++kept;
    if (draft.present) {
      add(draft.link_id, draft.published_day, facets.Number(draft.language, draft.categories));
    }
  }
  for (; old && kept < old->links.size(); ++kept) keep(old->links[kept]);
  site->links.shrink_to_fit();
  site->facets.shrink_to_fit();
  site->categories.shrink_to_fit();
  sites_[site_id] = site->links.empty() ? nullptr : std::move(site);
}

std::shared_ptr<const LinkIndex> IndexBuilder::Build() {
  for (auto& [site_id, drafts] : pending_) RebuildSite(site_id, drafts);
  pending_ = {};
  while (!sites_.empty() && !sites_.back()) sites_.pop_back();

  auto index = std::make_shared<LinkIndex>();
  index->sites = sites_;
  index->languages = languages_;
  index->categories = categories_;
  for (std::uint32_t site_id = 0; site_id < sites_.size(); ++site_id) {
    if (!sites_[site_id]) continue;
    const auto& links = sites_[site_id]->links;
    index->sites_by_size.push_back(site_id);
    index->links += static_cast<std::int64_t>(links.size());
    index->newest_link_id = std::max(index->newest_link_id, links.back().link_id);
  }
  std::stable_sort(index->sites_by_size.begin(), index->sites_by_size.end(),
                   [&](std::uint32_t a, std::uint32_t b) {
                     return sites_[a]->links.size() > sites_[b]->links.size();
                   });
  return index;
}

}  // namespace saunter::api
