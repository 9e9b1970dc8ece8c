// Probes as a stream of requests and answers: due links in, requests out; answers in, results for
// the writer out. No sockets, no clock.
//
// A link that answers is judged with what its site says to a request for a page that it cannot
// have. That look is taken when it is first needed and holds for weeks; links of the site wait for
// it. Only where a site gives such a page in place are its links asked for their pages, too.
// Failures before any HTTP answer are held for some minutes, until it is clear that it was not our
// own network.
//
// Thread safety: one thread. Errors: none; whatever came back becomes a result that says so.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "crawler/fetch/fetcher.h"
#include "crawler/health/absent_page.h"
#include "crawler/health/blacklist.h"
#include "crawler/health/verdict.h"
#include "crawler/judge/judge.h"
#include "crawler/loop/due_queries.h"
#include "crawler/loop/host_turns.h"
#include "crawler/loop/outage.h"
#include "schemas/link.h"
#include "schemas/settings.h"
#include "schemas/site.h"
#include "schemas/units.h"
#include "store/leases.h"

namespace saunter::crawler::loop {

using ProbeOutput = std::variant<schemas::ProbeResult, schemas::SiteLook>;

class ProbeStream {
 public:
  explicit ProbeStream(std::uint64_t seed) : random_(seed) {}

  // What to ask the database for now, if anything; its answer goes to TakeDue, its failure to
  // DueFailed. `due_at`: links that are due then.
  [[nodiscard]] std::optional<DueLinksQuery> Want(schemas::UnixSeconds due_at,
                                                  schemas::UnixSeconds now,
                                                  const schemas::HealthSettings& settings);
  void TakeDue(DueLinks due);
  void DueFailed();
  // Something may be due that the walk has come by: the lists are walked from their beginning.
  void StartOver() { read_to_ = {}; }

  // False: the link is known already, from Add until Forget, or its host has enough.
  bool Add(schemas::DueLink link) { return links_.Add(std::move(link)) == Turns::Added::kTaken; }
  void Forget(schemas::Id link_id) { links_.Forget(link_id); }

  // The next request, as long as there is a place; its ticket is the stream's own, beyond all
  // others. Links that the blacklist has become results.
  [[nodiscard]] std::optional<fetch::Request> Next(const health::Blacklist& blacklist,
                                                   schemas::UnixSeconds now,
                                                   const schemas::HealthSettings& settings,
                                                   std::vector<ProbeOutput>& results);
  // An answer to one of its requests; `watch` is told of it. Answers to requests that were taken
  // back are not looked at. `inputs.outage` is not looked at: the stream knows.
  void Take(const fetch::Response& response, OutageWatch& watch, const judge::JudgeInputs& inputs,
            std::vector<ProbeOutput>& results);
  // Judges failures that were held long enough; with kAll all of them, when nothing else comes.
  enum class Held { kDue, kAll };
  void Settle(Held held, const OutageWatch& watch, const judge::JudgeInputs& inputs,
              std::vector<ProbeOutput>& results);

  // The request was taken back before it was sent: its link is still due.
  void Withdraw(std::uint64_t ticket) { out_.erase(ticket); }
  // The same, but it is the next request again.
  void AskLater(std::uint64_t ticket);

  // Where crawlers share the hosts, see host_turns.h: shards of what is known, and forgetting what
  // was not asked of some.
  void TellShards() { links_.TellShards(); }
  [[nodiscard]] store::ShardSet KnownShards() const { return links_.KnownShards(); }
  void Drop(const store::ShardSet& shards) { links_.Drop(shards); }

  [[nodiscard]] std::size_t Known() const { return links_.Known(); }
  [[nodiscard]] std::size_t Waiting() const { return links_.Waiting() + again_.size(); }
  [[nodiscard]] std::size_t ReadyHosts() const { return links_.ReadyHosts() + again_.size(); }
  // Sites that have more in the database than was taken.
  [[nodiscard]] std::size_t Crowded() const { return links_.Crowded(); }
  [[nodiscard]] std::size_t Out() const { return out_.size() - again_.size(); }
  [[nodiscard]] std::size_t HeldBack() const { return held_.size(); }

 private:
  using Turns = HostTurns<schemas::DueLink>;
  struct Answered {
    schemas::DueLink link;
    judge::ProbeAnswer answer;
    schemas::UnixSeconds at = 0;
  };
  // A look in progress, by its site's id, with the answers that wait for it.
  struct Look {
    std::optional<schemas::SiteLook> before;
    health::PageAnswer sibling;
    std::vector<Answered> waiting;
  };
  enum class Part { kLink, kPage, kSibling, kSiblingPage, kFrontPage };
  struct Asked {
    Part part = Part::kLink;
    schemas::DueLink link;
    fetch::Request request;
  };

  void Ask(Part part, std::string url, schemas::DueLink link);
  void TakeLink(Answered answered, Part part, const judge::JudgeInputs& inputs,
                std::vector<ProbeOutput>& results);
  void TakeSibling(const Asked& asked, const fetch::Response& response,
                   const judge::JudgeInputs& inputs, std::vector<ProbeOutput>& results);
  void EndLook(schemas::Id site_id, const std::optional<health::PageAnswer>& front,
               const judge::JudgeInputs& inputs, std::vector<ProbeOutput>& results);
  void ComparePost(const Answered& answered, const judge::JudgeInputs& inputs,
                   std::vector<ProbeOutput>& results);
  void KeepLook(schemas::SiteLook look);
  void Judge(const Answered& answered, const judge::JudgeInputs& inputs, bool outage,
             std::vector<ProbeOutput>& results);

  Turns links_;
  std::unordered_map<std::uint64_t, Asked> out_;
  std::deque<fetch::Request> again_;  // asked before the next link
  std::unordered_map<schemas::Id, Look> looking_;
  std::unordered_map<schemas::Id, schemas::SiteLook> looks_;  // newer than those of due links
  health::PostsCompared posts_;
  std::deque<Answered> held_;                        // oldest first
  std::optional<schemas::UnixSeconds> read_all_at_;  // a read that found nothing new
  store::DueLinkPlaces read_to_ = {};
  bool walking_ = false;             // the read that is out walks
  bool walked_to_end_ = false;       // the last walk
  schemas::UnixSeconds lap_at_ = 0;  // the walk was at the beginning
  std::uint64_t last_ticket_ = std::uint64_t{1} << 63;
  std::mt19937_64 random_;
};

}  // namespace saunter::crawler::loop
