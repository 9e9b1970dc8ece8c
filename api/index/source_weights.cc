#include "api/index/source_weights.h"

namespace saunter::api::index {
namespace {

SourceCounts CountRounds(const std::vector<std::uint8_t>& halves_by_slot,
                         const std::vector<std::uint32_t>& links_by_slot) {
  std::vector<std::uint32_t> rounds(links_by_slot.size());
  for (std::size_t slot = 0; slot < rounds.size(); ++slot) {
    rounds[slot] = RoundsOf(links_by_slot[slot], halves_by_slot[slot]);
  }
  return SourceCounts(std::move(rounds));
}

}  // namespace

SourceWeights::SourceWeights(std::uint32_t week,
                             std::shared_ptr<const std::vector<std::uint8_t>> halves_by_slot,
                             const std::vector<std::uint32_t>& links_by_slot)
    : week_(week),
      halves_by_slot_(std::move(halves_by_slot)),
      rounds_(CountRounds(*halves_by_slot_, links_by_slot)) {}

}  // namespace saunter::api::index
