#include <algorithm>
#include <utility>
#include <vector>

#include "store/sql/batch_work.h"
#include "store/sql/fields.h"

namespace saunter::store::sql {
namespace {

using schemas::BlacklistEntry;
using schemas::BlacklistSource;
using schemas::ChangeOutcome;
using schemas::Id;

constexpr std::int64_t kWakeS = 86400;

constexpr char kFindPattern[] = "SELECT source, reason FROM blacklist WHERE pattern = ?";
const std::string kPutPattern = "INSERT INTO blacklist (" + Columns<BlacklistEntry>() +
                                ") VALUES (" + Placeholders<BlacklistEntry>() +
                                ") ON CONFLICT (pattern) DO UPDATE SET " +
                                ExcludedAssignments<BlacklistEntry>();
constexpr char kDeletePattern[] = "DELETE FROM blacklist WHERE pattern = ?";

constexpr char kSetSite[] =
    "UPDATE site SET blacklisted_at = ?, blacklisted_until_at = ?, blacklist_pattern = ?, "
    "blacklist_reason = ? WHERE site_id = ?";
constexpr char kRulePatterns[] = "SELECT pattern FROM blacklist WHERE source = 1";
constexpr char kDeleteRulesOfTenants[] =
    "DELETE FROM blacklist WHERE source = 1 AND pattern > ?1 || '/' AND pattern < ?1 || '0'";
constexpr char kSiteState[] = "SELECT blacklisted_at FROM site WHERE site_id = ?";
constexpr char kNoteSitePool[] =
    "INSERT INTO pool_change (link_id) SELECT link_id FROM link WHERE site_id = ? AND link_id IN "
    "(SELECT link_id FROM pool) ORDER BY link_id";
constexpr Worded kEmptySitePool{
    "DELETE FROM pool WHERE link_id IN (SELECT link_id FROM link WHERE site_id = ?)",
    "UPDATE link SET in_pool = 0 WHERE site_id = ? AND in_pool = 1"};
constexpr Worded kFillSitePool{
    "INSERT INTO pool (link_id, site_id, source_id, feed_id, published_at, language, categories) "
    "SELECT link_id, site_id, source_id, feed_id, published_at, language, categories FROM link "
    "WHERE site_id = ? AND blacklisted = 0 AND state IN (0, 1, 2) ON CONFLICT DO NOTHING",
    "UPDATE link SET in_pool = 1 WHERE site_id = ? AND blacklisted = 0 AND state IN (0, 1, 2) AND "
    "in_pool = 0"};

// What was put off while the site was blacklisted has its turn within a day.
constexpr char kWakeLinks[] =
    "UPDATE link SET next_check_at = ?2 + link_id % ?3 WHERE site_id = ?1 AND last_outcome = ?4 "
    "AND next_check_at > ?2 + ?3";
constexpr char kWakeFeeds[] =
    "UPDATE feed SET next_check_at = CASE WHEN coalesce(checked_at, 0) + ?3 > ?2 THEN "
    "coalesce(checked_at, 0) + ?3 ELSE ?2 END, next_check_reason = 'no longer blacklisted' WHERE "
    "site_id = ?1 AND last_outcome = ?4";

constexpr char kParoleSites[] =
    "SELECT s.site_id, s.blacklisted_until_at FROM site s WHERE s.blacklisted_until_at <= ? AND "
    "NOT EXISTS (SELECT 1 FROM link l WHERE l.site_id = s.site_id AND l.on_parole = 1 AND "
    "l.blacklisted = 0) ORDER BY s.blacklisted_until_at, s.site_id LIMIT ?";
// The links are chosen by a hash of their ids, so that old and new ones are among them.
constexpr char kDrawParole[] =
    "UPDATE link SET on_parole = 1, next_check_at = ?2 WHERE link_id IN (SELECT link_id FROM link "
    "WHERE site_id = ?1 AND blacklisted = 0 AND (checked_at IS NULL OR checked_at NOT BETWEEN ?3 "
    "AND "
    "?2) ORDER BY link_id % 1000003 * 2654435761 % 1000003, link_id LIMIT ?4)";
constexpr char kEndParole[] = "UPDATE link SET on_parole = 0 WHERE site_id = ? AND on_parole = 1";

constexpr char kSetLink[] =
    "UPDATE link SET blacklisted = (blacklisted & 2) | ?1 WHERE link_id = ?2 AND (blacklisted & 1) "
    "<> ?1";
constexpr char kWakeLink[] =
    "UPDATE link SET next_check_at = ?2 + link_id % ?3 WHERE link_id = ?1 AND next_check_at > ?2 + "
    "?3";

static_assert(static_cast<int>(schemas::LinkState::kUnchecked) == 0 &&
                  static_cast<int>(schemas::LinkState::kAlive) == 1 &&
                  static_cast<int>(schemas::LinkState::kUnknown) == 2,
              "the states that kFillSitePool takes");

}  // namespace

// An operator's words replace the rule's, below a suffix and of a host's tenants, too; and one that
// blacklists replaces one that allows, but not the other way round: a list that is imported must
// not let in what an operator keeps out.
ChangeOutcome BatchWork::Change(const schemas::AddBlacklist& change) {
  const auto& entry = change.entry;
  const bool is_rule = entry.source == BlacklistSource::kRule;
  bool is_named = false;  // by an operator or an import
  if (Use find(database_, kFindPattern); find.Text(entry.pattern).Step()) {
    const auto source = static_cast<BlacklistSource>(find.GetInt(0));
    is_named = source != BlacklistSource::kRule;
    if (source == entry.source && is_named && find.GetText(1) == entry.reason) {
      WantPattern(entry.pattern, change.import_key);
      return ChangeOutcome::kAlreadyKnown;
    }
    if (source == BlacklistSource::kOperator && entry.source != BlacklistSource::kOperator) {
      return ChangeOutcome::kBlacklisted;
    }
  }
  if (!is_rule) {
    if (is_named) {
      WantPattern(entry.pattern, change.import_key);
    } else {
      NoteAddedPattern(entry.pattern, change.import_key);
    }
    if (entry.pattern.starts_with("*.")) {
      DeleteRulesUnder(entry.pattern.substr(2));
    } else {
      Use(database_, kDeleteRulesOfTenants).Text(entry.pattern).Run();
    }
  }
  if (is_rule) rules_below_.reset();
  has_changed_blacklist_ = true;
  Use put(database_, kPutPattern);
  BindRecord(put, entry).Run();
  return ChangeOutcome::kDone;
}

// A list of many suffixes asks for each of them, so the rule's entries are read once.
void BatchWork::DeleteRulesUnder(const std::string& domain) {
  if (!rules_below_) {
    rules_below_.emplace();
    Use list(database_, kRulePatterns);
    while (list.Step()) {
      const auto pattern = list.GetText(0);
      // The rule's patterns are hosts and tenants of hosts.
      const auto host = pattern.substr(0, pattern.find('/'));
      rules_below_->emplace(host, pattern);
      for (auto dot = host.find('.'); dot != std::string::npos; dot = host.find('.', dot + 1)) {
        rules_below_->emplace(host.substr(dot + 1), pattern);
      }
    }
  }
  const auto [begin, end] = rules_below_->equal_range(domain);
  for (auto rule = begin; rule != end; ++rule) {
    Use(database_, kDeletePattern).Text(rule->second).Run();
  }
  rules_below_->erase(domain);
}

ChangeOutcome BatchWork::Change(const schemas::RemoveBlacklist& change) {
  if (change.import_id != 0 && !IsForImportAlone(change.pattern, change.import_id)) {
    return ChangeOutcome::kWanted;
  }
  Use(database_, kDeletePattern).Text(change.pattern).Run();
  if (database_.Changes() == 0) return ChangeOutcome::kNotFound;
  has_changed_blacklist_ = true;
  ForgetWantsOfPattern(change.pattern);
  return ChangeOutcome::kDone;
}

void BatchWork::SetSiteBlacklisting(const SiteBlacklisting& blacklisting) {
  const Id site_id = blacklisting.site_id;
  std::optional<schemas::UnixSeconds> since_at;
  if (Use find(database_, kSiteState); find.Int(site_id).Step()) {
    since_at = find.GetOptionalInt(0);
  }
  const bool was_blacklisted = since_at.has_value();
  connection_.caches().names.sites.clear();
  const BlacklistEntry none;
  const auto& entry = blacklisting.entry ? *blacklisting.entry : none;
  const bool blacklisted = blacklisting.entry.has_value();
  // There is no parole from an operator's word.
  const bool may_return = entry.source == BlacklistSource::kRule;
  Use(database_, kSetSite)
      .OptionalInt(blacklisted ? std::optional(std::min(since_at.value_or(now_), now_))
                               : std::nullopt)
      .OptionalInt(may_return ? entry.until_at : std::nullopt)
      .TextOrNull(entry.pattern)
      .TextOrNull(entry.reason)
      .Int(site_id)
      .Run();
  Use(database_, kEndParole).Int(site_id).Run();
  if (blacklisted == was_blacklisted) return;
  totals_.Add("sites_blacklisted", blacklisted ? 1 : -1);
  if (blacklisted) {
    Use(database_, kNoteSitePool).Int(site_id).Run();
    Use(database_, kEmptySitePool).Int(site_id).Run();
    totals_.Add("links_in_pool", -database_.Changes());
  } else {
    Use(database_, kFillSitePool).Int(site_id).Run();
    totals_.Add("links_in_pool", database_.Changes());
    Use(database_, kNoteSitePool).Int(site_id).Run();
    const auto skipped = static_cast<int>(schemas::FetchOutcome::kBlacklisted);
    Use(database_, kWakeLinks).Int(site_id).Int(now_).Int(kWakeS).Int(skipped).Run();
    WakeFeeds(site_id);
  }
}

void BatchWork::WakeFeeds(Id site_id) {
  const auto skipped = static_cast<int>(schemas::FetchOutcome::kBlacklisted);
  Use(database_, kWakeFeeds).Int(site_id).Int(now_).Int(kWakeS).Int(skipped).Run();
}

std::vector<schemas::SiteTally> BatchWork::DrawParole(const ParoleDraw& draw) {
  std::vector<std::pair<Id, schemas::UnixSeconds>> sites;
  {
    Use list(database_, kParoleSites);
    list.Int(now_).Int(draw.sites_max);
    while (list.Step()) sites.emplace_back(list.GetInt(0), list.GetInt(1));
  }
  for (const auto& [site_id, since_at] : sites) {
    const auto probed = CountProbedSince(site_id, since_at).links_checked;
    Use(database_, kDrawParole)
        .Int(site_id)
        .Int(now_)
        .Int(since_at)
        .Int(std::max<std::int64_t>(0, draw.links_max - probed))
        .Run();
    if (database_.Changes() == 0) judged_sites_.push_back(site_id);
  }
  FlushSites();
  return TouchedSites();
}

void BatchWork::SetLinkBlacklisting(const LinkBlacklisting& blacklisting) {
  const int wanted = blacklisting.blacklisted ? 1 : 0;
  Use(database_, kSetLink).Int(wanted).Int(blacklisting.link_id).Run();
  if (database_.Changes() == 0) return;
  if (blacklisting.blacklisted) {
    TakeOutOfPool(blacklisting.link_id);
    return;
  }
  Use(database_, kWakeLink).Int(blacklisting.link_id).Int(now_).Int(kWakeS).Run();
  PutInPoolIfServable(blacklisting.link_id);
}

}  // namespace saunter::store::sql
