// The checks of the network, of the daemons and of their work.

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <string>
#include <utility>

#include "crawler/cli/doctor_advice.h"
#include "crawler/cli/doctor_checks.h"
#include "crawler/cli/print.h"
#include "crawler/fetch/address_guard.h"
#include "schemas/failure_advice.h"

namespace saunter::crawler::cli {
namespace {

using schemas::FetchOutcome;

constexpr std::int64_t kSlowLookupMs = 2000;
constexpr std::string_view kStubResolver = "127.0.0.53";
constexpr schemas::UnixSeconds kReportAgeMax = 300;  // a crawler reports twice a minute
constexpr std::int64_t kBatchesBehindMax = 100;      // of an API that follows
constexpr schemas::UnixSeconds kLatenessMax = 2 * 3600;
constexpr std::int64_t kSmallPool = 100;
// Feeds that fail: up to this share is the web as it is.
constexpr double kUsualShare = 0.2;
constexpr double kFaultyShare = 0.8;
constexpr std::int64_t kFeedsThatTell = 10;

std::string Percent(double share) {
  return share > 0 && share < 0.01 ? "under 1 %" : fmt::format("{:.0f} %", share * 100);
}

double ShareOf(std::int64_t part, std::int64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

// A crawler that does not run.
void JudgeAbsentCrawler(const DoctorFacts& facts, DoctorFinding& finding) {
  const auto start = UnitCommand(facts, "start", "saunter-crawler");
  finding.state = FindingState::kWrong;
  finding.advice = {start};
  if (!facts.crawl) {
    finding.found = "it does not run";
    return;
  }
  const auto& status = facts.crawl->stats.crawler;
  if (!status) {
    finding.found = "it does not run, and never has on this database";
    finding.advice = {UnitCommand(facts, "enable --now", "saunter-crawler")};
  } else if (status->stopped_at) {
    finding.state = FindingState::kWarning;
    finding.found = "it does not run: it was stopped " + HumanTime(status->stopped_at, facts.now);
  } else {
    finding.found = fmt::format("it does not run: it ended without a word, last seen {}",
                                HumanTime(status->reported_at, facts.now));
    finding.advice.push_back(LogOf(facts, "saunter-crawler"));
  }
}

// A crawler that runs, by what it says of itself.
void JudgeReport(const DoctorFacts& facts, const schemas::CrawlerStatus& status,
                 DoctorFinding& finding) {
  if (!status.problem.empty() || status.outage_at) {
    finding.state = FindingState::kWrong;
    finding.found += status.problem.empty()
                         ? "; no host has answered since " + HumanTime(status.outage_at, facts.now)
                         : "; it says: " + status.problem;
    finding.advice = {"mend that; it goes on by itself, and the checks here may say more"};
  } else if (facts.now - status.reported_at > kReportAgeMax) {
    finding.state = FindingState::kWrong;
    finding.found += ", but has written nothing since " + HumanTime(status.reported_at, facts.now);
    finding.advice = {LogOf(facts, "saunter-crawler"),
                      UnitCommand(facts, "restart", "saunter-crawler") + ", if it stays so"};
  } else if (status.version != facts.version) {
    finding.state = FindingState::kWarning;
    finding.found += fmt::format("; it is {}, this program {}", status.version, facts.version);
    finding.advice = {UnitCommand(facts, "restart", "saunter-crawler") + " takes the new release"};
  } else {
    finding.found += "; its last report is of " + HumanTime(status.reported_at, facts.now);
  }
}

// The crawler's unit lets it reach no private address but the stub resolver, so that names may be
// found here and not there.
void JudgeResolverOfUnit(const DoctorFacts& facts, DoctorFinding& finding) {
  const auto is_denied = [](const std::string& server) {
    const auto address = fetch::ParseAddress(server);
    return address && !fetch::IsPublic(*address) && server != kStubResolver;
  };
  const bool has_outage =
      facts.crawl && facts.crawl->stats.crawler && facts.crawl->stats.crawler->outage_at;
  if (!has_outage || !std::ranges::any_of(facts.dns.servers, is_denied)) return;
  finding.state = FindingState::kWarning;
  finding.found += "; but the crawler's unit may not ask a resolver at a private address";
  finding.advice = {AsRoot(facts,
                           "systemctl edit saunter-crawler, and allow it there: "
                           "IPAddressAllow=ADDRESS under [Service]")};
}

// The servers that were asked.
std::string AskedServers(const DnsFacts& dns) {
  if (dns.servers.empty()) return "/etc/resolv.conf names no server";
  return fmt::format("by {} of /etc/resolv.conf", fmt::join(dns.servers, ", "));
}

// Why names are not looked at.
std::string WhyNoNames(const DoctorFacts& facts) {
  if (facts.reach == DoctorReach::kThisMachine) return "not looked at: --offline";
  return facts.crawl ? "no feed of yours has a name that could be looked up"
                     : "without the database no name of yours is known";
}

// The names that were not found, each with why.
std::string NotFound(const std::vector<NameFacts>& names) {
  std::string failed;
  for (const auto& name : names) {
    if (name.answer == NameFacts::Answer::kFound) continue;
    failed +=
        fmt::format("{}{}: {}", failed.empty() ? "" : ", ", name.host,
                    name.answer == NameFacts::Answer::kNoSuchName ? "no such name" : name.detail);
  }
  return failed;
}

// Of an API that reads a copy of the database that a server holds; 0 where it does not.
std::int64_t BatchesBehindServer(const DoctorFacts& facts) {
  if (facts.settings.store.url.empty() || !facts.crawl || !facts.api.batches) return 0;
  return facts.crawl->stats.batches - *facts.api.batches;
}

}  // namespace

DoctorFinding JudgeDns(const DoctorFacts& facts) {
  DoctorFinding finding{.name = "dns", .found = {}, .advice = {}, .causes = {}};
  const auto& dns = facts.dns;
  const auto by = AskedServers(dns);
  if (facts.reach == DoctorReach::kThisMachine || dns.names.empty()) {
    finding.state = FindingState::kUnknown;
    finding.found = WhyNoNames(facts);
    return finding;
  }
  const auto failed = NotFound(dns.names);
  std::int64_t found = 0;
  std::int64_t slowest_ms = 0;
  for (const auto& name : dns.names) {
    slowest_ms = std::max(slowest_ms, name.duration_ms);
    found += name.answer == NameFacts::Answer::kFound ? 1 : 0;
  }
  finding.found = fmt::format("{} of {} names found {}, the slowest in {} ms", found,
                              dns.names.size(), by, slowest_ms);
  const bool any_failed = std::ranges::any_of(
      dns.names, [](const auto& name) { return name.answer == NameFacts::Answer::kFailed; });
  if (!dns.ended || (any_failed && found == 0)) {
    finding.state = FindingState::kWrong;
    finding.found = fmt::format("no name is found ({}) {}", failed, by);
    finding.advice = {
        "see that /etc/resolv.conf names a server that answers, and that the network "
        "is up: resolvectl status, ip route"};
  } else if (found == 0) {
    finding.state = FindingState::kWarning;
    finding.found = failed + ", " + by;
    finding.advice = {
        "a resolver that knows none of your feeds' hosts may be the wrong one; "
        "resolvectl query HOST asks it"};
  } else if (slowest_ms > kSlowLookupMs || any_failed) {
    finding.state = FindingState::kWarning;
    if (!failed.empty()) finding.found += "; " + failed;
    finding.advice = {
        "a local resolver that remembers (systemd-resolved, unbound) makes look-ups "
        "fast and sure"};
  } else if (!failed.empty()) {
    finding.found += "; " + failed;
  }
  if (finding.state == FindingState::kOk) JudgeResolverOfUnit(facts, finding);
  return finding;
}

DoctorFinding JudgeOutbound(const DoctorFacts& facts) {
  DoctorFinding finding{.name = "outbound", .found = {}, .advice = {}, .causes = {}};
  const auto& fetch = facts.fetch;
  if (!fetch.ca_bundle_bytes.has_value() || *fetch.ca_bundle_bytes == 0) {
    finding.state = FindingState::kWrong;
    finding.found = "/etc/ssl/certs/ca-certificates.crt is not there: no certificate is trusted";
    finding.advice = {AsRoot(facts, "apt install ca-certificates")};
    return finding;
  }
  if (facts.reach == DoctorReach::kThisMachine || fetch.url.empty()) {
    finding.state = FindingState::kUnknown;
    finding.found = facts.reach == DoctorReach::kThisMachine ? "not asked: --offline"
                    : facts.crawl ? "no host of your feeds can be asked now: each was asked in "
                                    "this minute, failed, or wants a pause"
                                  : "without the database no host of yours is known";
    return finding;
  }
  // Any status is an answer: the way there and back is what is looked at.
  if (fetch.ended && fetch.status != 0) {
    finding.found =
        fmt::format("{} answered {} in {} ms", fetch.url, fetch.status, fetch.duration_ms);
    return finding;
  }
  if (fetch.ended && fetch.outcome == FetchOutcome::kDnsFailure) {
    finding.state = FindingState::kUnknown;
    finding.found = fetch.url + ": there is no such host, so nothing was learnt";
    return finding;
  }
  finding.state = FindingState::kWrong;
  finding.found = fetch.url + ": " +
                  (fetch.ended ? fetch.detail : std::string("no answer before the time was up"));
  switch (fetch.outcome) {
    case FetchOutcome::kTlsUntrusted:
    case FetchOutcome::kTlsFailure:
      finding.advice = {AsRoot(facts,
                               "apt install --reinstall ca-certificates; if a firewall "
                               "puts its own certificates in, add its authority there")};
      break;
    case FetchOutcome::kTlsExpired:
      finding.advice = {"see the check of the clock: a wrong one makes certificates look expired"};
      break;
    case FetchOutcome::kResolverFailure:
      finding.advice = {"see the check of dns"};
      break;
    default:
      finding.advice = {
          "see that this machine may reach ports 80 and 443 of the internet: ip "
          "route, the firewall; the crawler uses no proxy"};
      break;
  }
  return finding;
}

DoctorFinding JudgeCrawler(const DoctorFacts& facts) {
  DoctorFinding finding{.name = "crawler", .found = {}, .advice = {}, .causes = {}};
  const auto& lock = facts.lock;
  if (lock.state == LockFacts::State::kUnseen) {
    finding.state = FindingState::kUnknown;
    finding.found = "this user cannot see whether it runs";
    finding.advice = {"sudo saunter doctor sees it"};
    return finding;
  }
  const bool runs =
      lock.state == LockFacts::State::kHeld && lock.text.starts_with("saunter-crawler");
  if (!runs) {
    JudgeAbsentCrawler(facts, finding);
    return finding;
  }
  finding.found = "it runs" + (lock.process_id > 0 ? fmt::format(", process {}", lock.process_id)
                                                   : std::string());
  if (lock.control == LockFacts::Control::kRefuses || lock.control == LockFacts::Control::kAbsent) {
    finding.state = FindingState::kWarning;
    finding.found += ", but takes no changes at its control socket";
    finding.advice = {"it may be starting or stopping: try again in a moment",
                      UnitCommand(facts, "restart", "saunter-crawler") + ", if it stays so"};
    return finding;
  }
  if (facts.crawl && facts.crawl->stats.crawler) {
    JudgeReport(facts, *facts.crawl->stats.crawler, finding);
  }
  return finding;
}

// Of a database that crawlers of several machines may write: what they report there counts.
DoctorFinding JudgeSharedCrawler(const DoctorFacts& facts) {
  DoctorFinding finding{.name = "crawler", .found = {}, .advice = {}, .causes = {}};
  const bool is_here = facts.lock.control == LockFacts::Control::kAnswers;
  const auto* status =
      facts.crawl && facts.crawl->stats.crawler ? &*facts.crawl->stats.crawler : nullptr;
  const bool reports =
      status != nullptr && !status->stopped_at && facts.now - status->reported_at <= kReportAgeMax;
  if (!is_here && !reports) {
    JudgeAbsentCrawler(facts, finding);
    return finding;
  }
  finding.found = is_here ? "it runs" : "one runs, on another machine or for another user";
  if (status != nullptr) JudgeReport(facts, *status, finding);
  return finding;
}

DoctorFinding JudgeApi(const DoctorFacts& facts) {
  DoctorFinding finding{
      .name = "api", .state = FindingState::kWrong, .found = {}, .advice = {}, .causes = {}};
  const auto& api = facts.api;
  if (!api.connected) {
    finding.found = "nothing listens at " + api.listen + " (api.listen)";
    finding.advice = {UnitCommand(facts, "start", "saunter-api"), LogOf(facts, "saunter-api")};
  } else if (api.status == 0) {
    finding.found = api.listen + " took the connection, but gave no answer in time";
    finding.advice = {UnitCommand(facts, "restart", "saunter-api"), LogOf(facts, "saunter-api")};
  } else if (api.status == 503) {
    finding.found =
        fmt::format("it runs, but has nothing to give ({}): {}", api.reason, api.detail);
    finding.advice = {"do what it says; it recovers by itself within seconds"};
  } else if (api.status != 200) {
    finding.found = fmt::format(
        "{} answers /readyz with {}: another program, or a proxy, listens "
        "there",
        api.listen, api.status);
    finding.advice = {"set api.listen to an address of its own"};
  } else if (const auto behind = BatchesBehindServer(facts); behind > kBatchesBehindMax) {
    finding.state = FindingState::kWarning;
    finding.found = fmt::format("it is ready, but its copy is {} batches behind", behind);
    finding.advice = {"see that saunter-replica runs on that machine and reaches the database"};
  } else if (facts.settings.store.url.empty() && facts.crawl && api.schema_version && api.batches &&
             (*api.schema_version != facts.crawl->stats.schema_version ||
              std::abs(*api.batches - facts.crawl->stats.batches) > kBatchesBehindMax)) {
    finding.found = fmt::format(
        "it is ready, but over another database: it knows batch {} of schema {}, {} is at batch {} "
        "of schema {}",
        *api.batches, *api.schema_version, facts.settings.store.path, facts.crawl->stats.batches,
        facts.crawl->stats.schema_version);
    finding.advice = {
        "see that it reads the same settings file; it takes new settings with a "
        "restart only: " +
        UnitCommand(facts, "restart", "saunter-api")};
  } else {
    finding.state = FindingState::kOk;
    finding.found = "it is ready at " + api.listen;
    if (api.batches) finding.found += fmt::format(", up to batch {}", *api.batches);
  }
  return finding;
}

DoctorFinding JudgeFeeds(const DoctorFacts& facts) {
  DoctorFinding finding{.name = "feeds", .found = {}, .advice = {}, .causes = {}};
  if (!facts.crawl) {
    finding.state = FindingState::kUnknown;
    finding.found = "the database cannot be read";
    return finding;
  }
  std::int64_t asked = 0;
  std::int64_t failing = 0;
  // As /status has them: what is paused or given up is not asked, and does not fail.
  for (const auto& count : facts.crawl->feed_counts) {
    if (count.state != schemas::FeedState::kActive || !count.last_outcome) continue;
    asked += count.feeds;
    if (!count.is_failing) continue;
    failing += count.feeds;
    const auto advice = schemas::AdviceOn(*count.last_outcome);
    finding.causes.push_back(
        {.outcome = *count.last_outcome,
         .feeds = count.feeds,
         .meaning = std::string(advice.meaning),
         .advice = std::string(advice.advice),
         .command = fmt::format("saunter feed list --state active --failing --outcome {}",
                                ToString(*count.last_outcome))});
  }
  for (auto& cause : finding.causes) cause.share = ShareOf(cause.feeds, asked);
  std::ranges::stable_sort(finding.causes, std::ranges::greater(), &FailureCause::feeds);
  if (asked == 0) {
    finding.found = "none has been fetched yet";
    return finding;
  }
  const auto share = ShareOf(failing, asked);
  finding.found =
      fmt::format("{} of {} that were asked failed last time ({})", failing, asked, Percent(share));
  if (failing == 0) finding.found = fmt::format("all {} that were asked answered well", asked);
  if (asked < kFeedsThatTell || share <= kUsualShare) return finding;
  const auto& first = finding.causes.front();
  finding.state = share > kFaultyShare ? FindingState::kWrong : FindingState::kWarning;
  finding.advice = {
      fmt::format("so many at once is rarely the publishers' fault; most often {}. {}",
                  ToString(first.outcome), first.advice)};
  return finding;
}

DoctorFinding JudgeCrawl(const DoctorFacts& facts) {
  DoctorFinding finding{.name = "crawl", .found = {}, .advice = {}, .causes = {}};
  if (!facts.crawl) {
    finding.state = FindingState::kUnknown;
    finding.found = "the database cannot be read";
    return finding;
  }
  const auto& stats = facts.crawl->stats;
  finding.found = fmt::format(
      "{} feeds, {} never fetched, {} due; {} links to give; {} of {} sites "
      "blacklisted",
      stats.feeds, stats.feeds_never_fetched, facts.crawl->feeds_due, stats.links_in_pool,
      stats.sites_blacklisted, stats.sites);
  const auto warn = [&](std::string advice) {
    finding.state = FindingState::kWarning;
    finding.advice.push_back(std::move(advice));
  };
  if (stats.feeds == 0) {
    finding.found = "there are no feeds";
    warn("saunter import FILE adds some: OPML, or one URL on each line");
    return finding;
  }
  const auto earliest = facts.crawl->earliest_due_at;
  const bool runs = facts.lock.state == LockFacts::State::kHeld;
  if (runs && earliest && facts.now - *earliest > kLatenessMax &&
      facts.crawl->feeds_due > facts.settings.fetch.transfers_max) {
    warn(
        fmt::format("feeds wait since {}: the crawler does not keep up; raise fetch.transfers_max "
                    "if this machine and its line have room",
                    HumanTime(earliest, facts.now)));
  }
  if (stats.feeds_paused == stats.feeds) {
    warn("every feed is paused: saunter feed resume URL");
  } else if (stats.links_in_pool < kSmallPool && stats.feeds_never_fetched * 2 < stats.feeds) {
    warn(
        "readers soon meet the same links again: add feeds, or see above why those you have give "
        "so few");
  }
  if (stats.sites > kFeedsThatTell && stats.sites_blacklisted * 2 > stats.sites) {
    warn(
        "more than half of all sites are blacklisted: saunter blacklist list says by what; if a "
        "pattern of yours is too wide, saunter blacklist remove takes it back");
  }
  return finding;
}

}  // namespace saunter::crawler::cli
