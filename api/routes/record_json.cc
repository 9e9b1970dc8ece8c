#include "api/routes/record_json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>

#include "api/http/json.h"

namespace saunter::api::routes {
namespace {

constexpr std::size_t kDecisionsShownMax = 3;

void AppendKey(std::string& out, std::string_view key) {
  if (out.back() != '{') out.push_back(',');
  out.push_back('"');
  out.append(key).append("\":");
}

void AppendField(std::string& out, std::string_view key, std::int64_t value) {
  AppendKey(out, key);
  http::AppendNumber(out, value);
}

void AppendField(std::string& out, std::string_view key, std::string_view text) {
  AppendKey(out, key);
  http::AppendJsonText(out, text);
}

void AppendField(std::string& out, std::string_view key,
                 const std::optional<schemas::UnixSeconds>& time) {
  AppendKey(out, key);
  http::AppendJsonTime(out, time);
}

void AppendFlag(std::string& out, std::string_view key, bool value) {
  AppendKey(out, key);
  out.append(value ? "true" : "false");
}

// Dead links among those with evidence, with three decimals; null without evidence.
void AppendDeadShare(std::string& out, const schemas::SiteTally& tally) {
  AppendKey(out, "dead_share");
  const auto judged = tally.links_alive + tally.links_doubtful + tally.links_dead;
  if (judged == 0) {
    out.append("null");
    return;
  }
  const auto thousandths = tally.links_dead * 1000 / judged;
  http::AppendNumber(out, thousandths / 1000);
  const auto fraction = std::to_string(1000 + thousandths % 1000);
  out.push_back('.');
  out.append(fraction, 1, 3);
}

void AppendDecision(std::string& out, const schemas::SiteDecision& decision) {
  out.push_back('{');
  AppendField(out, "decided_at", std::optional(decision.decided_at));
  AppendField(out, "kind", schemas::ToString(decision.kind));
  AppendField(out, "reason", decision.reason);
  AppendField(out, "links_checked", decision.links_checked);
  AppendField(out, "links_dead", decision.links_dead);
  AppendField(out, "links_discarded", decision.links_discarded);
  AppendField(out, "first_dead_at", decision.first_dead_at);
  AppendField(out, "last_dead_at", decision.last_dead_at);
  AppendKey(out, "sample_urls");
  out.push_back('[');
  for (const auto& url : decision.sample_urls) {
    if (out.back() != '[') out.push_back(',');
    http::AppendJsonString(out, url);
  }
  out.append("]}");
}

// The newest ones: with five addresses each they must fit into an answer.
void AppendDecisions(std::string& out, const std::vector<schemas::SiteDecision>& decisions) {
  AppendKey(out, "decisions");
  out.push_back('[');
  for (std::size_t i = 0; i < std::min(decisions.size(), kDecisionsShownMax); ++i) {
    if (i > 0) out.push_back(',');
    AppendDecision(out, decisions[i]);
  }
  out.push_back(']');
}

void AppendCrawler(std::string& out, const schemas::CrawlerStatus& crawler) {
  out.push_back('{');
  AppendField(out, "version", crawler.version);
  AppendField(out, "started_at", crawler.started_at);
  AppendField(out, "stopped_at", crawler.stopped_at);
  AppendField(out, "reported_at", crawler.reported_at);
  AppendField(out, "fetch_at", crawler.fetch_at);
  AppendField(out, "fetch_ok_at", crawler.fetch_ok_at);
  AppendField(out, "feeds_due", crawler.feeds_due);
  AppendField(out, "in_flight", crawler.in_flight);
  AppendField(out, "outage_at", crawler.outage_at);
  AppendField(out, "problem", crawler.problem);
  out.push_back('}');
}

}  // namespace

namespace {

// Without the closing brace, so that single links can add to it.
void AppendLinkFields(std::string& out, const schemas::Link& link,
                      const schemas::topics::Topics& list, schemas::topics::TopicMask topics) {
  out.append("{\"id\":");
  http::AppendNumber(out, link.link_id);
  out.append(",\"url\":");
  http::AppendJsonString(out, link.url);
  out.append(",\"title\":");
  http::AppendJsonString(out, link.title);
  out.append(",\"site\":");
  http::AppendJsonString(out, link.site);
  out.append(",\"author\":");
  http::AppendJsonText(out, link.author);
  out.append(",\"published_at\":");
  http::AppendJsonTime(out, link.published_at);
  out.append(",\"language\":");
  http::AppendJsonText(out, link.language);
  out.append(",\"categories\":[");
  for (std::size_t i = 0; i < link.categories.size(); ++i) {
    if (i > 0) out.push_back(',');
    http::AppendJsonString(out, link.categories[i]);
  }
  out.append("],\"topics\":[");
  for (std::size_t i = 0; i < list.list().size(); ++i) {
    if ((topics >> i & 1U) == 0) continue;
    if (out.back() != '[') out.push_back(',');
    http::AppendJsonString(out, list.list()[i].name);
  }
  out.push_back(']');
}

}  // namespace

void AppendLink(std::string& out, const schemas::Link& link, const schemas::topics::Topics& list,
                schemas::topics::TopicMask topics) {
  AppendLinkFields(out, link, list, topics);
  out.push_back('}');
}

void AppendWholeLink(std::string& out, const schemas::Link& link,
                     const schemas::topics::Topics& list, schemas::topics::TopicMask topics) {
  AppendLinkFields(out, link, list, topics);
  AppendField(out, "updated_at", link.updated_at);
  AppendField(out, "first_seen_at", link.first_seen_at);
  AppendField(out, "summary", link.summary);
  out.push_back('}');
}

void AppendSite(std::string& out, const schemas::Site& site) {
  const auto& tally = site.tally;
  out.push_back('{');
  AppendField(out, "host", tally.host);
  AppendField(out, "registrable_domain", site.registrable_domain);
  AppendField(out, "feeds", site.feeds);
  AppendField(out, "links_in_pool", site.links_in_pool);
  AppendField(out, "links_unchecked", tally.links_unchecked);
  AppendField(out, "links_alive", tally.links_alive);
  AppendField(out, "links_unknown", tally.links_unknown);
  AppendField(out, "links_doubtful", tally.links_doubtful);
  AppendField(out, "links_dead", tally.links_dead);
  AppendDeadShare(out, tally);
  AppendFlag(out, "blacklisted", tally.blacklisted);
  AppendField(out, "blacklisted_at", site.blacklisted_at);
  AppendField(out, "blacklisted_until_at", site.blacklisted_until_at);
  AppendField(out, "blacklist_pattern", site.blacklist_pattern);
  AppendField(out, "blacklist_reason", site.blacklist_reason);
  AppendDecisions(out, site.decisions);
  out.push_back('}');
}

void AppendStats(std::string& out, const schemas::Stats& stats) {
  out.push_back('{');
  AppendField(out, "schema_version", stats.schema_version);
  AppendField(out, "feeds", stats.feeds);
  AppendField(out, "feeds_paused", stats.feeds_paused);
  AppendField(out, "feeds_gone", stats.feeds_gone);
  AppendField(out, "feeds_never_fetched", stats.feeds_never_fetched);
  AppendField(out, "feeds_failing", stats.feeds_failing);
  AppendField(out, "sites", stats.sites);
  AppendField(out, "sites_blacklisted", stats.sites_blacklisted);
  AppendField(out, "links", stats.links);
  AppendField(out, "links_unchecked", stats.links_unchecked);
  AppendField(out, "links_alive", stats.links_alive);
  AppendField(out, "links_unknown", stats.links_unknown);
  AppendField(out, "links_doubtful", stats.links_doubtful);
  AppendField(out, "links_dead", stats.links_dead);
  AppendField(out, "links_in_pool", stats.links_in_pool);
  AppendField(out, "batches", stats.batches);
  AppendField(out, "last_batch_at", stats.last_batch_at);
  AppendKey(out, "crawler");
  if (stats.crawler) {
    AppendCrawler(out, *stats.crawler);
  } else {
    out.append("null");
  }
  out.push_back('}');
}

void AppendStatus(
    std::string& out, const index::Activity& activity,
    const std::vector<std::pair<schemas::FetchOutcome, std::int64_t>>& feeds_by_outcome,
    const std::vector<schemas::Site>& blacklisted_sites, std::string_view topics_problem) {
  out.append("{\"hours\":[");
  for (const auto& hour : activity.hours) {
    out.append(out.back() == '[' ? "{" : ",{");
    AppendField(out, "hour_at", hour.hour_at);
    AppendField(out, "batches", hour.batches);
    AppendField(out, "crawls", hour.crawls);
    AppendField(out, "probes", hour.probes);
    AppendField(out, "links_new", hour.links_new);
    out.push_back('}');
  }
  out.append("],\"feeds_by_outcome\":[");
  for (const auto& [outcome, feeds] : feeds_by_outcome) {
    out.append(out.back() == '[' ? "{" : ",{");
    AppendField(out, "outcome", schemas::ToString(outcome));
    AppendField(out, "feeds", feeds);
    out.push_back('}');
  }
  out.append("],\"blacklisted_sites\":[");
  for (const auto& site : blacklisted_sites) {
    out.append(out.back() == '[' ? "{" : ",{");
    AppendField(out, "host", site.tally.host);
    AppendField(out, "blacklisted_at", site.blacklisted_at);
    AppendField(out, "blacklisted_until_at", site.blacklisted_until_at);
    AppendField(out, "blacklist_pattern", site.blacklist_pattern);
    AppendField(out, "blacklist_reason", site.blacklist_reason);
    out.push_back('}');
  }
  out.push_back(']');
  AppendField(out, "topics_problem", topics_problem);
  out.push_back('}');
}

}  // namespace saunter::api::routes
