// Makes a source's next block from its last one and from what changed since.
//
// Thread safety: one thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <tuple>
#include <vector>

#include "api/index/site_directory.h"
#include "api/index/source_links.h"
#include "schemas/topics/topics.h"
#include "schemas/units.h"

namespace saunter::api::index {

// What a link of a source is from now on.
struct LinkDraft {
  schemas::Id link_id = 0;
  schemas::Id site_id = 0;
  std::uint32_t language = 0;
  schemas::topics::TopicMask topics = 0;
  std::int16_t published_day = kNoDay;
  std::uint32_t categories_begin = 0;  // in a list beside the drafts
  std::uint32_t categories_end = 0;
  bool present = true;  // false: it is no longer of this source
};

class BlockMaker {
 public:
  // `old` is null if the source had no link. Of several drafts of a link the last counts; `drafts`
  // has at least one, and is sorted here.
  BlockMaker(schemas::Id source_id, const SourceLinks* old, std::vector<LinkDraft>& drafts,
             const std::vector<std::uint32_t>& draft_categories);

  // Null: the source has no link.
  std::shared_ptr<const SourceLinks> Make();
  // Links that Make() left out, since their ids are too far above the least one.
  [[nodiscard]] std::int64_t refused() const { return refused_; }

 private:
  using Combination = std::tuple<std::uint32_t, schemas::topics::TopicMask, schemas::Id,
                                 std::vector<std::uint32_t>>;
  struct Placed {
    std::uint32_t facet = 0;
    std::int16_t published_day = kNoDay;
    schemas::Id link_id = 0;
  };

  static bool ComesBefore(const Placed& a, const Placed& b);
  [[nodiscard]] bool IsTouched(schemas::Id link_id) const;
  std::uint32_t AddFacet(Combination combination);
  std::vector<Placed> Survivors();
  std::vector<Placed> Newcomers();
  void RefuseFarIds(std::vector<Placed>& links, schemas::Id link_id_min);

  const schemas::Id source_id_;
  const SourceLinks* old_;
  const std::vector<LinkDraft>& drafts_;
  const std::vector<std::uint32_t>& draft_categories_;
  std::vector<Facet> facets_;
  std::vector<schemas::Id> sites_;  // of the facets
  std::vector<std::uint32_t> categories_;
  std::map<Combination, std::uint32_t> numbers_;
  std::int64_t refused_ = 0;
};

// Appends how many links the source in this slot has on each site now, if it is not as it was.
void AddSiteChanges(std::uint32_t slot, const SourceLinks* before, const SourceLinks* now,
                    std::vector<SiteSource>& changes);

}  // namespace saunter::api::index
