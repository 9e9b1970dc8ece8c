#include <algorithm>

#include "store/sql/batch_work.h"
#include "store/sql/fields.h"
#include "store/sql/put_rows.h"

namespace saunter::store::sql {
namespace {

using schemas::Id;
using schemas::LinkState;

constexpr char kFindLinkState[] =
    "SELECT l.site_id, l.state, l.blacklisted, s.blacklisted_at, l.target_key FROM link l JOIN "
    "site s USING (site_id) WHERE l.link_id = ?";
const std::string kUpdateVerdict =
    "UPDATE link SET " +
    Assignments<schemas::ProbeResult>({{"checked_at", "coalesce(?, checked_at)"}}) +
    ", alive_at = coalesce(?, alive_at) WHERE link_id = ?";

constexpr char kEndParoleOf[] = "UPDATE link SET on_parole = 0 WHERE link_id = ? AND on_parole = 1";

constexpr Worded kInsertPool{
    "INSERT INTO pool (link_id, site_id, source_id, feed_id, published_at, language, categories) "
    "SELECT link_id, site_id, source_id, feed_id, published_at, language, categories FROM link "
    "WHERE link_id = ? AND blacklisted = 0 ON CONFLICT DO NOTHING",
    "UPDATE link SET in_pool = 1 WHERE link_id = ? AND blacklisted = 0 AND in_pool = 0"};
constexpr Worded kDeletePool{"DELETE FROM pool WHERE link_id = ?",
                             "UPDATE link SET in_pool = 0 WHERE link_id = ? AND in_pool = 1"};
constexpr char kInsertPoolChange[] =
    "INSERT INTO pool_change (link_id, last_link_id) VALUES (?, ?)";

const RowStatements kCountUses =
    UpdateEach("category", "links = links + ?", "category_id", "?::bigint[], ?::bigint[]");
const RowStatements kUpdateSiteTallies = UpdateEach(
    "site",
    "links_unchecked = links_unchecked + ?, links_alive = links_alive + ?, links_unknown = "
    "links_unknown + ?, links_doubtful = links_doubtful + ?, links_dead = links_dead + ?",
    "site_id", "?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[]");
const std::string kReadSiteTally =
    "SELECT " +
    Columns<schemas::SiteTally>({{"blacklisted", FlagOf("blacklisted_at IS NOT NULL")}}) +
    " FROM site WHERE site_id = ?";

// What a crawler has not done yet leaves what the last one did.
const std::string kPutStatus =
    "INSERT INTO crawler (crawler_id, " + Columns<schemas::CrawlerStatus>() + ") VALUES (1, " +
    Placeholders<schemas::CrawlerStatus>() + ") ON CONFLICT (crawler_id) DO UPDATE SET " +
    ExcludedAssignments<schemas::CrawlerStatus>(
        {{"fetch_at", "coalesce(excluded.fetch_at, crawler.fetch_at)"},
         {"fetch_ok_at", "coalesce(excluded.fetch_ok_at, crawler.fetch_ok_at)"}});

}  // namespace

void BatchWork::NotePoolChange(Id link_id) {
  if (!noted_links_.insert(link_id).second) return;
  Use(database_, kInsertPoolChange).Int(link_id).OptionalInt(std::nullopt).Run();
}

// Ids are given out in their order, so that what is new stands together.
void BatchWork::NoteNewLinks() {
  if (!new_links_) return;
  Use(database_, kInsertPoolChange).Int(new_links_->first).Int(new_links_->second).Run();
  new_links_.reset();
}

void BatchWork::PutInPool(Id link_id) {
  Use(database_, kInsertPool).Int(link_id).Run();
  if (database_.Changes() == 0) return;
  totals_.Add("links_in_pool", 1);
  NotePoolChange(link_id);
}

void BatchWork::PutInPoolIfServable(Id link_id) {
  {
    Use find(database_, kFindLinkState);
    if (!find.Int(link_id).Step() || !IsServable(static_cast<LinkState>(find.GetInt(1))) ||
        find.GetOptionalInt(3)) {
      return;
    }
  }
  PutInPool(link_id);
}

void BatchWork::TakeOutOfPool(Id link_id) {
  Use(database_, kDeletePool).Int(link_id).Run();
  if (database_.Changes() == 0) return;
  totals_.Add("links_in_pool", -1);
  NotePoolChange(link_id);
}

// The verdicts first, which say whether a link that moves is in the pool.
void BatchWork::WriteProbes(const std::vector<schemas::ProbeResult>& probes) {
  std::vector<Wanted> wanted;
  auto links = ReadProbed(probes);
  for (const auto& probe : probes) {
    // One that is not there was removed while it was probed.
    if (const auto link = links.find(probe.link_id); link != links.end()) {
      WriteProbe(probe, link->second);
    }
    if (!probe.move) continue;
    wanted.push_back(
        {.site = probe.move->host, .url_key = probe.move->url_key, .link_id = probe.link_id});
  }
  if (wanted.empty()) return;
  auto rows = NewRows();
  ReadFor(wanted, rows);
  for (const auto& probe : probes) {
    if (!probe.move) continue;
    auto* link = rows.FindLink(probe.link_id);
    if (link == nullptr) continue;
    MoveLink(rows, *link,
             {.url = probe.move->url,
              .url_key = probe.move->url_key,
              .site = probe.move->host,
              .registrable_domain = probe.move->registrable_domain});
  }
  WriteRows(rows);
}

std::unordered_map<Id, ProbedLink> BatchWork::ReadProbed(
    const std::vector<schemas::ProbeResult>& probes) {
  std::unordered_map<Id, ProbedLink> links;
  FindEach(
      database_, kFindLinkState, probes,
      [](Use& find, const schemas::ProbeResult& probe) { find.Int(probe.link_id); },
      [&](Use& row, const schemas::ProbeResult& probe) {
        links[probe.link_id] = {.site_id = row.GetInt(0),
                                .state = static_cast<LinkState>(row.GetInt(1)),
                                .is_blacklisted = row.GetInt(2) != 0,
                                .site_is_blacklisted = row.GetOptionalInt(3).has_value(),
                                .target_key = row.GetOptionalInt(4)};
      });
  return links;
}

void BatchWork::WriteProbe(const schemas::ProbeResult& probe, ProbedLink& link) {
  const auto before = link.state;
  // One that led there before has been looked at with all that led there then.
  const bool leads_there_now = probe.target_key && probe.verdict == schemas::Verdict::kAlive &&
                               link.target_key != probe.target_key;
  Use update(database_, kUpdateVerdict);
  BindRecord(update, probe);
  update.OptionalInt(probe.verdict == schemas::Verdict::kAlive ? probe.checked_at : std::nullopt);
  update.Int(probe.link_id).Run();
  link.state = probe.state;
  link.target_key = probe.target_key;
  if (link.site_is_blacklisted && probe.checked_at) {
    Use(database_, kEndParoleOf).Int(probe.link_id).Run();
  }
  if (before != probe.state) {
    auto& deltas = site_deltas_[link.site_id];
    --deltas[IndexOf(before)];
    ++deltas[IndexOf(probe.state)];
    if (!IsServable(probe.state)) {
      TakeOutOfPool(probe.link_id);
    } else if (!link.is_blacklisted && !link.site_is_blacklisted) {
      PutInPool(probe.link_id);
    }
  }
  // A blacklisted site is judged by the sample that is probed on parole.
  if (before != probe.state || link.site_is_blacklisted) judged_sites_.push_back(link.site_id);
  if (leads_there_now) {
    NoteTarget(
        {.site_id = link.site_id, .target_key = *probe.target_key, .link_id = probe.link_id});
  }
}

void BatchWork::WriteStatus(const schemas::CrawlerStatus& status) {
  Use put(database_, kPutStatus);
  BindRecord(put, status).Run();
}

void BatchWork::FlushCategories() {
  std::erase_if(category_deltas_, [](const auto& uses) { return uses.second == 0; });
  PutRows(database_, category_deltas_, kCountUses,
          [](Use& count, const auto& uses) { count.Int(uses.second).Int(uses.first); });
  category_deltas_.clear();
}

void BatchWork::FlushSites() {
  static constexpr std::array<const char*, schemas::kLinkStateCount> kTotalNames = {
      "links_unchecked", "links_alive", "links_unknown", "links_doubtful", "links_dead"};
  using SiteDeltas = decltype(site_deltas_)::value_type;
  PutRows(database_, site_deltas_, kUpdateSiteTallies, [&](Use& update, const SiteDeltas& site) {
    const auto& [site_id, deltas] = site;
    for (std::size_t i = 0; i < deltas.size(); ++i) {
      update.Int(deltas[i]);
      totals_.Add(kTotalNames[i], deltas[i]);
    }
    update.Int(site_id);
  });
  site_deltas_.clear();
  FlushCategories();
}

std::vector<schemas::SiteTally> BatchWork::TouchedSites() {
  std::sort(judged_sites_.begin(), judged_sites_.end());
  judged_sites_.erase(std::unique(judged_sites_.begin(), judged_sites_.end()), judged_sites_.end());
  std::vector<schemas::SiteTally> tallies;
  tallies.reserve(judged_sites_.size());
  for (const Id site_id : judged_sites_) {
    Use read(database_, kReadSiteTally);
    if (read.Int(site_id).Step()) tallies.push_back(GetRecord<schemas::SiteTally>(read));
  }
  judged_sites_.clear();
  return tallies;
}

}  // namespace saunter::store::sql
