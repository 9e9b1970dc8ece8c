// From an answer to what is written: pure functions that join parser, schedule, verdicts and
// blacklist into one complete result.
//
// Thread safety: all functions. Errors: none; whatever came back becomes a row that says so.
#pragma once

#include <optional>
#include <vector>

#include "crawler/fetch/fetcher.h"
#include "crawler/health/blacklist.h"
#include "crawler/health/verdict.h"
#include "crawler/health/wall.h"
#include "schemas/batch.h"
#include "schemas/feed.h"
#include "schemas/link.h"
#include "schemas/settings.h"
#include "schemas/units.h"

namespace saunter::crawler::judge {

// The request for a due feed, with the validators that the server gave. The first one goes without,
// and so does one every 30 days, so that a server that never changes its validators gives the whole
// feed.
[[nodiscard]] fetch::Request FeedRequest(const schemas::DueFeed& feed, std::uint64_t ticket,
                                         schemas::UnixSeconds now);

struct JudgeInputs {
  const schemas::Settings& settings;
  const health::Blacklist& blacklist;
  schemas::UnixSeconds now = 0;
  double random = 0;                 // in [0, 1)
  bool outage = false;               // our own network is down: nothing counts against anyone
  std::int64_t outage_look_s = 900;  // after which who failed in it is asked again
};

[[nodiscard]] schemas::CrawlResult JudgeFeed(const schemas::DueFeed& feed,
                                             const fetch::Request& request,
                                             const fetch::Response& response,
                                             const JudgeInputs& inputs);

// A feed that was asked by a crawler that ended before it wrote the answer.
[[nodiscard]] schemas::CrawlResult JudgeLostAnswer(const schemas::DueFeed& feed,
                                                   schemas::UnixSeconds asked_at,
                                                   const JudgeInputs& inputs);

// A feed that the blacklist has: not asked, or its answer dropped. It is looked at again in 30
// days, or when the entry ends if that is later.
[[nodiscard]] schemas::CrawlResult SkipFeed(const schemas::DueFeed& feed,
                                            const health::BlacklistMatch& match,
                                            schemas::UnixSeconds now);

// The temporary redirects (302, 303, 307) on the way to this answer.
[[nodiscard]] std::vector<health::Detour> DetoursOf(const fetch::Response& response);

// An answer to a link's probe, reduced once to what judging needs.
struct ProbeAnswer {
  health::ProbeFacts facts;
  bool leads_away = false;            // to what the blacklist has
  bool failed_before_answer = false;  // see FailedBeforeAnswer
  // Our own pace kept its host from being asked; so much later it may be. Absent: it was asked.
  std::optional<std::int64_t> held_back_s;
};

// Entries on parole let their site be probed: a link of their sample does not lead away.
[[nodiscard]] ProbeAnswer ReadProbe(const schemas::DueLink& link, const fetch::Response& response,
                                    const health::Blacklist& blacklist, schemas::UnixSeconds now);

// A link that leads to what the blacklist has goes from the pool until it leads elsewhere.
[[nodiscard]] schemas::ProbeResult JudgeLink(const schemas::DueLink& link,
                                             const ProbeAnswer& answer, const JudgeInputs& inputs);

// A link that the blacklist has: not asked, put off by dead_interval_s.
[[nodiscard]] schemas::ProbeResult SkipLink(const schemas::DueLink& link, schemas::UnixSeconds now,
                                            const schemas::HealthSettings& settings);

// True if the transfer ended before any HTTP answer: what our own outage looks like.
[[nodiscard]] bool FailedBeforeAnswer(const fetch::Response& response);

}  // namespace saunter::crawler::judge
