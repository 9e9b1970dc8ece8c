#include "api/index/scans.h"

#include <algorithm>
#include <functional>
#include <set>

namespace saunter::api::index {

std::vector<schemas::Id> SitesWithLinks(const LinkIndex& index, const Filter& filter,
                                        schemas::Id after, std::size_t count) {
  std::set<schemas::Id> sites;
  if (count == 0) return {};
  const auto is_wanted = [&](schemas::Id site_id) {
    return site_id > after && (sites.size() < count || site_id < *sites.rbegin());
  };
  std::vector<LinkRange> ranges;
  index.sources.ForEach([&](std::size_t, const SourceLinks& source) {
    if (!source.HasOtherSites() && !is_wanted(source.source_id())) return;
    filter.FindFitting(source, ranges);
    for (const auto& range : ranges) {
      const auto site_id = source.SiteOf(source.FacetOf(range.begin));
      if (!is_wanted(site_id)) continue;
      sites.insert(site_id);
      if (sites.size() > count) sites.erase(std::prev(sites.end()));
    }
  });
  return {sites.begin(), sites.end()};
}

std::vector<schemas::Id> NewestLinks(const LinkIndex& index, const Filter& filter,
                                     const std::vector<schemas::Id>& excluded_sites,
                                     std::size_t count) {
  std::vector<schemas::Id> links;  // a heap, the least of them on top
  if (count == 0) return links;
  std::vector<LinkRange> ranges;
  index.sources.ForEach([&](std::size_t, const SourceLinks& source) {
    if (links.size() == count && source.newest_link_id() < links.front()) return;
    filter.FindFitting(source, ranges);
    for (const auto& range : ranges) {
      const auto site_id = source.SiteOf(source.FacetOf(range.begin));
      if (std::binary_search(excluded_sites.begin(), excluded_sites.end(), site_id)) continue;
      for (auto place = range.begin; place < range.end; ++place) {
        const auto link_id = source.LinkId(place);
        if (links.size() == count && link_id < links.front()) continue;
        links.push_back(link_id);
        std::push_heap(links.begin(), links.end(), std::greater<>());
        if (links.size() <= count) continue;
        std::pop_heap(links.begin(), links.end(), std::greater<>());
        links.pop_back();
      }
    }
  });
  std::sort(links.begin(), links.end(), std::greater<>());
  return links;
}

}  // namespace saunter::api::index
