#include "api/index/block_maker.h"

#include <algorithm>
#include <optional>

namespace saunter::api::index {

BlockMaker::BlockMaker(schemas::Id source_id, const SourceLinks* old,
                       std::vector<LinkDraft>& drafts,
                       const std::vector<std::uint32_t>& draft_categories)
    : source_id_(source_id), old_(old), drafts_(drafts), draft_categories_(draft_categories) {
  std::stable_sort(drafts.begin(), drafts.end(),
                   [](const LinkDraft& a, const LinkDraft& b) { return a.link_id < b.link_id; });
}

std::shared_ptr<const SourceLinks> BlockMaker::Make() {
  auto kept = Survivors();
  auto added = Newcomers();
  std::vector<Placed> all(kept.size() + added.size());
  std::merge(kept.begin(), kept.end(), added.begin(), added.end(), all.begin(), ComesBefore);
  if (all.empty()) return nullptr;
  const auto least = std::min_element(all.begin(), all.end(), [](const Placed& a, const Placed& b) {
                       return a.link_id < b.link_id;
                     })->link_id;
  RefuseFarIds(all, least);
  std::vector<IndexedLink> links;
  links.reserve(all.size());
  for (const auto& link : all) {
    links.push_back(
        {.link_id_offset = static_cast<std::uint32_t>(link.link_id - least),
         .published_day = link.published_day,
         .facet = static_cast<std::uint16_t>(std::min<std::uint32_t>(link.facet, UINT16_MAX))});
    facets_[link.facet].links_end = static_cast<std::uint32_t>(links.size());
  }
  const bool is_own =
      std::all_of(sites_.begin(), sites_.end(), [&](auto site) { return site == source_id_; });
  if (is_own) sites_.clear();
  return SourceLinks::Make({.source_id = source_id_,
                            .link_id_min = least,
                            .links = links,
                            .facets = facets_,
                            .sites = sites_,
                            .categories = categories_});
}

// A facet that had only such links stays, with none.
void BlockMaker::RefuseFarIds(std::vector<Placed>& links, schemas::Id link_id_min) {
  const auto refused = std::erase_if(links, [&](const Placed& link) {
    return link.link_id - link_id_min > static_cast<schemas::Id>(UINT32_MAX);
  });
  if (refused == 0) return;
  refused_ += static_cast<std::int64_t>(refused);
  std::uint32_t end = 0;
  auto link = links.begin();
  for (std::uint32_t number = 0; number < facets_.size(); ++number) {
    for (; link != links.end() && link->facet == number; ++link) ++end;
    facets_[number].links_end = end;
  }
}

bool BlockMaker::ComesBefore(const Placed& a, const Placed& b) {
  return std::tie(a.facet, b.published_day, a.link_id) <
         std::tie(b.facet, a.published_day, b.link_id);
}

bool BlockMaker::IsTouched(schemas::Id link_id) const {
  if (link_id < drafts_.front().link_id || link_id > drafts_.back().link_id) return false;
  const auto found = std::lower_bound(
      drafts_.begin(), drafts_.end(), link_id,
      [](const LinkDraft& draft, schemas::Id wanted) { return draft.link_id < wanted; });
  return found->link_id == link_id;
}

std::uint32_t BlockMaker::AddFacet(Combination combination) {
  const auto number = static_cast<std::uint32_t>(facets_.size());
  const auto [place, is_new] = numbers_.try_emplace(std::move(combination), number);
  if (!is_new) return place->second;
  const auto& [language, topics, site_id, categories] = place->first;
  categories_.insert(categories_.end(), categories.begin(), categories.end());
  facets_.push_back({.language = language,
                     .topics = topics,
                     .categories_end = static_cast<std::uint32_t>(categories_.size())});
  sites_.push_back(site_id);
  return number;
}

// The old links that no draft names, in order; facets that still hold one keep their order.
std::vector<BlockMaker::Placed> BlockMaker::Survivors() {
  std::vector<Placed> kept;
  if (old_ == nullptr) return kept;
  kept.reserve(old_->size());
  for (const auto& facet : old_->facets()) {
    std::optional<std::uint32_t> number;
    for (auto i = old_->LinksBegin(facet); i < facet.links_end; ++i) {
      const auto link_id = old_->LinkId(i);
      if (IsTouched(link_id)) continue;
      if (!number) {
        const auto categories = old_->CategoriesOf(facet);
        number = AddFacet({facet.language, facet.topics, old_->SiteOf(facet),
                           std::vector<std::uint32_t>(categories.begin(), categories.end())});
      }
      kept.push_back({*number, old_->links()[i].published_day, link_id});
    }
  }
  return kept;
}

std::vector<BlockMaker::Placed> BlockMaker::Newcomers() {
  std::vector<Placed> added;
  for (std::size_t i = 0; i < drafts_.size(); ++i) {
    const auto& draft = drafts_[i];
    if (i + 1 < drafts_.size() && drafts_[i + 1].link_id == draft.link_id) continue;
    if (!draft.present) continue;
    const auto facet =
        AddFacet({draft.language, draft.topics, draft.site_id,
                  std::vector<std::uint32_t>(draft_categories_.begin() + draft.categories_begin,
                                             draft_categories_.begin() + draft.categories_end)});
    added.push_back({facet, draft.published_day, draft.link_id});
  }
  std::sort(added.begin(), added.end(), ComesBefore);
  return added;
}

namespace {

// Of one source; the links of several facets may stand on one site.
std::vector<SiteSource> SitesOf(std::uint32_t slot, const SourceLinks* source) {
  std::vector<SiteSource> sites;
  if (source == nullptr) return sites;
  if (!source->HasOtherSites()) {
    sites.push_back({source->source_id(), slot, static_cast<std::uint32_t>(source->size())});
    return sites;
  }
  for (const auto& facet : source->facets()) {
    sites.push_back({source->SiteOf(facet), slot, facet.links_end - source->LinksBegin(facet)});
  }
  std::sort(sites.begin(), sites.end(),
            [](const SiteSource& a, const SiteSource& b) { return a.site_id < b.site_id; });
  std::vector<SiteSource> sums;
  for (const auto& site : sites) {
    if (sums.empty() || sums.back().site_id != site.site_id) {
      sums.push_back(site);
    } else {
      sums.back().links += site.links;
    }
  }
  return sums;
}

}  // namespace

void AddSiteChanges(std::uint32_t slot, const SourceLinks* before, const SourceLinks* now,
                    std::vector<SiteSource>& changes) {
  const auto old_sites = SitesOf(slot, before);
  const auto new_sites = SitesOf(slot, now);
  auto old = old_sites.begin();
  for (const auto& site : new_sites) {
    for (; old != old_sites.end() && old->site_id < site.site_id; ++old) {
      changes.push_back({old->site_id, slot, 0});
    }
    const bool was_there = old != old_sites.end() && old->site_id == site.site_id;
    if (!was_there || old->links != site.links) changes.push_back(site);
    if (was_there) ++old;
  }
  for (; old != old_sites.end(); ++old) changes.push_back({old->site_id, slot, 0});
}

}  // namespace saunter::api::index
