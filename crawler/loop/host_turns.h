// Due work in memory, a little of each host, handed out in turns.
//
// At most two items of a host are out at a time, so that a host with much to do cannot fill the
// places of the others, yet the fetcher sees that its connection is worth keeping. A few more wait
// here; what a host has beyond them stays in the database, and this only remembers which of its
// sites have more, and how far they were taken. Once little of a host is left, those sites are to
// be read on. So neither memory nor a read is filled by one host, however slow it is.
//
// An item is known from Add until Forget, which comes with its commit; until then a second Add of
// it is ignored, so the database may be asked for due work at any time. A read that began before a
// commit may still show the item as it stood then: what is forgotten between BeginRead and EndRead
// is ignored until EndRead as well.
//
// Thread safety: one thread. Errors: none.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "schemas/feed.h"
#include "schemas/link.h"
#include "schemas/units.h"
#include "store/due_work.h"
#include "store/leases.h"
#include "store/shards/shards.h"

namespace saunter::crawler::loop {

inline schemas::Id IdOf(const schemas::DueFeed& feed) { return feed.feed_id; }
inline schemas::Id IdOf(const schemas::DueLink& link) { return link.link_id; }

template <typename Item>
class HostTurns {
 public:
  void BeginRead() { reading_ = true; }
  // Sites of TakeHungry whose answer did not come are read later.
  void EndRead() {
    reading_ = false;
    forgotten_.clear();
    for (auto& [host_name, site] : std::exchange(asked_sites_, {})) PutBack(host_name, site);
  }
  [[nodiscard]] bool IsReading() const { return reading_; }

  // kFull: enough of its host is here, and its site is known to have more. kKnown: so it was
  // already, or until this read began.
  enum class Added { kTaken, kKnown, kFull };
  Added Add(Item item) {
    const auto added = Place(item);
    if (added == Added::kFull) NoteMore({.site_id = item.site_id, .host = item.host});
    return added;
  }
  // The site has more than was read.
  void NoteMore(const store::SiteRef& site) {
    if (crowded_.size() >= kCrowdedMax || !crowded_.insert(site.site_id).second) return;
    PutBack(PacedHost(site.host), {.site_id = site.site_id, .from = {}});
  }

  // Sites of hosts of which little is left here, at most `count_max`. What is read of each goes to
  // AddOfSite before EndRead.
  [[nodiscard]] std::vector<store::DueSite> TakeHungry(std::size_t count_max) {
    std::vector<store::DueSite> sites;
    while (!hungry_.empty() && sites.size() < count_max) {
      const auto host_name = std::move(hungry_.front());
      hungry_.pop_front();
      const auto found = hosts_.find(host_name);
      if (found == hosts_.end()) continue;
      auto& host = found->second;
      host.is_hungry = false;
      if (!WantsMore(host)) continue;
      sites.push_back(host.more.front());
      asked_sites_.emplace_back(host_name, host.more.front());
      host.more.pop_front();
    }
    return sites;
  }
  [[nodiscard]] bool HasHungry() const { return !hungry_.empty(); }
  // What is due of a site that was hungry, in the order of its places, `count_max` of it at most.
  // Returns how many were taken.
  std::int64_t AddOfSite(store::DueOfSite<Item> due, std::int64_t count_max) {
    const auto asked = std::ranges::find_if(
        asked_sites_, [&](const auto& other) { return other.second.site_id == due.site_id; });
    if (asked == asked_sites_.end()) return 0;
    auto [host_name, site] = std::move(*asked);
    asked_sites_.erase(asked);
    std::int64_t count = 0;
    bool stopped = false;
    for (auto& item : due.items) {
      const auto place = store::PlaceInSite(item);
      stopped = count == count_max;
      if (stopped) break;
      const auto added = Place(item);
      stopped = added == Added::kFull;
      if (stopped) break;
      if (added == Added::kTaken) ++count;
      site.from = place;
    }
    if (stopped || !due.read_to_end) {
      PutBack(host_name, site);
    } else {
      crowded_.erase(site.site_id);
      NoteHunger(host_name, hosts_[host_name]);
      ForgetHost(host_name);
    }
    return count;
  }

  // Known, but not to be handed out: something else is done about it until Forget.
  void Mark(schemas::Id id) { known_.emplace(id, kNoShard); }

  // From now on it is known which shard (store/shards/shards.h) an item is of.
  void TellShards() { tells_shards_ = true; }
  // Shards of what is known.
  [[nodiscard]] store::ShardSet KnownShards() const {
    store::ShardSet shards;
    for (const auto& [id, shard] : known_) {
      if (shard != kNoShard) shards.set(shard);
    }
    return shards;
  }
  // Forgets what is of these shards and was not handed out.
  void Drop(const store::ShardSet& shards) {
    std::unordered_set<std::string> dropped;
    for (auto& [host_name, host] : hosts_) {
      if (host.waiting.empty() && host.more.empty()) continue;
      if (!shards.test(ShardOf(host_name))) continue;
      for (const auto& item : host.waiting) known_.erase(IdOf(item));
      for (const auto& site : host.more) crowded_.erase(site.site_id);
      waiting_ -= host.waiting.size();
      host.waiting.clear();
      host.more.clear();
      host.in_line = false;
      dropped.insert(host_name);
    }
    if (dropped.empty()) return;
    std::erase_if(line_, [&](const auto& host_name) { return dropped.contains(host_name); });
    for (const auto& host_name : dropped) ForgetHost(host_name);
  }

