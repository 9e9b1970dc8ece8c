#include "crawler/fetch/block_pace.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace saunter::crawler::fetch {
namespace {

constexpr std::size_t kForgetBlocksAbove = 1024;
constexpr std::size_t kIpv4BlockBytes = 3;
constexpr std::size_t kIpv6BlockBytes = 6;

}  // namespace

BlockPace::BlockPace(std::int64_t gap_ms, std::function<std::int64_t()> steady_ms)
    : own_gap_ms_(gap_ms), gap_ms_(gap_ms), steady_ms_(std::move(steady_ms)) {}

BlockPace::Block BlockPace::BlockOf(const Address& address) {
  const bool ipv4 = address.family == AF_INET;
  Block block = ipv4 ? 4 : 6;
  for (std::size_t i = 0; i < (ipv4 ? kIpv4BlockBytes : kIpv6BlockBytes); ++i) {
    block = block << 8 | address.bytes[i];
  }
  return block;
}

bool BlockPace::Enter(Block block, Turn turn) {
  if (gap_ms_ == 0) return true;
  const std::int64_t now_ms = steady_ms_();
  ForgetWhatIsOver(now_ms);
  State& state = blocks_[block];
  if (state.busy || now_ms < state.free_at_ms) return false;
  if (turn == Turn::kNew && now_ms <= state.promised_until_ms) return false;
  state.busy = true;
  state.free_at_ms = now_ms + gap_ms_;
  return true;
}

void BlockPace::Leave(Block block) {
  if (gap_ms_ == 0) return;
  const auto found = blocks_.find(block);
  assert(found != blocks_.end() && found->second.busy);
  found->second.busy = false;
}

std::int64_t BlockPace::Promise(Block block) {
  State& state = blocks_[block];
  const std::int64_t now_ms = steady_ms_();
  state.promised_until_ms =
      std::max({now_ms + gap_ms_, state.free_at_ms, state.promised_until_ms + gap_ms_});
  return state.promised_until_ms;
}

void BlockPace::ForgetWhatIsOver(std::int64_t now_ms) {
  if (blocks_.size() < kForgetBlocksAbove || blocks_.size() < 2 * size_after_forgetting_) return;
  std::erase_if(blocks_, [&](const auto& entry) {
    const State& state = entry.second;
    return !state.busy && state.free_at_ms <= now_ms && state.promised_until_ms <= now_ms;
  });
  size_after_forgetting_ = blocks_.size();
}

}  // namespace saunter::crawler::fetch
