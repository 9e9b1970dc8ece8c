#include "api/walk/daily.h"

#include <algorithm>
#include <optional>
#include <tuple>

#include "api/walk/permutation.h"

namespace saunter::api::walk {
namespace {

struct DailyPick {
  std::uint64_t source_rank = 0;
  schemas::Id source_id = 0;
  std::uint64_t link_rank = 0;
  schemas::Id link_id = 0;

  bool operator<(const DailyPick& other) const {
    return std::tie(source_rank, source_id, link_rank, link_id) <
           std::tie(other.source_rank, other.source_id, other.link_rank, other.link_id);
  }
};

std::uint64_t RankOf(std::uint64_t key, schemas::Id id) {
  return Mix(key ^ Mix(static_cast<std::uint64_t>(id)));
}

// Takes the picks of one index, those of the first sources in the order.
class PicksOfIndex {
 public:
  PicksOfIndex(const index::LinkIndex& index, const DailyAsk& ask)
      : index_(index),
        ask_(ask),
        filter_(ask.selection, index, ask.day_at),
        source_key_(Mix(static_cast<std::uint64_t>(ask.day_at) + 0x6461696c79)),
        link_key_(Mix(source_key_)) {}

  // Up to `count` of them, in order.
  std::vector<DailyPick> Take(std::size_t count) {
    std::vector<DailyPick> picks;  // a heap, the last of the order on top
    if (count == 0) return picks;
    index_.sources.ForEach([&](std::size_t, const index::SourceLinks& source) {
      const auto rank = RankOf(source_key_, source.source_id());
      if (picks.size() == count && rank > picks.front().source_rank) return;
      const auto pick = PickOf(source, rank);
      if (!pick) return;
      picks.push_back(*pick);
      std::push_heap(picks.begin(), picks.end());
      if (picks.size() <= count) return;
      std::pop_heap(picks.begin(), picks.end());
      picks.pop_back();
    });
    std::sort(picks.begin(), picks.end());
    return picks;
  }

 private:
  std::optional<DailyPick> PickOf(const index::SourceLinks& source, std::uint64_t source_rank) {
    std::optional<DailyPick> least;
    filter_.FindFitting(source, ranges_);
    for (const auto& range : ranges_) {
      const auto site_id = source.SiteOf(source.FacetOf(range.begin));
      if (std::binary_search(ask_.excluded_sites.begin(), ask_.excluded_sites.end(), site_id)) {
        continue;
      }
      for (auto place = range.begin; place < range.end; ++place) {
        const auto link_id = source.LinkId(place);
        if (link_id > ask_.newest_link_id) continue;
        const DailyPick pick{source_rank, source.source_id(), RankOf(link_key_, link_id), link_id};
        if (!least || pick < *least) least = pick;
      }
    }
    return least;
  }

  const index::LinkIndex& index_;
  const DailyAsk& ask_;
  const index::Filter filter_;
  const std::uint64_t source_key_;
  const std::uint64_t link_key_;
  std::vector<index::LinkRange> ranges_;
};

}  // namespace

std::vector<schemas::Id> DailyLinks(const index::LinkIndex& index, const index::LinkIndex& left,
                                    const DailyAsk& ask) {
  auto picks = PicksOfIndex(index, ask).Take(ask.count);
  const auto gone = PicksOfIndex(left, ask).Take(ask.count);
  picks.insert(picks.end(), gone.begin(), gone.end());
  // Of a source in both, the lesser link stands first.
  std::sort(picks.begin(), picks.end());
  std::vector<schemas::Id> links;
  schemas::Id last_source = 0;
  for (const auto& pick : picks) {
    if (links.size() == ask.count) break;
    if (pick.source_id != last_source) links.push_back(pick.link_id);
    last_source = pick.source_id;
  }
  return links;
}

}  // namespace saunter::api::walk
