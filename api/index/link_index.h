// The index from which links are chosen: ids and facets of the pool, in memory.
//
// A LinkIndex never changes. It holds one block for each site, and a new index shares the blocks of
// all sites that did not change. So following the writer costs a copy of the sites that it touched
// and one pointer for each other site; each Build also counts and sorts all sites anew. A link
// takes 8 bytes here and 4 in the builder; each combination of language, topics and categories that
// a site uses takes 16 bytes and 4 for each category. In a large index a pick spends its time
// waiting for memory, so a block is one piece of memory.
//
// Thread safety: LinkIndex is immutable; IndexBuilder is confined to one thread. Ownership: blocks
// are shared between indexes. Errors: ids that no store hands out throw std::length_error.
#pragma once

#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "schemas/link.h"
#include "schemas/topics/topics.h"
#include "schemas/units.h"

namespace saunter::api::index {

inline constexpr schemas::Id kSiteIdMax = (schemas::Id{1} << 26) - 1;

inline constexpr std::int16_t kNoDay = INT16_MIN;  // published_at is not known

// Days since 2000-01-01, rounded down, clamped at some ninety years from it and above kNoDay.
[[nodiscard]] std::int16_t DayOf(schemas::UnixSeconds time);

// What some links of a site have in common, and where those links end. They begin where the links
// of the facet before it end; so do its categories.
struct Facet {
  std::uint32_t language = 0;  // index into LinkIndex::languages
  schemas::topics::TopicMask topics = 0;
  std::uint32_t categories_end = 0;
  std::uint32_t links_end = 0;
};

struct IndexedLink {
  std::uint32_t link_id = 0;
  std::int16_t published_day = kNoDay;
  std::uint16_t facet = 0;  // index into facets(); UINT16_MAX: that place or a later one
};

// The links of one site: facet by facet, within each the newest day first, then by id. One block of
// memory holds the head, then the links, the facets and the categories.
class SiteLinks {
 public:
  // `facets` has each combination once and none without a link; `categories` are sorted within
  // each facet.
  static std::shared_ptr<const SiteLinks> Make(std::span<const IndexedLink> links,
                                               std::span<const Facet> facets,
                                               std::span<const std::uint32_t> categories);
  SiteLinks(const SiteLinks&) = delete;
  SiteLinks& operator=(const SiteLinks&) = delete;

  [[nodiscard]] std::size_t size() const { return links_count_; }
  [[nodiscard]] std::span<const IndexedLink> links() const {
    return {reinterpret_cast<const IndexedLink*>(this + 1), links_count_};
  }
  [[nodiscard]] std::span<const Facet> facets() const {
    return {reinterpret_cast<const Facet*>(links().data() + links_count_), facets_count_};
  }
  [[nodiscard]] schemas::topics::TopicMask topics() const { return topics_; }  // of any link
  [[nodiscard]] std::int16_t newest_day() const { return newest_day_; }
  [[nodiscard]] std::uint32_t newest_link_id() const { return newest_link_id_; }

  // `facet` is one of facets().
  [[nodiscard]] std::uint32_t LinksBegin(const Facet& facet) const {
    return &facet == facets().data() ? 0 : std::prev(&facet)->links_end;
  }
  [[nodiscard]] std::span<const std::uint32_t> CategoriesOf(const Facet& facet) const;
  // The facet of the link at this place of links().
  [[nodiscard]] const Facet& FacetOf(std::size_t place) const;

  [[nodiscard]] std::size_t bytes() const;

 private:
  SiteLinks(std::span<const IndexedLink> links, std::span<const Facet> facets,
            std::span<const std::uint32_t> categories);

  std::uint32_t links_count_;
  std::uint32_t facets_count_;
  std::uint32_t categories_count_;
  schemas::topics::TopicMask topics_ = 0;
  std::uint32_t newest_link_id_ = 0;
  std::int16_t newest_day_ = kNoDay;
};

// How many links each site has for a walk, and the sites in order of that.
class SiteCounts {
 public:
  SiteCounts() = default;
  explicit SiteCounts(std::vector<std::uint32_t> counts);  // by site_id

  [[nodiscard]] std::uint32_t Of(std::size_t site_id) const {
    return site_id < counts_.size() ? counts_[site_id] : 0;
  }
  // Sites that have a link.
  [[nodiscard]] std::size_t sites() const { return by_size_.size(); }
  [[nodiscard]] std::int64_t links() const { return links_; }
  // Most links first.
  [[nodiscard]] const std::vector<std::uint32_t>& by_size() const { return by_size_; }
  // How many sites have more than `links_min` links; by_size() begins with them.
  [[nodiscard]] std::size_t Above(std::size_t links_min) const;
  [[nodiscard]] const std::vector<std::uint32_t>& counts() const { return counts_; }