  // The first item whose host has a free place; it holds the place until Answered(host).
  std::optional<Item> Next() {
    if (line_.empty()) return std::nullopt;
    const auto host_name = std::move(line_.front());
    line_.pop_front();
    auto& host = hosts_.at(host_name);
    host.in_line = false;
    Item item = std::move(host.waiting.front());
    host.waiting.pop_front();
    ++host.out;
    --waiting_;
    StandInLine(host_name, host, Line::kFront);
    NoteHunger(host_name, host);
    return item;
  }

  void Answered(const std::string& site_host) {
    const auto host_name = PacedHost(site_host);
    const auto found = hosts_.find(host_name);
    if (found == hosts_.end()) return;
    --found->second.out;
    StandInLine(host_name, found->second, Line::kFront);
    ForgetHost(host_name);
  }

  void Forget(schemas::Id id) {
    known_.erase(id);
    if (reading_) forgotten_.insert(id);
  }

  [[nodiscard]] std::size_t Known() const { return known_.size(); }
  [[nodiscard]] std::size_t Waiting() const { return waiting_; }  // not handed out yet
  [[nodiscard]] std::size_t ReadyHosts() const { return line_.size(); }
  // Sites that have more in the database.
  [[nodiscard]] std::size_t Crowded() const { return crowded_.size(); }

 private:
  static constexpr int kOutPerHostMax = 2;
  static constexpr std::size_t kWaitingPerHostMax = 8;
  // Where there are so many hosts, less of each is held.
  static constexpr std::size_t kManyHosts = 1000;
  static constexpr std::size_t kWaitingPerHostOfMany = 2;
  static constexpr std::size_t kHungryShare = 4;  // when less than this part of that is left
  static constexpr std::size_t kCrowdedMax = 50000;
  static constexpr std::uint16_t kNoShard = store::shards::kShards;
  enum class Line { kFront, kBack };
  struct Host {
    int out = 0;
    bool in_line = false;
    bool is_hungry = false;
    std::deque<Item> waiting;
    std::deque<store::DueSite> more;
  };

  // Tenants of a host are sites of their own, "example.com/~ann", and share its turns.
  static std::string PacedHost(const std::string& site_host) {
    return site_host.substr(0, site_host.find('/'));
  }

  static std::uint16_t ShardOf(const std::string& host_name) {
    return static_cast<std::uint16_t>(store::shards::ShardOf(host_name));
  }

  // Takes the item, unless it is known or its host has enough.
  Added Place(Item& item) {
    if (forgotten_.contains(IdOf(item)) || known_.contains(IdOf(item))) return Added::kKnown;
    const auto host_name = PacedHost(item.host);
    auto& host = hosts_[host_name];
    if (host.waiting.size() >= WaitingMax()) return Added::kFull;
    known_.emplace(IdOf(item), tells_shards_ ? ShardOf(host_name) : kNoShard);
    host.waiting.push_back(std::move(item));
    ++waiting_;
    StandInLine(host_name, host, Line::kBack);
    return Added::kTaken;
  }

  void StandInLine(const std::string& host_name, Host& host, Line line) {
    if (host.in_line || host.waiting.empty() || host.out >= kOutPerHostMax) return;
    host.in_line = true;
    if (line == Line::kFront) {
      line_.push_front(host_name);
    } else {
      line_.push_back(host_name);
    }
  }

  [[nodiscard]] std::size_t WaitingMax() const {
    return hosts_.size() < kManyHosts ? kWaitingPerHostMax : kWaitingPerHostOfMany;
  }
  [[nodiscard]] bool WantsMore(const Host& host) const {
    return !host.more.empty() && host.waiting.size() <= WaitingMax() / kHungryShare;
  }
  void NoteHunger(const std::string& host_name, Host& host) {
    if (host.is_hungry || !WantsMore(host)) return;
    host.is_hungry = true;
    hungry_.push_back(host_name);
  }
  void PutBack(const std::string& host_name, const store::DueSite& site) {
    auto& host = hosts_[host_name];
    host.more.push_back(site);
    NoteHunger(host_name, host);
  }
  void ForgetHost(const std::string& host_name) {
    const auto found = hosts_.find(host_name);
    if (found == hosts_.end()) return;
    const auto& host = found->second;
    if (host.out == 0 && host.waiting.empty() && host.more.empty()) hosts_.erase(found);
  }

  std::deque<std::string> line_;    // hosts that have an item and a free place
  std::deque<std::string> hungry_;  // hosts whose sites are to be read on
  std::unordered_map<std::string, Host> hosts_;
  std::unordered_map<schemas::Id, std::uint16_t> known_;  // and the shard
  bool tells_shards_ = false;
  std::unordered_set<schemas::Id> crowded_;  // sites that have more
  std::vector<std::pair<std::string, store::DueSite>> asked_sites_;
  std::size_t waiting_ = 0;
  bool reading_ = false;
  std::unordered_set<schemas::Id> forgotten_;  // since the read began
};

}  // namespace saunter::crawler::loop
