// The links of one source, in one block of memory.
//
// A link takes 8 bytes; each combination of language, topics, categories and site that a source
// uses takes 16 bytes and 4 for each category. Only where links of a source stand on other sites
// does each of its combinations take 8 bytes more, which name the site. In a large index a pick
// spends its time waiting for memory, hence the one block.
//
// Thread safety: immutable.
#pragma once

#include <cstdint>
#include <iterator>
#include <memory>
#include <span>

#include "schemas/topics/topics.h"
#include "schemas/units.h"

namespace saunter::api::index {

inline constexpr std::int16_t kNoDay = INT16_MIN;  // published_at is not known

// Days since 2000-01-01, rounded down, clamped at some ninety years from it and above kNoDay.
[[nodiscard]] std::int16_t DayOf(schemas::UnixSeconds time);

// What some links of a source have in common, and where those links end. They begin where the links
// of the facet before it end; so do its categories.
struct Facet {
  std::uint32_t language = 0;  // index into LinkIndex::languages
  schemas::topics::TopicMask topics = 0;
  std::uint32_t categories_end = 0;
  std::uint32_t links_end = 0;
};

struct IndexedLink {
  std::uint32_t link_id_offset = 0;  // above the least link_id of the block
  std::int16_t published_day = kNoDay;
  std::uint16_t facet = 0;  // index into facets(); UINT16_MAX: that place or a later one
};

// What tells of most sources whether all or none of their links fit, without a look at the block.
struct SourceFacts {
  std::uint32_t links = 0;
  schemas::topics::TopicMask topics_of_any = 0;
  schemas::topics::TopicMask topics_of_all = 0;
  std::uint32_t languages = 0;  // bit n: of a language whose number is n modulo 32
  std::int16_t newest_day = kNoDay;
  std::int16_t oldest_day = kNoDay;  // kNoDay if any link has none
};

// The head; behind it stand the links, the facets, their sites and their categories.
class SourceLinks {
 public:
  // Links are in order: facet by facet, within each the newest day first, then by id. `facets` has
  // each combination once; one whose links were all refused has none. `categories` are sorted
  // within each facet. `sites` has one for each facet, or none if all links stand on the source's
  // own site.
  struct Parts {
    schemas::Id source_id = 0;
    schemas::Id link_id_min = 0;
    std::span<const IndexedLink> links;
    std::span<const Facet> facets;
    std::span<const schemas::Id> sites;
    std::span<const std::uint32_t> categories;
  };
  static std::shared_ptr<const SourceLinks> Make(const Parts& parts);
  SourceLinks(const SourceLinks&) = delete;
  SourceLinks& operator=(const SourceLinks&) = delete;

  [[nodiscard]] schemas::Id source_id() const { return source_id_; }
  [[nodiscard]] std::size_t size() const { return links_count_; }
  [[nodiscard]] std::span<const IndexedLink> links() const {
    return {reinterpret_cast<const IndexedLink*>(this + 1), links_count_};
  }
  [[nodiscard]] schemas::Id LinkId(std::size_t place) const {
    return link_id_min_ + links()[place].link_id_offset;
  }
  [[nodiscard]] std::span<const Facet> facets() const {
    return {reinterpret_cast<const Facet*>(links().data() + links_count_), facets_count_};
  }
  [[nodiscard]] schemas::topics::TopicMask topics() const { return topics_; }  // of any link
  [[nodiscard]] std::int16_t newest_day() const { return newest_day_; }
  [[nodiscard]] schemas::Id newest_link_id() const { return newest_link_id_; }
  // False: all stand on the source's own.
  [[nodiscard]] bool HasOtherSites() const { return sites_count_ != 0; }

  // `facet` is one of facets().
  [[nodiscard]] std::uint32_t LinksBegin(const Facet& facet) const {
    return &facet == facets().data() ? 0 : std::prev(&facet)->links_end;
  }
  [[nodiscard]] schemas::Id SiteOf(const Facet& facet) const {
    return sites_count_ == 0 ? source_id_ : SiteIds()[&facet - facets().data()];
  }
  [[nodiscard]] std::span<const std::uint32_t> CategoriesOf(const Facet& facet) const;
  // The facet of the link at this place of links().
  [[nodiscard]] const Facet& FacetOf(std::size_t place) const;

  [[nodiscard]] SourceFacts Facts() const;
  [[nodiscard]] std::size_t bytes() const;

 private:
  explicit SourceLinks(const Parts& parts);
  [[nodiscard]] const schemas::Id* SiteIds() const {
    return reinterpret_cast<const schemas::Id*>(facets().data() + facets_count_);
  }

  schemas::Id source_id_;
  schemas::Id link_id_min_;
  schemas::Id newest_link_id_ = 0;
  std::uint32_t links_count_;
  std::uint32_t facets_count_;
  std::uint32_t sites_count_;
  std::uint32_t categories_count_;
  schemas::topics::TopicMask topics_ = 0;
  std::int16_t newest_day_ = kNoDay;
};

}  // namespace saunter::api::index
