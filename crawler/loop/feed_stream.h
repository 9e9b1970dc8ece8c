// Feeds as a stream of requests and answers: due feeds in, requests out; answers in, feeds for the
// judge out. No sockets, no files, no clock.
//
// The list of what is due is walked from a place on, and from its beginning again now and then;
// what the walk leaves out, since its host has enough here, is read site by site (host_turns.h).
//
// A feed is known from the read that brought it until its commit. A failure before any HTTP answer
// may be our own network's: it is held as a suspect until some host has answered after it, our own
// network is found to be down, or no host is left that could answer. In the last two cases nothing
// is held against it.
//
// Thread safety: one thread. Errors: none; whatever came back is handed to the judge.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "crawler/fetch/fetcher.h"
#include "crawler/health/blacklist.h"
#include "crawler/judge/judge_thread.h"
#include "crawler/loop/due_queries.h"
#include "crawler/loop/host_turns.h"
#include "crawler/loop/outage.h"
#include "crawler/loop/pace.h"
#include "schemas/batch.h"
#include "schemas/feed.h"
#include "schemas/settings.h"
#include "schemas/units.h"
#include "store/leases.h"

namespace saunter::crawler::loop {

class FeedStream {
 public:
  explicit FeedStream(std::uint64_t seed) : random_(seed) {}

  // --- Due feeds
  // Only feeds that were due at `at` are taken from now on, all of them and at no pace (--once).
  void LimitTo(schemas::UnixSeconds at) { due_limit_ = at; }
  // A turn begins. kLeapt: the clock leapt, so that no feed is asked for some time.
  Pace::Clock Tick(schemas::UnixSeconds now, const schemas::ScheduleSettings& settings);
  // Seconds that have gone by in turns, leaps left out.
  [[nodiscard]] std::int64_t elapsed_s() const { return pace_.elapsed_s(); }
  // What to ask the database for now, if anything; its answer goes to TakeDue, its failure to
  // DueFailed.
  [[nodiscard]] std::optional<DueFeedsQuery> Want(schemas::UnixSeconds now,
                                                  const schemas::ScheduleSettings& settings);
  void TakeDue(DueFeeds due, const schemas::ScheduleSettings& settings);
  void DueFailed();
  // Something may be due that the walk has come by: the list is walked from its beginning.
  void StartOver() { read_to_ = {}; }
  // True once a read has come to the end of what is due, or of what the pace allowed.
  [[nodiscard]] bool WasReadToEnd() const { return read_all_at_ > 0; }
  // The feed is not asked until Forget: another result is being written for it.
  void Mark(schemas::Id feed_id) { feeds_.Mark(feed_id); }
  void Forget(schemas::Id feed_id) { feeds_.Forget(feed_id); }

  // --- Requests
  // The next request, as long as there is a place. Feeds that the blacklist has become results.
  [[nodiscard]] std::optional<fetch::Request> Next(const health::Blacklist& blacklist,
                                                   schemas::UnixSeconds now,
                                                   std::vector<schemas::CrawlResult>& skipped);
  // The feeds whose requests have these tickets; other tickets are left out.
  [[nodiscard]] std::vector<schemas::Id> FeedsOf(const std::vector<std::uint64_t>& tickets) const;
  // The request was taken back before it was sent: its feed is still due.
  void Withdraw(std::uint64_t ticket) { out_.erase(ticket); }
  // The same, but it is the next request again.
  void AskLater(std::uint64_t ticket);

  // --- Answers
  // An answer to one of its requests; `watch` is told of it. Answers to requests that were taken
  // back are not looked at.
  void Take(fetch::Response response, OutageWatch& watch, schemas::UnixSeconds now);
  // Lets go of the suspects that are clear now; with kNobody of all, since no host can answer.
  enum class Left { kSomebody, kNobody };
  void Settle(Left left, const OutageWatch& watch);
  // What the judge is to judge, with the blacklist of this moment.
  [[nodiscard]] std::vector<judge::AnsweredFeed> TakeAnswered(
      const std::shared_ptr<const health::Blacklist>& blacklist);

  // Where crawlers share the hosts, see host_turns.h: shards of what is known, and forgetting what
  // was not asked of some.
  void TellShards() { feeds_.TellShards(); }
  [[nodiscard]] store::ShardSet KnownShards() const { return feeds_.KnownShards(); }
  void Drop(const store::ShardSet& shards) { feeds_.Drop(shards); }

  [[nodiscard]] std::size_t Known() const { return feeds_.Known(); }
  // In memory.
  [[nodiscard]] std::size_t Waiting() const { return feeds_.Waiting() + again_.size(); }
  [[nodiscard]] std::size_t ReadyHosts() const { return feeds_.ReadyHosts() + again_.size(); }
  // Sites that have more in the database than was taken.
  [[nodiscard]] std::size_t Crowded() const { return feeds_.Crowded(); }
  [[nodiscard]] std::size_t Out() const { return out_.size() - again_.size(); }
  [[nodiscard]] std::size_t Suspects() const { return suspects_.size(); }
  // All that are due, as far as it is known of: those that the pace holds back, too.
  [[nodiscard]] std::int64_t Due() const {
    return static_cast<std::int64_t>(feeds_.Waiting()) + held_back_;
  }

 private:
  using Turns = HostTurns<schemas::DueFeed>;
  static constexpr std::int64_t kFarLookFirstS = 3600;
  struct Asked {
    schemas::DueFeed feed;
    fetch::Request request;
  };
  struct Suspect {
    Asked asked;
    fetch::Response response;
    schemas::UnixSeconds at = 0;
  };

  [[nodiscard]] bool WantsWalk(schemas::UnixSeconds now) const;
  // What was added of it, at most `count_max`.
  std::int64_t AddWalked(DueFeeds& due, std::int64_t count_max);
  std::int64_t AddSites(DueFeeds& due, std::int64_t count_max);
  std::int64_t AddFar(DueFeeds& due, std::int64_t count_max);
  void AddAtPace(DueFeeds& due, const schemas::ScheduleSettings& settings);
  void HandOver(Asked asked, fetch::Response response, schemas::UnixSeconds at, Left left,
                const OutageWatch& watch);

  Turns feeds_;
  std::unordered_map<std::uint64_t, Asked> out_;  // by ticket
  std::deque<fetch::Request> again_;              // of out_, but not asked yet after all
  std::vector<Suspect> suspects_;
  std::vector<judge::AnsweredFeed> answered_;
  std::uint64_t last_ticket_ = 0;
  std::mt19937_64 random_;

  std::optional<schemas::UnixSeconds> due_limit_;
  schemas::UnixSeconds read_all_at_ = 0;  // the last read that came to its end, or to its pace
  schemas::UnixSeconds sums_at_ = 0;      // the last read of the sums
  store::DueFrom read_to_;
  bool walking_ = false;             // the read that is out walks
  bool walked_to_end_ = false;       // the last walk
  schemas::UnixSeconds lap_at_ = 0;  // the walk was at the beginning
  Pace pace_;
  std::int64_t held_back_ = 0;                // by the pace, at the last read
  std::int64_t far_look_s_ = kFarLookFirstS;  // of the pace's seconds
};

}  // namespace saunter::crawler::loop
