#include "api/routes/status_json.h"

#include <algorithm>
#include <map>

#include "api/http/json.h"
#include "api/routes/json_fields.h"
#include "api/routes/record_json.h"
#include "schemas/failure_advice.h"

namespace saunter::api::routes {
namespace {

constexpr std::size_t kEndBytes = 64;
constexpr std::size_t kCauseBytes = 400;  // of a cause without its feeds, at the most

// Objects between brackets; `append` writes the fields of one.
template <typename Records, typename Append>
void AppendObjects(std::string& out, std::string_view key, const Records& records, Append append) {
  AppendKey(out, key);
  out.push_back('[');
  for (const auto& record : records) {
    out.append(out.back() == '[' ? "{" : ",{");
    append(record);
    out.push_back('}');
  }
  out.push_back(']');
}

void AppendActivity(std::string& out, std::string_view key, std::string_view begin_key,
                    const std::vector<store::ActivitySum>& sums) {
  AppendObjects(out, key, sums, [&](const store::ActivitySum& sum) {
    AppendField(out, begin_key, sum.begins_at);
    AppendField(out, "batches", sum.batches);
    AppendField(out, "crawls", sum.crawls);
    AppendField(out, "probes", sum.probes);
    AppendField(out, "links_new", sum.links_new);
  });
}

void AppendFeedsByOutcome(std::string& out, const std::vector<store::FeedCount>& counts) {
  std::map<schemas::FetchOutcome, std::int64_t> sums;
  for (const auto& count : counts) {
    if (count.last_outcome) sums[*count.last_outcome] += count.feeds;
  }
  AppendObjects(out, "feeds_by_outcome", sums, [&](const auto& sum) {
    AppendField(out, "outcome", sum.first);
    AppendField(out, "feeds", sum.second);
  });
}

void AppendBlacklistedSites(std::string& out, const std::vector<schemas::SiteListing>& sites) {
  AppendObjects(out, "blacklisted_sites", sites, [&](const schemas::SiteListing& site) {
    AppendField(out, "host", site.host, schemas::Presence::kAlways);
    AppendField(out, "blacklisted_at", site.blacklisted_at);
    AppendField(out, "blacklisted_until_at", site.blacklisted_until_at);
    AppendField(out, "blacklist_pattern", site.blacklist_pattern);
    AppendField(out, "blacklist_reason", site.blacklist_reason);
  });
}

// As many of them as end before `end`.
void AppendFailingFeeds(std::string& out, const std::vector<store::FailingFeed>& feeds,
                        std::size_t end) {
  AppendKey(out, "feed_list");
  out.push_back('[');
  for (const auto& feed : feeds) {
    const auto bytes_before = out.size();
    out.append(out.back() == '[' ? "{" : ",{");
    AppendFields(out, feed);
    out.push_back('}');
    if (out.size() <= end) continue;
    out.resize(bytes_before);
    break;
  }
  out.push_back(']');
}

// Each cause's list of feeds is up to `share` bytes long.
void AppendFailingCauses(std::string& out, const std::vector<store::FailingCause>& causes,
                         std::size_t share) {
  AppendObjects(out, "failing_causes", causes, [&](const store::FailingCause& cause) {
    const auto advice = schemas::AdviceOn(cause.outcome);
    AppendField(out, "outcome", cause.outcome);
    AppendField(out, "feeds", cause.feeds);
    AppendField(out, "since_at",
                cause.longest.empty() ? std::optional<schemas::UnixSeconds>()
                                      : cause.longest.front().since_at);
    AppendField(out, "meaning", advice.meaning);
    AppendField(out, "advice", advice.advice);
    AppendFailingFeeds(out, cause.longest, out.size() + share);
  });
}

}  // namespace

std::string StatusJson(const StatusFacts& facts, std::size_t bytes_max) {
  std::string out = "{";
  AppendField(out, "made_at", facts.made_at);
  AppendKey(out, "stats");
  AppendStats(out, facts.stats, facts.sources);
  AppendField(out, "activity_begins_at", facts.activity_begins_at);
  AppendActivity(out, "hours", "hour_at", facts.hours);
  AppendActivity(out, "days", "day_at", facts.days);
  AppendActivity(out, "weeks", "week_at", facts.weeks);
  AppendObjects(out, "outages", facts.outages,
                [&](const store::Outage& outage) { AppendFields(out, outage); });
  AppendObjects(out, "feed_counts", facts.feed_counts,
                [&](const store::FeedCount& count) { AppendFields(out, count); });
  AppendFeedsByOutcome(out, facts.feed_counts);
  AppendBlacklistedSites(out, facts.blacklisted_sites);
  AppendField(out, "topics_problem", facts.topics_problem);
  const auto bytes_before = out.size();
  AppendFailingCauses(out, facts.failing_causes, bytes_max);
  if (out.size() + kEndBytes > bytes_max) {
    out.resize(bytes_before);
    const auto taken = out.size() + kEndBytes + facts.failing_causes.size() * kCauseBytes;
    const auto left = bytes_max - std::min(taken, bytes_max);
    AppendFailingCauses(out, facts.failing_causes, left / facts.failing_causes.size());
  }
  out.append("}\n");
  return out;
}

void AppendCopyState(std::string& out, const std::optional<store::CopyState>& state,
                     std::int64_t stale_max_s, schemas::UnixSeconds now) {
  std::optional<std::int64_t> behind;
  if (state) behind = std::max<std::int64_t>(0, now - state->current_at);
  std::string problem;
  if (behind && *behind > stale_max_s) {
    problem = "The replica is " + std::to_string(*behind) +
              " s behind; the log of saunter-replica says why.";
  }
  out.append(",\"replica_behind_s\":");
  http::AppendJsonTime(out, behind);
  out.append(",\"replica_problem\":");
  http::AppendJsonText(out, problem);
}

}  // namespace saunter::api::routes