 private:
  std::vector<std::uint32_t> counts_;
  std::vector<std::uint32_t> by_size_;
  std::vector<std::uint32_t> sizes_;  // of by_size_
  std::int64_t links_ = 0;
};

// Names of categories, in layers that later indexes share.
class CategoryNames {
 public:
  using Names = std::vector<std::pair<std::uint32_t, std::string>>;  // category_id, name

  // Ids rise within and above those that were added before.
  void Add(Names names);
  [[nodiscard]] std::optional<std::uint32_t> Find(std::string_view name) const;
  // Null: unknown.
  [[nodiscard]] const std::string* NameOf(std::uint32_t category_id) const;
  // Calls visit(name, category_id) for each.
  template <typename Visit>
  void ForEach(Visit&& visit) const {
    for (const auto& layer : layers_) {
      for (const auto& [category_id, name] : layer->names) visit(name, category_id);
    }
  }

 private:
  struct Layer {
    explicit Layer(Names names_in);

    const Names names;
    std::unordered_map<std::string_view, std::uint32_t> ids;  // by those names
  };
  std::vector<std::shared_ptr<const Layer>>
      layers_;  // each at most half as large as the one before
};

struct LinkIndex {
  std::vector<std::shared_ptr<const SiteLinks>> sites;  // by site_id, null if it has no link
  SiteCounts counts;                                    // of all links
  schemas::Id newest_link_id = 0;
  std::vector<std::string> languages;  // as stored, the first is ""
  CategoryNames categories;
  std::shared_ptr<const schemas::topics::Topics> topics;

  [[nodiscard]] std::int64_t links() const { return counts.links(); }
};

class IndexBuilder {
 public:
  using Categories = std::vector<std::pair<schemas::Id, std::string>>;

  explicit IndexBuilder(
      std::shared_ptr<const schemas::topics::Topics> topics = schemas::topics::Topics::BuiltIn());

  // Forgets all links and categories.
  void Clear();
  // If there are links already, call Clear() first.
  void SetTopics(std::shared_ptr<const schemas::topics::Topics> topics);
  void AddCategories(const Categories& categories);
  [[nodiscard]] schemas::Id newest_category_id() const { return newest_category_id_; }
  // Sets what a link is from now on; without `row` it has left the pool. The operator's word,
  // `feed_category`, decides the topics if it means any; otherwise the categories do.
  void Put(schemas::Id link_id, const std::optional<schemas::PoolRow>& row,
           const std::vector<schemas::Id>& categories, std::string_view feed_category = {});

  // The index of everything that was put so far.
  [[nodiscard]] std::shared_ptr<const LinkIndex> Build();

  // Of links, sites and facets in the builder and in the index last built, without names.
  [[nodiscard]] std::size_t MemoryBytes() const;

 private:
  struct Draft {
    schemas::Id link_id = 0;
    std::uint32_t language = 0;
    schemas::topics::TopicMask topics = 0;
    std::int16_t published_day = kNoDay;
    std::uint32_t categories_begin = 0;  // in draft_categories_
    std::uint32_t categories_end = 0;
    bool present = true;
  };
  class SiteBuilder;

  std::uint32_t LanguageNumber(const std::string& language);
  schemas::topics::TopicMask TopicsOf(const std::vector<schemas::Id>& categories,
                                      std::string_view feed_category);
  void AddDraft(std::uint32_t site_id, const Draft& draft);
  void Fold();

  std::shared_ptr<const schemas::topics::Topics> topics_;
  std::vector<std::shared_ptr<const SiteLinks>> sites_;
  std::vector<std::uint32_t> site_of_link_;  // by link_id, 0 if it is in no pool
  std::int64_t links_ = 0;
  std::unordered_map<std::uint32_t, std::vector<Draft>> pending_;  // by site_id
  std::size_t drafts_ = 0;
  std::vector<std::uint32_t> draft_categories_;
  std::vector<std::string> languages_ = {""};
  std::unordered_map<std::string, std::uint32_t> language_numbers_ = {{"", 0}};
  CategoryNames categories_;
  std::vector<schemas::topics::TopicMask> category_topics_;  // by category_id
  std::unordered_map<std::string, schemas::topics::TopicMask> feed_category_topics_;
  schemas::Id newest_category_id_ = 0;
};

}  // namespace saunter::api::index
