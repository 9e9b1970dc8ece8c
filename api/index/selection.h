// What a reader asks for, and which links of an index fit it.
//
// Counting what fits looks at every source's combinations of language, topics and categories,
// unless a site is named, whose sources the index knows. choices.h keeps the counts from request to
// request; after a commit only the sources that it changed are counted.
//
// Thread safety: Selection is a value; the others are immutable.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/index/exclusion.h"
#include "api/index/link_index.h"
#include "schemas/units.h"

namespace saunter::api::index {

struct Selection {
  std::vector<std::string> categories = {};      // any of them: topics, groups or feeds' own words
  std::vector<std::string> not_categories = {};  // none of them
  std::string language = {};                     // BCP 47; "en" takes "en-GB" too
  std::optional<std::int64_t> max_age_days = {};
  std::optional<schemas::Id> site_id = {};  // links that stand there, whatever their source

  bool operator==(const Selection&) const = default;
  [[nodiscard]] bool TakesAll() const;
};

// Links [begin, end) of a SourceLinks.
struct LinkRange {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

class Filter {
 public:
  Filter() = default;  // takes all
  Filter(const Selection& selection, const LinkIndex& index, schemas::UnixSeconds now);

  [[nodiscard]] bool takes_all() const { return takes_all_; }
  // The only site that fits, if the selection names one.
  [[nodiscard]] const std::optional<schemas::Id>& site_id() const { return site_id_; }
  // False: a name in the selection has become known since, or means other topics now.
  [[nodiscard]] bool MeansTheSame(const Filter& other) const {
    return wanted_ == other.wanted_ && unwanted_ == other.unwanted_ && day_min_ == other.day_min_;
  }
  // Links of the source that fit; no range is empty. `ranges` is overwritten.
  void FindFitting(const SourceLinks& source, std::vector<LinkRange>& ranges) const;
  // How many fit.
  [[nodiscard]] std::uint32_t CountFitting(const SourceLinks& source) const;
  // The same if the facts tell it: none or all. Not for a filter that names a site.
  [[nodiscard]] std::optional<std::uint32_t> CountByFacts(const SourceFacts& facts) const;
  // True if a link fits that stands on none of the sites, which are in order.
  [[nodiscard]] bool FitsElsewhere(const SourceLinks& source,
                                   const std::vector<schemas::Id>& site_ids) const;

  [[nodiscard]] std::size_t bytes() const;

 private:
  // What "category" or "not_category" names.
  struct Wanted {
    schemas::topics::TopicMask topics = 0;
    std::vector<std::uint32_t> categories;

    bool operator==(const Wanted&) const = default;
    [[nodiscard]] bool IsEmpty() const { return topics == 0 && categories.empty(); }
  };

  static Wanted Find(const std::vector<std::string>& names, const LinkIndex& index);
  static bool Has(const SourceLinks& source, const Facet& facet, const Wanted& wanted);
  [[nodiscard]] bool MayFit(const SourceLinks& source) const;
  [[nodiscard]] bool FitsFacet(const SourceLinks& source, const Facet& facet) const;
  template <typename Visit>
  void VisitFitting(const SourceLinks& source, Visit&& visit) const;

  bool takes_all_ = true;
  bool takes_none_ = false;
  bool asks_categories_ = false;
  Wanted wanted_;
  Wanted unwanted_;
  std::vector<bool> languages_;           // by number, empty: any
  std::uint32_t languages_some_fit_ = 0;  // as in SourceFacts
  std::uint32_t languages_some_miss_ = 0;
  std::int16_t day_min_ = kNoDay;
  std::optional<schemas::Id> site_id_;
};

// The selection for when nothing fits this one: its language is shortened from the end to one that
// the index knows, as RFC 4647, 3.4 (lookup) shortens it: "en" for "en-GB". Absent: there is none.
[[nodiscard]] std::optional<Selection> Widened(const Selection& selection, const LinkIndex& index);

// What of an index fits a selection. It does not hold the index, so that an old one can go.
class Fitting {
 public:
  Fitting() = default;  // all of any index
  // `weights` of the index, or null; `before` is the same selection over an earlier index of the
  // same builder with weights of the same week, if there is one.
  Fitting(const LinkIndex& index, const Selection& selection, schemas::UnixSeconds now,
          const Fitting* before = nullptr, const SourceWeights* weights = nullptr);

  [[nodiscard]] const Filter& filter() const { return filter_; }
  // Not if it takes all; rounds in place of links, if there are weights.
  [[nodiscard]] const SourceCounts& counts() const { return counts_; }
  [[nodiscard]] std::uint32_t build() const { return build_; }  // of the index
  [[nodiscard]] std::size_t bytes() const;

 private:
  [[nodiscard]] bool CanGoOnFrom(const Fitting& before, const LinkIndex& index) const;
  void CountAll(const LinkIndex& index, const SourceWeights* weights);
  void CountChanged(const LinkIndex& index, const SourceWeights* weights, const Fitting& before);
  void CountSite(const LinkIndex& index, const SourceWeights* weights);

  Filter filter_;
  std::uint32_t build_ = 0;
  std::size_t slots_ = 0;
  std::shared_ptr<const schemas::topics::Topics> topics_;
  SourceCounts counts_;
};

// An index, a selection of it and the weights of its sources: all that a walk needs.
class Choice {
 public:
  // Weights are those of the week; week 0 has none.
  Choice(std::shared_ptr<const LinkIndex> index, const Selection& selection,
         schemas::UnixSeconds now, std::uint32_t week = 0);
  // `fitting` was made for this index and these weights of it, or takes all.
  Choice(std::shared_ptr<const LinkIndex> index, std::shared_ptr<const Fitting> fitting,
         std::shared_ptr<const SourceWeights> weights)
      : index_(std::move(index)), fitting_(std::move(fitting)), weights_(std::move(weights)) {}
  // Links on these sites are not wanted either.
  void Exclude(std::vector<schemas::Id> site_ids);

  [[nodiscard]] const LinkIndex& index() const { return *index_; }
  [[nodiscard]] const Filter& filter() const { return fitting_->filter(); }
  // In how many rounds each source comes up, which without weights is how many links it has.
  [[nodiscard]] const SourceCounts& counts() const {
    if (!filter().takes_all()) return fitting_->counts();
    return weights_ ? weights_->rounds() : index_->counts;
  }
  // Null: each source has the weight 1.
  [[nodiscard]] const SourceWeights* weights() const { return weights_.get(); }
  [[nodiscard]] const Exclusion& exclusion() const { return exclusion_; }
  // Fitting links of the source in this slot, excluded or not.
  [[nodiscard]] std::uint32_t LinksOf(std::uint32_t slot) const;

 private:
  std::shared_ptr<const LinkIndex> index_;
  std::shared_ptr<const Fitting> fitting_;
  std::shared_ptr<const SourceWeights> weights_;
  Exclusion exclusion_;
};

}  // namespace saunter::api::index
