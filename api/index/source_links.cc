#include "api/index/source_links.h"

#include <algorithm>
#include <new>
#include <type_traits>

namespace saunter::api::index {
namespace {

constexpr std::int64_t kSecondsPerDay = 86400;
constexpr std::int64_t kUnixDayOf2000 = 10957;

}  // namespace

std::int16_t DayOf(schemas::UnixSeconds time) {
  const auto day = time / kSecondsPerDay - (time % kSecondsPerDay < 0 ? 1 : 0) - kUnixDayOf2000;
  return static_cast<std::int16_t>(
      std::clamp<std::int64_t>(day, std::int64_t{kNoDay} + 1, INT16_MAX));
}

SourceLinks::SourceLinks(const Parts& parts)
    : source_id_(parts.source_id),
      link_id_min_(parts.link_id_min),
      links_count_(static_cast<std::uint32_t>(parts.links.size())),
      facets_count_(static_cast<std::uint32_t>(parts.facets.size())),
      sites_count_(static_cast<std::uint32_t>(parts.sites.size())),
      categories_count_(static_cast<std::uint32_t>(parts.categories.size())) {
  auto* const first_link = reinterpret_cast<IndexedLink*>(this + 1);
  auto* const first_facet = reinterpret_cast<Facet*>(
      std::uninitialized_copy(parts.links.begin(), parts.links.end(), first_link));
  auto* const first_site = reinterpret_cast<schemas::Id*>(
      std::uninitialized_copy(parts.facets.begin(), parts.facets.end(), first_facet));
  auto* const first_category = reinterpret_cast<std::uint32_t*>(
      std::uninitialized_copy(parts.sites.begin(), parts.sites.end(), first_site));
  std::uninitialized_copy(parts.categories.begin(), parts.categories.end(), first_category);
  for (const auto& facet : parts.facets) topics_ |= facet.topics;
  for (const auto& link : parts.links) {
    newest_day_ = std::max(newest_day_, link.published_day);
    newest_link_id_ = std::max(newest_link_id_, link_id_min_ + link.link_id_offset);
  }
}

std::shared_ptr<const SourceLinks> SourceLinks::Make(const Parts& parts) {
  static_assert(sizeof(SourceLinks) % alignof(schemas::Id) == 0);
  static_assert(sizeof(IndexedLink) % alignof(schemas::Id) == 0);
  static_assert(sizeof(Facet) % alignof(schemas::Id) == 0);
  static_assert(std::is_trivially_destructible_v<SourceLinks>);
  void* const block =
      ::operator new(sizeof(SourceLinks) + parts.links.size_bytes() + parts.facets.size_bytes() +
                     parts.sites.size_bytes() + parts.categories.size_bytes());
  return {new (block) SourceLinks(parts),
          [](const SourceLinks* source) { ::operator delete(const_cast<SourceLinks*>(source)); }};
}

std::span<const std::uint32_t> SourceLinks::CategoriesOf(const Facet& facet) const {
  const auto* const categories = reinterpret_cast<const std::uint32_t*>(SiteIds() + sites_count_);
  const auto begin = &facet == facets().data() ? 0 : std::prev(&facet)->categories_end;
  return {categories + begin, categories + facet.categories_end};
}

const Facet& SourceLinks::FacetOf(std::size_t place) const {
  const auto all = facets();
  const auto number = links()[place].facet;
  if (number < UINT16_MAX) return all[number];
  return *std::partition_point(all.begin() + number, all.end(), [&](const Facet& candidate) {
    return candidate.links_end <= place;
  });
}

SourceFacts SourceLinks::Facts() const {
  SourceFacts facts{.links = links_count_,
                    .topics_of_any = topics_,
                    .topics_of_all = ~schemas::topics::TopicMask{0},
                    .newest_day = newest_day_,
                    .oldest_day = INT16_MAX};
  for (const auto& facet : facets()) {
    facts.topics_of_all &= facet.topics;
    facts.languages |= std::uint32_t{1} << facet.language % 32;
  }
  for (const auto& link : links())
    facts.oldest_day = std::min(facts.oldest_day, link.published_day);
  return facts;
}

std::size_t SourceLinks::bytes() const {
  return sizeof(SourceLinks) + links().size_bytes() + facets().size_bytes() +
         sites_count_ * sizeof(schemas::Id) + categories_count_ * sizeof(std::uint32_t);
}

}  // namespace saunter::api::index
