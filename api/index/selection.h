// What a reader asks for, and which links of an index fit it.
//
// Counting what fits looks at every site's combinations of language and categories. So that a
// request costs no scan, each worker keeps the counts of the selections last asked for and, after a
// commit, counts only the sites that it changed.
//
// Thread safety: Selection and Filter are values; a ChoiceCache is confined to one thread.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/index/link_index.h"
#include "schemas/units.h"

namespace saunter::api::index {

struct Selection {
  std::vector<std::string> categories = {};      // any of them: topics, groups or feeds' own words
  std::vector<std::string> not_categories = {};  // none of them
  std::string language = {};                     // BCP 47; "en" takes "en-GB" too
  std::optional<std::int64_t> max_age_days = {};
  std::optional<schemas::Id> site_id = {};

  bool operator==(const Selection&) const = default;
  [[nodiscard]] bool TakesAll() const;
};

// Links [begin, end) of a SiteLinks.
struct LinkRange {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

class Filter {
 public:
  Filter(const Selection& selection, const LinkIndex& index, schemas::UnixSeconds now);

  [[nodiscard]] bool takes_all() const { return takes_all_; }
  // The only site that fits, if the selection names one.
  [[nodiscard]] const std::optional<schemas::Id>& site_id() const { return site_id_; }
  // False: a name in the selection has become known since, or means other topics now.
  [[nodiscard]] bool MeansTheSame(const Filter& other) const {
    return wanted_ == other.wanted_ && unwanted_ == other.unwanted_ && day_min_ == other.day_min_;
  }
  // Links of the site that fit; no range is empty. `ranges` is overwritten.
  void FindFitting(const SiteLinks& site, std::vector<LinkRange>& ranges) const;
  // How many fit.
  [[nodiscard]] std::uint32_t CountFitting(const SiteLinks& site) const;

 private:
  // What "category" or "not_category" names.
  struct Wanted {
    schemas::topics::TopicMask topics = 0;
    std::vector<std::uint32_t> categories;

    bool operator==(const Wanted&) const = default;
    [[nodiscard]] bool IsEmpty() const { return topics == 0 && categories.empty(); }
  };

  static Wanted Find(const std::vector<std::string>& names, const LinkIndex& index);
  static bool Has(const SiteLinks& site, const Facet& facet, const Wanted& wanted);
  [[nodiscard]] bool MayFit(const SiteLinks& site) const;
  [[nodiscard]] bool FitsFacet(const SiteLinks& site, const Facet& facet) const;
  template <typename Visit>
  void VisitFitting(const SiteLinks& site, Visit&& visit) const;

  bool takes_all_ = true;
  bool takes_none_ = false;
  bool asks_categories_ = false;
  Wanted wanted_;
  Wanted unwanted_;
  std::vector<bool> languages_;  // by number, empty: any
  std::int16_t day_min_ = kNoDay;
  std::optional<schemas::Id> site_id_;
};

// RFC 4647, 3.3.1 (basic filtering): "en" matches "en" and "en-GB", in any case.
[[nodiscard]] bool MatchesLanguage(const std::string& language, const std::string& range);

// An index and a selection of it: all that a walk needs.
struct Choice {
  // `before` is the same selection over an earlier index, if there is one; sites that did not
  // change since are not counted again.
  Choice(std::shared_ptr<const LinkIndex> index_in, const Selection& selection,
         schemas::UnixSeconds now, const Choice* before = nullptr);

  [[nodiscard]] const SiteCounts& counts() const {
    return filter.takes_all() ? index->counts : own_counts;
  }

  std::shared_ptr<const LinkIndex> index;
  Filter filter;
  SiteCounts own_counts;  // unless the filter takes all
};

class ChoiceCache {
 public:
  // Valid until the next call.
  const Choice& Find(const std::shared_ptr<const LinkIndex>& index, const Selection& selection,
                     schemas::UnixSeconds now);

 private:
  struct Kept {
    Selection selection;
    std::int16_t day = kNoDay;  // of `now`; 0 if the selection has no max_age_days
    std::unique_ptr<const Choice> choice;
  };
  std::list<Kept> kept_;  // the most recently used first
};

}  // namespace saunter::api::index
