#include "crawler/write/batch.h"

#include <algorithm>
#include <cassert>
#include <set>
#include <string>
#include <utility>

#include "crawler/health/site.h"
#include "crawler/health/verdict.h"

namespace saunter::crawler::write {
namespace {

using health::Blacklist;
using health::PatternKind;
using schemas::BlacklistEntry;
using schemas::ChangeOutcome;
using schemas::OperatorChange;
using store::WriteTransaction;

constexpr std::int64_t kLinksPerPage = 1000;
constexpr char kEverySite[] = "*";
constexpr std::int64_t kParoleSitesMax = 64;
// Pulled in by one batch, and within which time what is pulled in has its turn.
constexpr std::int64_t kFarLinksMax = 1000;
constexpr std::int64_t kFarSitesMax = 100;
constexpr std::int64_t kFarWithinS = 7 * 86400;
// No host is held back for longer, and no robots.txt is believed for longer.
constexpr std::int64_t kHostsMaxS = 8 * 86400;

// A transaction and the blacklist as it stands in it.
struct Work {
  WriteTransaction& transaction;
  std::shared_ptr<const Blacklist>& blacklist;
};

using Changes = std::vector<OperatorChange>;
using Place = Changes::const_iterator;

// The pattern that a change adds or removes, or nullptr for changes of feeds.
const std::string* PatternOf(const OperatorChange& change) {
  if (const auto* add = std::get_if<schemas::AddBlacklist>(&change)) return &add->entry.pattern;
  if (const auto* remove = std::get_if<schemas::RemoveBlacklist>(&change)) return &remove->pattern;
  return nullptr;
}

void RecompileBlacklist(Work& work) {
  work.blacklist = std::make_shared<const Blacklist>(work.transaction.Blacklist());
}

void WriteFeedChanges(Work& work, Place begin, Place end, std::vector<ChangeOutcome>& outcomes) {
  schemas::WriteBatch batch;
  std::vector<std::size_t> places;
  for (auto change = begin; change != end; ++change) {
    const auto* add = std::get_if<schemas::AddFeed>(&*change);
    const bool refused = add != nullptr && work.blacklist->MatchUrl(add->url);
    if (!refused) {
      places.push_back(outcomes.size());
      batch.changes.push_back(*change);
    }
    outcomes.push_back(ChangeOutcome::kBlacklisted);
  }
  const auto applied = work.transaction.Apply(batch);
  for (std::size_t i = 0; i < places.size(); ++i) outcomes[places[i]] = applied.change_outcomes[i];
}

// The sites that patterns name, with what the new blacklist says of each as a whole.
void RewriteSites(Work& work, const std::vector<std::string>& hosts,
                  const std::vector<std::string>& suffixes, const Blacklist& changed) {
  const auto rewrite = [&](const std::vector<store::SiteRef>& sites) {
    for (const auto& site : sites) {
      if (!changed.MatchHost(site.host)) continue;
      const auto match = work.blacklist->MatchHost(site.host);
      work.transaction.SetSiteBlacklisting(
          {site.site_id, match ? std::optional(match->ToEntry()) : std::nullopt});
    }
  };
  for (const auto& host : hosts) rewrite(work.transaction.SitesUnder(host));
  if (suffixes.size() == 1) rewrite(work.transaction.SitesUnder(suffixes.front()));
  // Each suffix is a scan; one scan serves any number of them.
  if (suffixes.size() > 1) rewrite(work.transaction.SitesUnder(kEverySite));
}

void RewriteLinks(Work& work, const std::set<std::string>& hosts, const Blacklist& changed) {
  for (const auto& host : hosts) {
    for (const auto& site : work.transaction.SitesUnder(host)) {
      // Those that another entry has are skipped again.
      work.transaction.WakeFeeds(site.site_id);
      schemas::Id after = 0;
      while (true) {
        const auto links = work.transaction.LinkUrls(site.site_id, {after, kLinksPerPage});
        for (const auto& link : links) {
          if (!changed.MatchUrl(link.url)) continue;
          const auto match = work.blacklist->MatchUrl(link.url);
          const bool by_prefix = match && health::KindOf(match->pattern) == PatternKind::kPrefix;
          work.transaction.SetLinkBlacklisting({link.link_id, by_prefix});
        }
        if (std::ssize(links) < kLinksPerPage) break;
        after = links.back().link_id;
      }
    }
  }
}

// Two matchers, since a prefix would answer for a host that a suffix names, too.
void RewriteNamed(Work& work, const std::vector<std::string>& patterns) {
  std::vector<std::string> hosts;
  std::vector<std::string> suffixes;
  std::set<std::string> prefix_hosts;
  std::vector<BlacklistEntry> whole;
  std::vector<BlacklistEntry> prefixes;
  for (const auto& pattern : patterns) {
    BlacklistEntry entry;
    entry.pattern = pattern;
    switch (health::KindOf(pattern)) {
      case PatternKind::kHost:
        hosts.push_back(pattern);
        whole.push_back(std::move(entry));
        break;
      case PatternKind::kSuffix:
        suffixes.push_back(pattern);
        whole.push_back(std::move(entry));
        break;
      case PatternKind::kPrefix:
        prefix_hosts.emplace(health::HostOf(pattern));
        prefixes.push_back(entry);
        // A tenant is a site, too.
        if (const auto site = health::SiteOfPattern(pattern)) {
          hosts.emplace_back(*site);
          whole.push_back(std::move(entry));
        }
        break;
    }
  }
  if (!whole.empty()) RewriteSites(work, hosts, suffixes, Blacklist(std::move(whole)));
  if (!prefixes.empty()) RewriteLinks(work, prefix_hosts, Blacklist(std::move(prefixes)));
}

void WriteBlacklistChanges(Work& work, Place begin, Place end,
                           std::vector<ChangeOutcome>& outcomes) {
  schemas::WriteBatch batch;
  batch.changes.assign(begin, end);
  const auto applied = work.transaction.Apply(batch);
  std::vector<std::string> patterns;
  for (std::size_t i = 0; i < batch.changes.size(); ++i) {
    if (applied.change_outcomes[i] == ChangeOutcome::kDone) {
      patterns.push_back(*PatternOf(batch.changes[i]));
    }
  }
  outcomes.insert(outcomes.end(), applied.change_outcomes.begin(), applied.change_outcomes.end());
  if (patterns.empty()) return;
  RecompileBlacklist(work);
  RewriteNamed(work, patterns);
}

// In order, since a later change may build on an earlier one.
std::vector<ChangeOutcome> WriteChanges(Work& work, const Changes& changes) {
  std::vector<ChangeOutcome> outcomes;
  outcomes.reserve(changes.size());
  for (auto begin = changes.begin(); begin != changes.end();) {
    const bool of_feeds = PatternOf(*begin) == nullptr;
    const auto end = std::find_if(begin, changes.end(), [&](const OperatorChange& change) {
      return (PatternOf(change) == nullptr) != of_feeds;
    });
    if (of_feeds) {
      WriteFeedChanges(work, begin, end, outcomes);
    } else {
      WriteBlacklistChanges(work, begin, end, outcomes);
    }
    begin = end;
  }
  return outcomes;
}

// The crawl loop asked an older blacklist when it took these entries in, and found these links at
// another address. Nothing if it names none of them: then the batch is written as it is.
std::optional<schemas::WriteBatch> WithoutBlacklisted(const schemas::WriteBatch& rows,
                                                      const Blacklist& blacklist) {
  if (blacklist.size() == 0) return std::nullopt;
  const auto names = [&](const schemas::EntryIntake& entry) {
    return blacklist.MatchUrl(entry.url).has_value();
  };
  const auto leads_there = [&](const schemas::ProbeResult& probe) {
    return probe.move && blacklist.MatchUrl(probe.move->url);
  };
  const bool any = std::ranges::any_of(rows.crawls,
                                       [&](const auto& crawl) {
                                         return std::ranges::any_of(crawl.entries, names);
                                       }) ||
                   std::ranges::any_of(rows.probes, leads_there);
  if (!any) return std::nullopt;
  auto left = rows;
  for (auto& crawl : left.crawls) std::erase_if(crawl.entries, names);
  for (auto& probe : left.probes) {
    if (leads_there(probe)) probe.move.reset();
  }
  return left;
}

// What is lost was asked by one that fell asleep: another crawler decides about it now.
std::optional<schemas::WriteBatch> WithoutLost(store::WriteTransaction& transaction,
                                               const schemas::WriteBatch& rows) {
  const auto lost = transaction.FindLost(rows);
  if (lost.Empty()) return std::nullopt;
  auto left = rows;
  std::erase_if(left.crawls, [&](const schemas::CrawlResult& crawl) {
    return lost.feed_ids.contains(crawl.feed.feed_id);
  });
  std::erase_if(left.probes, [&](const schemas::ProbeResult& probe) {
    return lost.link_ids.contains(probe.link_id);
  });
  std::erase_if(left.looks, [&](const schemas::SiteLook& look) {
    return lost.site_ids.contains(look.site_id);
  });
  return left;
}

// What the rule decides about a site that it may blacklist.
std::optional<health::SiteVerdict> JudgeOpenSite(Work& work, const schemas::SiteTally& tally,
                                                 const schemas::WriteBatch& rows,
                                                 const schemas::HealthSettings& settings,
                                                 schemas::UnixSeconds now) {
  const auto look = std::find_if(rows.looks.begin(), rows.looks.end(), [&](const auto& candidate) {
    return candidate.site_id == tally.site_id;
  });
  if (look != rows.looks.end()) {
    if (auto verdict = health::JudgeParked(tally, *look, now, settings)) return verdict;
  }
  if (!health::MayCondemn(tally, settings)) return std::nullopt;
  return health::JudgeSite(tally, work.transaction.DeadListings(tally.site_id), now, settings);
}

// What the rule decides about a site that it has blacklisted.
std::optional<health::SiteVerdict> JudgeBlacklistedSite(Work& work, const BlacklistEntry& entry,
                                                        const schemas::SiteTally& tally,
                                                        const schemas::HealthSettings& settings,
                                                        schemas::UnixSeconds now) {
  if (!entry.until_at || !health::IsOnParole(entry, now)) return std::nullopt;
  const auto sample = work.transaction.CountProbedSince(tally.site_id, *entry.until_at);
  return health::JudgeParole(entry, tally, sample, now, settings);
}

void WriteVerdict(Work& work, const schemas::SiteTally& tally, const health::SiteVerdict& verdict) {
  work.transaction.PutDecision(verdict.decision);
  if (verdict.entry) {
    work.transaction.PutBlacklistEntry(*verdict.entry);
  } else {
    work.transaction.RemoveBlacklistEntry(health::PatternOfSite(tally.host));
    work.transaction.DoubtDeadLinks(tally.site_id);
  }
  work.transaction.SetSiteBlacklisting({tally.site_id, verdict.entry});
}

// Asks the matcher alone of each site; the sites that the rule may judge are few.
void JudgeSites(Work& work, const std::vector<schemas::SiteTally>& tallies,
                const schemas::WriteBatch& rows, const schemas::HealthSettings& settings,
                schemas::UnixSeconds now, BatchReport& report) {
  bool changed = false;
  for (const auto& tally : tallies) {
    if (work.blacklist->Allows(tally.host)) continue;
    const auto match = work.blacklist->MatchHost(tally.host);
    const auto verdict = match ? JudgeBlacklistedSite(work, match->ToEntry(), tally, settings, now)
                               : JudgeOpenSite(work, tally, rows, settings, now);
    if (!verdict) continue;
    WriteVerdict(work, tally, *verdict);
    changed = true;
    if (!verdict->entry) {
      report.returned.push_back(tally.host);
    } else if (!match) {
      report.blacklisted.push_back(*verdict->entry);
    }
  }
  if (changed) RecompileBlacklist(work);
}

// Sites on parole that no probe will have judged any more, and those that only their rows say are.
void JudgeUndrawn(Work& work, const std::vector<schemas::SiteTally>& tallies,
                  const schemas::HealthSettings& settings, schemas::UnixSeconds now,
                  BatchReport& report) {
  for (const auto& tally : tallies) {
    const auto match = work.blacklist->MatchHost(tally.host);
    const auto entry = match ? std::optional(match->ToEntry()) : std::nullopt;
    if (entry && health::IsOnParole(*entry, now)) continue;
    work.transaction.SetSiteBlacklisting({tally.site_id, entry});
  }
  JudgeSites(work, tallies, {}, settings, now, report);
}

// The parole of a site begins within the time that it is put off at first. True if more are left.
bool PullInParoles(Work& work, const schemas::HealthSettings& settings, schemas::UnixSeconds now) {
  const auto after = now + health::LongestWaitS(settings);
  const auto sites = work.transaction.SitesOnParoleAfter(after, kFarSitesMax);
  for (const auto& site : sites) {
    const auto match = work.blacklist->MatchHost(site.host);
    auto entry = match ? std::optional(match->ToEntry()) : std::nullopt;
    if (entry && entry->source == schemas::BlacklistSource::kRule) {
      entry->added_at = std::min(entry->added_at, now);
      entry->until_at = now + site.site_id % std::max<std::int64_t>(1, settings.parole_s);
      work.transaction.PutBlacklistEntry(*entry);
    }
    work.transaction.SetSiteBlacklisting({site.site_id, entry});
  }
  if (!sites.empty()) RecompileBlacklist(work);
  return std::ssize(sites) == kFarSitesMax;
}

bool PullInFar(Work& work, const schemas::HealthSettings& settings, schemas::UnixSeconds now) {
  const bool links_left =
      work.transaction.PullInFar({.links_after = now + health::LongestWaitS(settings),
                                  .links_within_s = kFarWithinS,
                                  .hosts_after = now + kHostsMaxS,
                                  .rows_max = kFarLinksMax});
  const bool paroles_left = PullInParoles(work, settings, now);
  return links_left || paroles_left;
}

void LookAgainAtTargets(Work& work, const std::vector<store::SharedTarget>& targets,
                        const schemas::HealthSettings& settings) {
  for (const auto& target : targets) {
    if (target.links == settings.shared_links_min) {
      work.transaction.LookAgainAt(target);
    } else if (target.links > settings.shared_links_min) {
      work.transaction.LookAgainAtNew(target);
    }
  }
}

}  // namespace

BatchReport CommitBatch(store::Writer& writer, const Changes& changes,
                        const schemas::WriteBatch& rows,
                        std::shared_ptr<const Blacklist>& blacklist,
                        const schemas::HealthSettings& settings, schemas::UnixSeconds now) {
  assert(rows.changes.empty());
  BatchReport report;
  auto new_blacklist = blacklist;
  const auto transaction = writer.Begin(now);
  Work work{*transaction, new_blacklist};
  if (transaction->IsBlacklistNews()) RecompileBlacklist(work);
  report.outcomes = WriteChanges(work, changes);
  // Of the rows themselves nothing may go: what drops them may be rolled back.
  const auto held = WithoutLost(*transaction, rows);
  const auto& ours = held ? *held : rows;
  report.results_lost = std::ssize(rows.crawls) - std::ssize(ours.crawls) +
                        std::ssize(rows.probes) - std::ssize(ours.probes);
  const auto left = WithoutBlacklisted(ours, *new_blacklist);
  auto applied = transaction->Apply(left ? *left : ours);
  report.feedback_outcomes = std::move(applied.feedback_outcomes);
  report.links_new = applied.links_new;
  report.is_removing = applied.is_removing;
  report.is_settling = applied.is_settling;
  LookAgainAtTargets(work, applied.targets, settings);
  JudgeSites(work, applied.touched_sites, ours, settings, now, report);
  report.pulls_in_far = rows.pulls_in_far && PullInFar(work, settings, now);
  const auto undrawn =
      transaction->DrawParole({.sites_max = kParoleSitesMax, .links_max = settings.parole_links});
  JudgeUndrawn(work, undrawn, settings, now, report);
  // Somebody waits to hear that it is written.
  const bool is_awaited = !changes.empty() || !rows.feedback.empty();
  report.batch_id = transaction->Commit(is_awaited ? WriteTransaction::Durability::kFull
                                                   : WriteTransaction::Durability::kNormal);
  blacklist = std::move(new_blacklist);
  return report;
}

void RenewBlacklist(store::Writer& writer, std::shared_ptr<const Blacklist>& blacklist,
                    schemas::UnixSeconds now) {
  const auto transaction = writer.Begin(now);
  if (!transaction->IsBlacklistNews()) return;
  blacklist = std::make_shared<const Blacklist>(transaction->Blacklist());
}

BatchReport WriteOneBatch(store::Writer& writer, const schemas::WriteBatch& batch,
                          std::shared_ptr<const Blacklist>& blacklist,
                          const schemas::HealthSettings& settings, schemas::UnixSeconds now) {
  auto rows = batch;
  rows.changes.clear();
  auto report = CommitBatch(writer, batch.changes, rows, blacklist, settings, now);
  while (report.is_removing || report.is_settling) {
    const auto next = CommitBatch(writer, {}, {}, blacklist, settings, now);
    report.is_removing = next.is_removing;
    report.is_settling = next.is_settling;
  }
  return report;
}

}  // namespace saunter::crawler::write
