// The index from which links are chosen: ids and facets of the pool, in memory.
//
// A LinkIndex never changes. It holds one block a site, and a new index shares the blocks of all
// sites that stood still, so following the writer costs as much as the sites it touched and one
// pointer for each of the rest. A link takes 16 bytes here and 4 in the builder, and each
// combination of language and categories that a site uses takes 12 bytes and 4 for each category.
//
// Thread safety: LinkIndex is immutable; IndexBuilder is confined to one thread. Ownership: blocks
// are shared between indexes. Errors: ids that no store hands out throw std::length_error.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "schemas/records.h"

namespace saunter::api {

inline constexpr std::int32_t kNoDay = INT32_MIN;  // published_at is not known
inline constexpr schemas::Id kSiteIdMax = (schemas::Id{1} << 26) - 1;

// Unix days.
[[nodiscard]] std::int32_t DayOf(schemas::UnixSeconds time);

struct IndexedLink {
  schemas::Id link_id = 0;
  std::int32_t published_day = kNoDay;
  std::uint32_t facet = 0;  // index into SiteLinks::facets
};

struct Facet {
  std::uint32_t language = 0;  // index into LinkIndex::languages
  std::uint32_t categories_begin = 0;
  std::uint32_t categories_end = 0;
};

// The links of one site.
struct SiteLinks {
  std::vector<IndexedLink> links;         // by link_id
  std::vector<Facet> facets;              // each combination once
  std::vector<std::uint32_t> categories;  // of the facets, sorted within each
  std::uint64_t category_bits = 0;        // bit c modulo 64 for each category c
  std::int32_t newest_day = kNoDay;
};

struct LinkIndex {
  std::vector<std::shared_ptr<const SiteLinks>> sites;  // by site_id, null if it has no link
  std::vector<std::uint32_t> sites_by_size;             // those that have links, most links first
  std::int64_t links = 0;
  schemas::Id newest_link_id = 0;
  std::vector<std::string> languages;  // as stored, the first is ""
  // category_id by name
  std::shared_ptr<const std::unordered_map<std::string, std::uint32_t>> categories;

  // Sites with more than `links_min` links; they are the first so many of sites_by_size.
  [[nodiscard]] std::size_t SitesAbove(std::size_t links_min) const;
};

class IndexBuilder {
 public:
  using CategoryNames = std::vector<std::pair<schemas::Id, std::string>>;

  // Forgets everything.
  void Clear();
  // What a link is from now on; `row` absent: it left the pool.
  void Put(schemas::Id link_id, const std::optional<schemas::PoolRow>& row,
           const std::vector<schemas::Id>& categories);
  void SetCategoryNames(const CategoryNames& names);
  [[nodiscard]] bool KnowsCategory(schemas::Id category_id) const;

  // The index of all that was put so far.
  [[nodiscard]] std::shared_ptr<const LinkIndex> Build();

 private:
  struct Draft {
    schemas::Id link_id = 0;
    std::int32_t published_day = kNoDay;
    std::uint32_t language = 0;
    std::vector<std::uint32_t> categories;
    bool present = true;
  };

  std::uint32_t LanguageNumber(const std::string& language);
  void RebuildSite(std::uint32_t site_id, std::vector<Draft>& drafts);

  std::vector<std::shared_ptr<const SiteLinks>> sites_;
  std::vector<std::uint32_t> site_of_link_;  // by link_id, 0 if it is in no pool
  std::unordered_map<std::uint32_t, std::vector<Draft>> pending_;  // by site_id
  std::vector<std::string> languages_ = {""};
  std::unordered_map<std::string, std::uint32_t> language_numbers_ = {{"", 0}};
  std::shared_ptr<const std::unordered_map<std::string, std::uint32_t>> categories_ =
      std::make_shared<std::unordered_map<std::string, std::uint32_t>>();
  schemas::Id newest_category_id_ = 0;
};

}  // namespace saunter::api
