// Makes indexes of the pool: takes in what each link is, and gives the index of it all.
//
// Memory follows from what the pool holds, whatever its ids are. Names of categories and languages
// are kept while links use them, and a while longer.
//
// Thread safety: one thread at a time. Ownership: what is built shares memory with the builder.
// Errors: a link that the index cannot hold is left out and counted.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "api/index/block_maker.h"
#include "api/index/link_index.h"
#include "api/index/link_places.h"
#include "api/index/used_numbers.h"
#include "schemas/link.h"
#include "schemas/topics/topics.h"
#include "schemas/units.h"

namespace saunter::api::index {

class IndexBuilder {
 public:
  using Categories = std::vector<std::pair<schemas::Id, std::string>>;  // category_id, name

  explicit IndexBuilder(
      std::shared_ptr<const schemas::topics::Topics> topics = schemas::topics::Topics::BuiltIn());

  // Forgets all links and categories.
  void Clear();
  // If there are links already, call Clear() first.
  void SetTopics(std::shared_ptr<const schemas::topics::Topics> topics);

  // Names of categories that links are going to have. An id may have had another name before, if
  // the store gave it away again; links that were put with that one keep it.
  void LearnCategories(const Categories& categories);
  [[nodiscard]] bool KnowsCategory(schemas::Id category_id) const {
    return category_numbers_.contains(category_id);
  }
  // Sets what a link is from now on; without `row` it has left the pool. Without a source it counts
  // for its site. Categories that were not learnt are left out. The operator's word,
  // `feed_category`, decides the topics if it means any; otherwise the categories do.
  void Put(schemas::Id link_id, const std::optional<schemas::PoolRow>& row,
           std::string_view feed_category = {});

  // By week; what is set stays until it is set anew or all is cleared.
  void SetWeights(std::vector<WeekWeights> weeks);
  [[nodiscard]] const std::vector<WeekWeights>& weeks() const { return weeks_; }

  // The index of everything that was put so far.
  [[nodiscard]] std::shared_ptr<const LinkIndex> Build();

  // Links that could not be held: without a positive id, of one source too many, or with an id too
  // far above that of another link of the source.
  [[nodiscard]] std::int64_t refused() const { return refused_; }
  // Of links, sources and facets in the builder and in the index last built, without names.
  [[nodiscard]] std::size_t MemoryBytes() const;

 private:
  std::uint32_t LanguageNumber(const std::string& language);
  schemas::topics::TopicMask TopicsOf(const std::vector<schemas::Id>& categories,
                                      std::string_view feed_category);
  void AddDraft(std::uint32_t slot, const LinkDraft& draft);
  LinkDraft MakeDraft(const schemas::PoolRow& row, std::string_view feed_category);

  // The slot of a source, which takes one if it has none. nullopt: there are too many.
  std::optional<std::uint32_t> SlotOf(schemas::Id source_id);
  std::uint32_t TakeSlot(schemas::Id source_id);
  [[nodiscard]] std::optional<std::uint32_t> FindSlot(schemas::Id source_id) const;
  [[nodiscard]] std::vector<KnownWeek> Weeks();
  void Grow();
  // Puts each source where it belongs, whatever came before.
  void PlaceAnew(int bits);
  // By old slot, the new one.
  void MoveSources(int bits, const std::vector<std::uint32_t>& new_slots);

  void Fold();
  void CountNames(const SourceLinks& source, void (UsedNumbers::*count)(std::uint32_t));
  void PruneNames();

  std::shared_ptr<const schemas::topics::Topics> topics_;

  SourceSlotsBuilder slots_;
  std::vector<schemas::Id> source_ids_ = {0};  // by slot, 0: free
  std::vector<std::uint32_t> counts_ = {0};    // links by slot, without drafts
  std::size_t sources_ = 0;                    // slots taken
  std::uint32_t displacement_max_ = 0;         // of a source from where its hash would have it
  bool is_placed_ = false;                     // walks may know the slots
  SiteDirectory directory_;
  LinkPlaces places_;  // link_id → slot
  std::int64_t links_ = 0;
  schemas::Id newest_link_id_ = 0;
  std::int64_t refused_ = 0;
  std::uint32_t builds_ = 0;

  std::vector<WeekWeights> weeks_;
  // For each of them; null if its weights have no slot.
  std::vector<std::shared_ptr<const std::vector<std::uint8_t>>> halves_by_slot_;
  bool are_halves_stale_ = false;  // a source has got a slot or another one since

  std::unordered_map<std::uint32_t, std::vector<LinkDraft>> pending_;  // by slot
  std::size_t drafts_ = 0;
  std::vector<std::uint32_t> draft_categories_;

  std::vector<std::string> languages_;  // by number
  std::unordered_map<std::string, std::uint32_t> language_numbers_;
  UsedNumbers language_uses_;
  CategoryNames categories_;
  std::unordered_map<schemas::Id, std::uint32_t> category_numbers_;  // by category_id
  std::vector<schemas::topics::TopicMask> category_topics_;          // by number
  UsedNumbers category_uses_;
  std::unordered_map<std::string, schemas::topics::TopicMask> feed_category_topics_;
};

}  // namespace saunter::api::index
