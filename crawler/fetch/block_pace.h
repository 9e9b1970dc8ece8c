// The pace of probes per address block: one connection at a time into a /24 (IPv4) or /48 (IPv6),
// and a gap between two, whatever the names that lead there.
//
// A feed chooses the hosts that its links name. Thousands of names, each asked gently, may all lead
// to one victim; this keeps them gentle together. It decides when a connection is opened, by its
// address, so no name or resolver gets around it. A request that is refused gets a time at which it
// comes before newcomers. Feeds are exempt: those that share a host with thousands of others must
// still be read within their hour.
//
// Thread safety: one thread. Errors: none. Times are milliseconds of the clock given.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <unordered_map>

#include "crawler/fetch/address_guard.h"

namespace saunter::crawler::fetch {

class BlockPace {
 public:
  using Block = std::uint64_t;

  BlockPace(std::int64_t gap_ms, std::function<std::int64_t()> steady_ms);

  // So many crawlers keep the pace together, each with as many times the gap.
  void ShareAmong(std::int64_t crawlers) { gap_ms_ = own_gap_ms_ * crawlers; }

  [[nodiscard]] static Block BlockOf(const Address& address);

  // Whether a connection may be opened now; if so, Leave must follow. kPromised: the request comes
  // back at the time that Promise gave it.
  enum class Turn { kNew, kPromised };
  [[nodiscard]] bool Enter(Block block, Turn turn);
  void Leave(Block block);
  // When to try again, after Enter has refused.
  [[nodiscard]] std::int64_t Promise(Block block);

  [[nodiscard]] std::size_t blocks() const { return blocks_.size(); }

 private:
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::min() / 2;
  struct State {
    bool busy = false;
    std::int64_t free_at_ms = 0;
    std::int64_t promised_until_ms = kNever;  // the last time promised to anybody
  };

  void ForgetWhatIsOver(std::int64_t now_ms);

  const std::int64_t own_gap_ms_;
  std::int64_t gap_ms_;
  const std::function<std::int64_t()> steady_ms_;
  std::unordered_map<Block, State> blocks_;
  std::size_t size_after_forgetting_ = 0;
};

}  // namespace saunter::crawler::fetch
