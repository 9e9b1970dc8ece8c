// Due work in memory, handed out in turns: at most two items of a host at a time, so that a host
// with much to do cannot fill the places of the others, yet the fetcher sees that its connection is
// worth keeping.
//
// An item is known from Add until Forget, which comes with its commit; until then a second Add of
// it is ignored, so the database may be asked for due work at any time. A read that began before a
// commit may still show the item as it stood then: what is forgotten between BeginRead and EndRead
// is ignored until EndRead as well.
//
// Thread safety: one thread. Errors: none.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "schemas/feed.h"
#include "schemas/link.h"
#include "schemas/units.h"

namespace saunter::crawler::loop {

inline schemas::Id IdOf(const schemas::DueFeed& feed) { return feed.feed_id; }
inline schemas::Id IdOf(const schemas::DueLink& link) { return link.link_id; }

template <typename Item>
class HostTurns {
 public:
  void BeginRead() { reading_ = true; }
  void EndRead() {
    reading_ = false;
    forgotten_.clear();
  }
  [[nodiscard]] bool IsReading() const { return reading_; }

  // False: the item is known already, or was until this read began.
  bool Add(Item item) {
    if (forgotten_.contains(IdOf(item)) || !known_.insert(IdOf(item)).second) return false;
    ready_.push_back(std::move(item));
    ++waiting_;
    return true;
  }

  // Known, but not to be handed out: something else is done about it until Forget.
  void Mark(schemas::Id id) { known_.insert(id); }

  // The first item whose host has a free place; it holds the place until Answered(host).
  std::optional<Item> Next() {
    while (!ready_.empty()) {
      Item item = std::move(ready_.front());
      ready_.pop_front();
      auto& host = hosts_[item.host];
      if (host.out == kOutPerHostMax) {
        host.parked.push_back(std::move(item));
        continue;
      }
      ++host.out;
      --waiting_;
      return item;
    }
    return std::nullopt;
  }

  void Answered(const std::string& host_name) {
    const auto found = hosts_.find(host_name);
    if (found == hosts_.end()) return;
    auto& host = found->second;
    --host.out;
    if (host.parked.empty()) {
      if (host.out == 0) hosts_.erase(found);
      return;
    }
    ready_.push_front(std::move(host.parked.front()));
    host.parked.pop_front();
  }

  void Forget(schemas::Id id) {
    known_.erase(id);
    if (reading_) forgotten_.insert(id);
  }

  [[nodiscard]] std::size_t Known() const { return known_.size(); }
  [[nodiscard]] std::size_t Waiting() const { return waiting_; }  // not handed out yet

 private:
  static constexpr int kOutPerHostMax = 2;
  struct Host {
    int out = 0;
    std::deque<Item> parked;
  };
  std::deque<Item> ready_;
  std::unordered_map<std::string, Host> hosts_;
  std::unordered_set<schemas::Id> known_;
  std::size_t waiting_ = 0;
  bool reading_ = false;
  std::unordered_set<schemas::Id> forgotten_;  // since the read began
};

}  // namespace saunter::crawler::loop
