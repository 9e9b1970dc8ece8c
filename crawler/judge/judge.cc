#include "crawler/judge/judge.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "crawler/feed/feed.h"
#include "crawler/fetch/target.h"
#include "crawler/health/page.h"
#include "crawler/health/site.h"
#include "crawler/health/verdict.h"
#include "crawler/judge/schedule.h"
#include "crawler/url/platforms.h"
#include "crawler/url/url.h"

namespace saunter::crawler::judge {
namespace {

using schemas::FetchOutcome;

constexpr schemas::UnixSeconds kUnconditionalAfterS = 30 * 86400;
constexpr schemas::UnixSeconds kBlacklistedLookS = 30 * 86400;
constexpr schemas::UnixSeconds kNotAskedLookS = 60;  // at the least
// First probes for which one poll of a feed may ask before its next poll.
constexpr std::int64_t kProbesPerPollMax = 50;
constexpr std::size_t kReasonBytesMax = 200;

FetchFacts FactsOf(const fetch::Request& request, const fetch::Response& response,
                   schemas::UnixSeconds now) {
  return {.outcome = response.outcome,
          .status = response.status,
          .fetched_at = now,
          .was_conditional = !request.etag.empty() || !request.last_modified.empty(),
          .etag = response.etag,
          .last_modified = response.last_modified,
          .retry_after_s = response.retry_after_s,
          .fresh_for_s = response.fresh_for_s,
          .permanent_url = response.permanent_url,
          .asked_lately = response.asked_lately};
}

FeedFacts FactsOf(const feed::ParsedFeed& parsed, schemas::Key body_key) {
  FeedFacts facts{.ttl_s = parsed.ttl_minutes.value_or(0) * 60,
                  .update_period_s = parsed.update_period_s,
                  .skip_hours = parsed.skip_hours,
                  .skip_days = parsed.skip_days,
                  .published_at = {},
                  .body_key = body_key,
                  .changed = true};
  for (const auto& entry : parsed.entries) {
    if (entry.published_at) facts.published_at.push_back(*entry.published_at);
  }
  return facts;
}

// Everything of an entry that is stored, as one hash: the same hash, nothing to write.
// `text` is room to work in.
schemas::Key ContentKey(const schemas::EntryIntake& entry, std::string& text) {
  text.clear();
  const auto add = [&](const std::string& part) { text.append(part).push_back('\0'); };
  add(entry.url);
  add(entry.title);
  add(entry.author);
  add(entry.language);
  add(entry.summary);
  add(entry.published_at ? std::to_string(*entry.published_at) : std::string());
  add(entry.updated_at ? std::to_string(*entry.updated_at) : std::string());
  for (const auto& category : entry.categories) add(category);
  return url::TextKey(text) & schemas::kContentKeyMask;
}

void AddOperatorCategory(const std::string& category, std::vector<std::string>& categories) {
  if (category.empty()) return;
  if (std::find(categories.begin(), categories.end(), category) != categories.end()) return;
  categories.insert(categories.begin(), category);
}

// When a new link is probed first: those of one feed one after the other, so that due probes of
// many feeds interleave, and no more between two polls than a feed may cause.
schemas::UnixSeconds FirstProbeAt(std::int64_t number, const JudgeInputs& inputs) {
  return inputs.now + number / kProbesPerPollMax * inputs.settings.schedule.interval_min_s +
         number % kProbesPerPollMax * inputs.settings.health.probe_spacing_s;
}

std::vector<schemas::EntryIntake> Intake(const schemas::DueFeed& feed, feed::ParsedFeed& parsed,
                                         const JudgeInputs& inputs) {
  std::vector<schemas::EntryIntake> entries;
  entries.reserve(parsed.entries.size());
  std::string last_host;
  std::string last_domain;
  std::string text;
  for (auto& from : parsed.entries) {
    if (from.url.empty() || inputs.blacklist.MatchUrl(from.url)) continue;
    const auto& address = from.address;
    if (!fetch::MayBeAsked(address, inputs.settings.fetch)) continue;
    schemas::EntryIntake entry;
    entry.guid_key = schemas::ShortKey(from.guid_key);
    entry.url_key = schemas::ShortKey(url::UrlKey(from.url));
    entry.url = std::move(from.url);
    entry.host = url::SiteName(address);
    if (address.host != last_host) {
      last_host = address.host;
      last_domain = url::RegistrableDomain(address.host);
    }
    entry.registrable_domain = last_domain;
    entry.title = std::move(from.title);
    entry.author = std::move(from.author);
    entry.language = std::move(from.language);
    entry.summary = std::move(from.summary);
    entry.categories = std::move(from.categories);
    AddOperatorCategory(feed.category, entry.categories);
    entry.published_at = from.published_at;
    entry.updated_at = from.updated_at;
    entry.next_check_at = FirstProbeAt(std::ssize(entries), inputs);
    entry.content_key = ContentKey(entry, text);
    entries.push_back(std::move(entry));
  }
  return entries;
}

void TakeDescription(const feed::ParsedFeed& parsed, schemas::FeedChange& feed) {
  if (!parsed.title.empty()) feed.title = parsed.title;
  if (!parsed.site_url.empty()) feed.site_url = parsed.site_url;
  if (!parsed.language.empty()) feed.language = parsed.language;
  feed.format = parsed.format;
}

void TakeHost(const std::string& url_before, schemas::FeedChange& feed) {
  if (feed.url == url_before) return;
  if (const auto url = url::ParseUrl(feed.url)) {
    feed.host = url::SiteName(*url);
    feed.registrable_domain = url::RegistrableDomain(url->host);
  }
}

std::optional<health::BlacklistMatch> MatchAnswer(const fetch::Response& response,
                                                  const health::Blacklist& blacklist) {
  for (const auto& hop : response.hops) {
    if (const auto match = blacklist.MatchUrl(hop.url)) return match;
  }
  return blacklist.MatchUrl(response.effective_url);
}

FetchOutcome OutcomeOf(feed::ParseStatus status) {
  switch (status) {
    case feed::ParseStatus::kOk:
    case feed::ParseStatus::kRecovered:
      return FetchOutcome::kOk;
    case feed::ParseStatus::kNotAFeed:
      return FetchOutcome::kNotAFeed;
    case feed::ParseStatus::kLimit:
      return FetchOutcome::kParseLimit;
  }
  return FetchOutcome::kNotAFeed;
}

schemas::FetchLog LogOf(const fetch::Response& response, const FetchFacts& facts,
                        const schemas::FeedChange& after, std::string reason) {
  reason.resize(std::min(reason.size(), kReasonBytesMax));
  return {.fetched_at = facts.fetched_at,
          .outcome = facts.outcome,
          .status = response.status,
          .wire_bytes = response.wire_bytes,
          .body_bytes = response.body_bytes,
          .duration_ms = response.duration_ms,
          .entries = 0,
          .entries_new = 0,
          .reason = std::move(reason),
          .next_check_at = after.next_check_at,
          .next_check_reason = after.next_check_reason};
}

}  // namespace

bool FailedBeforeAnswer(const fetch::Response& response) {
  switch (schemas::TraitsOf(response.outcome).before_answer) {
    case schemas::BeforeAnswer::kNever:
      return false;
    case schemas::BeforeAnswer::kWithoutStatus:
      return response.status == 0;
    case schemas::BeforeAnswer::kAlways:
      return true;
  }
  return false;
}

fetch::Request FeedRequest(const schemas::DueFeed& feed, std::uint64_t ticket,
                           schemas::UnixSeconds now) {
  fetch::Request request{.ticket = ticket,
                         .kind = fetch::RequestKind::kFeed,
                         .url = feed.url,
                         .etag = feed.etag,
                         .last_modified = feed.last_modified};
  if (feed.unconditional_at && now - *feed.unconditional_at >= kUnconditionalAfterS) {
    request.etag.clear();
    request.last_modified.clear();
  }
  return request;
}

schemas::CrawlResult JudgeFeed(const schemas::DueFeed& feed, const fetch::Request& request,
                               const fetch::Response& response, const JudgeInputs& inputs) {
  auto facts = FactsOf(request, response, inputs.now);
  // No database has to hold a longer address: the feed is asked where it stands.
  if (std::ssize(facts.permanent_url) > inputs.settings.feed.url_bytes_max) {
    facts.permanent_url.clear();
  }
  schemas::CrawlResult result;
  if (inputs.outage && FailedBeforeAnswer(response)) {
    result.feed = feed;
    result.feed.next_check_at = inputs.now + inputs.outage_look_s;
    result.feed.next_check_reason = "our own network is down";
    result.fetch = LogOf(response, facts, result.feed, response.detail);
    return result;
  }
  if (const auto match = MatchAnswer(response, inputs.blacklist)) {
    return SkipFeed(feed, *match, inputs.now);
  }
  std::string reason = response.detail;
  std::optional<FeedFacts> feed_facts;
  std::optional<feed::ParsedFeed> parsed;
  int entries_found = 0;
  if (response.outcome == FetchOutcome::kOk) {
    const auto body_key = url::TextKey(response.body);
    if (feed.body_key == body_key) {
      feed_facts = FeedFacts{.ttl_s = feed.ttl_s,
                             .update_period_s = feed.update_period_s,
                             .skip_hours = feed.skip_hours,
                             .skip_days = feed.skip_days,
                             .published_at = {},
                             .body_key = body_key,
                             .changed = false};
      reason = "the same bytes as last time";
    } else {
      parsed = feed::ParseFeed({.body = response.body,
                                .url = response.effective_url,
                                .content_type = response.content_type,
                                .content_language = response.content_language},
                               inputs.settings.feed, inputs.now);
      facts.outcome = OutcomeOf(parsed->status);
      if (facts.outcome == FetchOutcome::kOk) {
        feed_facts = FactsOf(*parsed, body_key);
        entries_found = static_cast<int>(parsed->entries.size());
        reason = parsed->format + ", " + std::to_string(entries_found) + " entries";
        if (!parsed->detail.empty()) reason += ", " + parsed->detail;
      } else {
        reason = parsed->detail;
      }
    }
  }
  result.feed = FeedAfterFetch(feed, facts, feed_facts, inputs.settings.schedule, inputs.random);
  TakeHost(feed.url, result.feed);
  result.owner = url::HaveOneOwner(feed.host, result.feed.host) ? schemas::FeedOwner::kSame
                                                                : schemas::FeedOwner::kOther;
  result.speaks_for = url::SiteSpokenFor(result.feed.host);
  if (parsed && feed_facts) {
    TakeDescription(*parsed, result.feed);
    result.entries = Intake(feed, *parsed, inputs);
  }
  result.fetch = LogOf(response, facts, result.feed, std::move(reason));
  result.fetch.entries = entries_found;
  return result;
}

schemas::CrawlResult SkipFeed(const schemas::DueFeed& feed, const health::BlacklistMatch& match,
                              schemas::UnixSeconds now) {
  schemas::CrawlResult result;
  result.feed = feed;
  result.feed.last_outcome = FetchOutcome::kBlacklisted;
  result.feed.next_check_at = std::max(match.until_at.value_or(0), now + kBlacklistedLookS);
  result.feed.next_check_reason = "blacklisted by " + std::string(match.pattern);
  result.fetch = {.fetched_at = now,
                  .outcome = FetchOutcome::kBlacklisted,
                  .status = 0,
                  .wire_bytes = 0,
                  .body_bytes = 0,
                  .duration_ms = 0,
                  .entries = 0,
                  .entries_new = 0,
                  .reason = "the blacklist has it",
                  .next_check_at = result.feed.next_check_at,
                  .next_check_reason = result.feed.next_check_reason};
  return result;
}

schemas::CrawlResult JudgeLostAnswer(const schemas::DueFeed& feed, schemas::UnixSeconds asked_at,
                                     const JudgeInputs& inputs) {
  const auto request = FeedRequest(feed, 0, asked_at);
  fetch::Response nothing;
  nothing.outcome = FetchOutcome::kLost;
  const auto facts = FactsOf(request, nothing, asked_at);
  schemas::CrawlResult result;
  result.feed = FeedAfterFetch(feed, facts, std::nullopt, inputs.settings.schedule, inputs.random);
  result.fetch = LogOf(nothing, facts, result.feed,
                       "asked, but the crawler ended before the answer was written");
  return result;
}

std::vector<health::Detour> DetoursOf(const fetch::Response& response) {
  std::vector<health::Detour> detours;
  for (std::size_t i = 0; i < response.hops.size(); ++i) {
    const auto& hop = response.hops[i];
    if (hop.status != 302 && hop.status != 303 && hop.status != 307) continue;
    const bool last = i + 1 == response.hops.size();
    detours.push_back({hop.url, last ? response.effective_url : response.hops[i + 1].url});
  }
  return detours;
}

ProbeAnswer ReadProbe(const schemas::DueLink& link, const fetch::Response& response,
                      const health::Blacklist& blacklist, schemas::UnixSeconds now) {
  ProbeAnswer answer;
  answer.facts = {.outcome = response.outcome,
                  .status = response.status,
                  .asked_url = link.url,
                  .effective_url = response.effective_url,
                  .challenge = response.challenge,
                  .permanent_url = response.permanent_url,
                  .page = {},
                  .detours = DetoursOf(response)};
  if (!response.body.empty()) answer.facts.page = health::SketchPage(response.body, link.url);
  const auto match = MatchAnswer(response, blacklist);
  answer.leads_away = response.outcome == FetchOutcome::kBlacklisted ||
                      (match && !(link.on_parole && health::IsOnParole(match->ToEntry(), now)));
  answer.failed_before_answer = FailedBeforeAnswer(response);
  if (response.outcome == FetchOutcome::kTooManyRequests && response.status != 429) {
    answer.held_back_s = response.retry_after_s;
  }
  return answer;
}

schemas::ProbeResult JudgeLink(const schemas::DueLink& link, const ProbeAnswer& answer,
                               const JudgeInputs& inputs) {
  const auto& settings = inputs.settings.health;
  if (answer.leads_away) {
    return health::LinkThatLeadsAway(link, FetchOutcome::kBlacklisted, inputs.now, settings);
  }
  // A link that leads where we would not ask is not given out either.
  if (answer.facts.outcome == FetchOutcome::kBlockedAddress) {
    return health::LinkThatLeadsAway(link, answer.facts.outcome, inputs.now, settings);
  }
  const auto& facts = answer.facts;
  const bool outage = inputs.outage && answer.failed_before_answer;
  const bool learnt = !outage && !answer.held_back_s;
  const auto verdict =
      learnt ? health::JudgeOnSite(facts, link, settings).verdict : schemas::Verdict::kUnknown;
  auto result = health::LinkAfterProbe(link, facts, verdict, inputs.now, settings, inputs.random);
  if (!learnt) {
    // The link stays what it was and is looked at when we, or it, are back.
    const auto wait_s =
        outage ? inputs.outage_look_s : std::max(answer.held_back_s.value_or(0), kNotAskedLookS);
    result.state = link.state;
    result.checked_at.reset();
    result.next_check_at = inputs.now + wait_s;
  }
  if (verdict == schemas::Verdict::kAlive) {
    // A front page may lead where it likes: it is no post.
    result.target_key = health::NeedsAbsentPage(facts)
                            ? health::TargetKey(facts.asked_url, facts.effective_url)
                            : std::nullopt;
    result.move = health::JudgeMove(facts, link);
  }
  return result;
}

schemas::ProbeResult SkipLink(const schemas::DueLink& link, schemas::UnixSeconds now,
                              const schemas::HealthSettings& settings) {
  return {.link_id = link.link_id,
          .verdict = schemas::Verdict::kUnknown,
          .outcome = FetchOutcome::kBlacklisted,
          .status = 0,
          .state = link.state,
          .strikes = link.strikes,
          .struck_at = link.struck_at,
          .check_interval_s = link.check_interval_s,
          .checked_at = {},
          .next_check_at = now + settings.dead_interval_s,
          .target_key = link.target_key,
          .move = {}};
}

}  // namespace saunter::crawler::judge
