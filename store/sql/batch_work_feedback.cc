// Votes and reports of readers, the weights that follow from votes, and what is kept of both.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "store/sql/batch_work.h"
#include "store/sql/stored_url.h"
#include "store/weights.h"

namespace saunter::store::sql {
namespace {

using schemas::Id;

// The longest that a receipt is good for, and a day for clocks that differ.
constexpr std::int64_t kReceiptS = 8 * kFeedbackDayS;
constexpr std::int64_t kNetworkS = 7 * kFeedbackDayS;
constexpr std::int64_t kDecidedReportS = 180 * kFeedbackDayS;
// Of a kind, in one batch.
constexpr std::int64_t kPrunedMax = 2000;
// A link that is overdue for so long comes before all others.
constexpr std::int64_t kFirstOfAllS = 30 * kFeedbackDayS;
// Sums that are no vote any more.
constexpr double kForgottenVotes = 0.1;

constexpr char kFindUsed[] = "SELECT 1 FROM receipt_used WHERE nonce = ? AND kind = ?";
constexpr char kPutUsed[] = "INSERT INTO receipt_used (nonce, kind, used_at) VALUES (?, ?, ?)";
constexpr char kFindVote[] = "SELECT 1 FROM vote WHERE source_id = ? AND day = ? AND network = ?";
constexpr char kPutVote[] = "INSERT INTO vote (source_id, day, network, value) VALUES (?, ?, ?, ?)";
constexpr char kFindSource[] =
    "SELECT coalesce(v.ups, 0.0), coalesce(v.downs, 0.0), coalesce(v.summed_at, 0) FROM site s "
    "LEFT JOIN source_votes v ON v.source_id = s.site_id WHERE s.site_id = ?";
constexpr char kPutSums[] =
    "INSERT INTO source_votes (source_id, ups, downs, summed_at) VALUES (?, ?, ?, ?) ON CONFLICT "
    "(source_id) DO UPDATE SET ups = excluded.ups, downs = excluded.downs, summed_at = "
    "excluded.summed_at";

const auto kFindReportedLink = WordedBy([](Engine engine) {
  return "SELECT " + UrlOfLink(engine) +
         ", CASE WHEN EXISTS (SELECT 1 FROM pool p WHERE p.link_id = l.link_id) THEN 1 ELSE 0 END, "
         "l.blacklisted & 2, l.checked_at, (SELECT max(decided_at) FROM report r WHERE r.link_id = "
         "l.link_id AND r.decision = 0), (SELECT count(*) FROM report r WHERE r.link_id = "
         "l.link_id AND r.decided_at IS NULL) FROM link l JOIN site s USING (site_id) WHERE "
         "l.link_id = ?";
});
constexpr char kFindNetworks[] =
    "SELECT network FROM report WHERE link_id = ?1 AND reported_at BETWEEN ?2 AND ?3 AND "
    "decided_at IS NULL AND network IS NOT NULL";
constexpr char kCountWithheld[] = "SELECT count(*) FROM link WHERE blacklisted >= 2";
constexpr char kPutReport[] =
    "INSERT INTO report (link_id, url, kind, note, network, reported_at) VALUES (?, ?, ?, ?, ?, ?)";
constexpr char kProbeFirst[] =
    "UPDATE link SET next_check_at = ?2 WHERE link_id = ?1 AND next_check_at > ?2 AND blacklisted "
    "= 0";
constexpr char kWithhold[] =
    "UPDATE link SET blacklisted = blacklisted | 2 WHERE link_id = ? AND blacklisted & 2 = 0";
constexpr char kGiveBack[] =
    "UPDATE link SET blacklisted = blacklisted & 1 WHERE link_id = ? AND blacklisted & 2 <> 0";
constexpr char kDecideReports[] =
    "UPDATE report SET decision = ?, decided_at = ?, network = NULL WHERE link_id = ? AND "
    "decided_at IS NULL";

constexpr char kLastWeek[] = "SELECT max(week) FROM weight_week";
constexpr char kForgetLaterWeeks[] = "DELETE FROM weight_week WHERE week > ?";
constexpr char kForgetLaterWeights[] = "DELETE FROM source_weight WHERE week > ?";
constexpr char kForgetWeeks[] = "DELETE FROM weight_week WHERE week <= ?";
constexpr char kForgetWeights[] = "DELETE FROM source_weight WHERE week <= ?";
constexpr char kPutWeek[] = "INSERT INTO weight_week (week, decided_at) VALUES (?, ?)";
constexpr char kWeightsOf[] = "SELECT source_id, weight FROM source_weight WHERE week = ?";
constexpr char kPutWeight[] =
    "INSERT INTO source_weight (week, source_id, weight) VALUES (?, ?, ?)";
constexpr char kAllSums[] = "SELECT source_id, ups, downs, summed_at FROM source_votes";
constexpr char kForgetSums[] = "DELETE FROM source_votes WHERE source_id = ?";

// What a clock that was ahead wrote goes, too.
constexpr char kOldUsed[] =
    "SELECT nonce, kind FROM receipt_used WHERE used_at < ? UNION ALL SELECT nonce, kind FROM "
    "receipt_used WHERE used_at > ? LIMIT ?";
constexpr char kForgetUsed[] = "DELETE FROM receipt_used WHERE nonce = ? AND kind = ?";
constexpr char kOldVotes[] =
    "SELECT source_id, day, network FROM vote WHERE day < ? UNION ALL SELECT source_id, day, "
    "network FROM vote WHERE day > ? LIMIT ?";
constexpr char kForgetVote[] = "DELETE FROM vote WHERE source_id = ? AND day = ? AND network = ?";
constexpr char kForgetNetworks[] =
    "UPDATE report SET network = NULL WHERE report_id IN (SELECT report_id FROM report WHERE "
    "reported_at < ? AND network IS NOT NULL UNION ALL SELECT report_id FROM report WHERE "
    "reported_at > ? AND network IS NOT NULL LIMIT ?)";
constexpr char kPruneDecided[] =
    "DELETE FROM report WHERE report_id IN (SELECT report_id FROM report WHERE decided_at < ? "
    "LIMIT ?)";
constexpr char kCountReports[] = "SELECT count(*) FROM report";
// Those that were decided go first, and those of links that are withheld last.
constexpr char kPruneReports[] =
    "DELETE FROM report WHERE report_id IN (SELECT r.report_id FROM report r ORDER BY r.decided_at "
    "IS NULL, EXISTS (SELECT 1 FROM link l WHERE l.link_id = r.link_id AND l.blacklisted >= 2), "
    "r.reported_at, r.report_id LIMIT ?)";

static_assert(static_cast<int>(schemas::ReportDecision::kDismissed) == 0,
              "the decision in the statements above");

// The engines have no unsigned integers.
std::int64_t Stored(std::uint64_t value) { return static_cast<std::int64_t>(value); }

}  // namespace

std::vector<schemas::FeedbackOutcome> BatchWork::WriteFeedback(
    const std::vector<schemas::Feedback>& feedback) {
  if (feedback.empty()) return {};
  FeedbackRows rows;
  ReadFeedback(feedback, rows);
  DecideFeedback(feedback, now_, rows);
  std::sort(rows.new_used.begin(), rows.new_used.end());
  for (const auto& use : rows.new_used) {
    Use(database_, kPutUsed).Int(Stored(use.nonce)).Int(static_cast<int>(use.kind)).Int(now_).Run();
  }
  std::sort(rows.new_votes.begin(), rows.new_votes.end());
  for (const auto& [key, value] : rows.new_votes) {
    Use put(database_, kPutVote);
    put.Int(key.source_id).Int(key.day).Int(Stored(key.network)).Int(static_cast<int>(value)).Run();
  }
  for (const Id source_id : rows.voted_sources) {
    const auto& votes = rows.sources.at(source_id);
    Use put(database_, kPutSums);
    put.Int(source_id).Real(votes.ups).Real(votes.downs).Int(votes.summed_at).Run();
  }
  totals_.Add("votes", std::ssize(rows.new_votes));
  WriteReports(rows);
  return std::move(rows.outcomes);
}

void BatchWork::ReadFeedback(const std::vector<schemas::Feedback>& feedback, FeedbackRows& rows) {
  std::set<ReceiptUse> uses;
  std::set<VoteKey> votes;
  std::set<Id> links;
  for (const auto& one : feedback) {
    uses.insert({.nonce = one.nonce, .kind = KindOf(one)});
    if (KindOf(one) == ReceiptKind::kReport) links.insert(one.link_id);
    if (KindOf(one) != ReceiptKind::kVote) continue;
    votes.insert({.source_id = one.source_id, .day = DayOf(now_), .network = one.network});
  }
  FindEach(
      database_, kFindUsed, uses,
      [](Use& find, const ReceiptUse& use) {
        find.Int(Stored(use.nonce)).Int(static_cast<int>(use.kind));
      },
      [&](Use&, const ReceiptUse& use) { rows.used.insert(use); });
  FindEach(
      database_, kFindVote, votes,
      [](Use& find, const VoteKey& key) {
        find.Int(key.source_id).Int(key.day).Int(Stored(key.network));
      },
      [&](Use&, const VoteKey& key) { rows.votes.insert(key); });
  std::set<Id> sources;
  for (const auto& key : votes) sources.insert(key.source_id);
  FindEach(
      database_, kFindSource, sources, [](Use& find, Id source_id) { find.Int(source_id); },
      [&](Use& row, Id source_id) {
        rows.sources[source_id] = {
            .ups = row.GetReal(0), .downs = row.GetReal(1), .summed_at = row.GetInt(2)};
      });
  if (links.empty()) return;
  ReadReportedLinks(links, rows);
  Use count(database_, kCountWithheld);
  const auto withheld = count.Step() ? count.GetInt(0) : 0;
  rows.withholdings_left = connection_.settings().withheld_links_max - withheld;
}

void BatchWork::ReadReportedLinks(const std::set<Id>& link_ids, FeedbackRows& rows) {
  FindEach(
      database_, kFindReportedLink, link_ids, [](Use& find, Id link_id) { find.Int(link_id); },
      [&](Use& row, Id link_id) {
        rows.links[link_id] = {.url = row.GetText(0),
                               .is_in_pool = row.GetInt(1) != 0,
                               .is_withheld = row.GetInt(2) != 0,
                               .checked_at = row.GetOptionalInt(3),
                               .dismissed_at = row.GetOptionalInt(4),
                               .networks = {},
                               .open_reports = row.GetInt(5)};
      });
  ReadEach(
      database_, kFindNetworks, rows.links,
      [&](Use& find, const auto& link) {
        find.Int(link.first).Int(DayOf(now_) * kFeedbackDayS).Int(now_);
      },
      [](Use& row, auto& link) {
        link.second.networks.insert(static_cast<std::uint64_t>(row.GetInt(0)));
      });
}

void BatchWork::WriteReports(const FeedbackRows& rows) {
  for (const auto& report : rows.new_reports) {
    Use put(database_, kPutReport);
    put.Int(report.link_id).Text(rows.links.at(report.link_id).url);
    put.Int(static_cast<int>(report.report->kind)).TextOrNull(report.report->note);
    put.Int(Stored(report.network)).Int(now_).Run();
  }
  totals_.Add("reports", std::ssize(rows.new_reports));
  for (const Id link_id : rows.to_probe) {
    Use(database_, kProbeFirst).Int(link_id).Int(now_ - kFirstOfAllS).Run();
  }
  for (const Id link_id : rows.to_withhold) {
    Use(database_, kWithhold).Int(link_id).Run();
    TakeOutOfPool(link_id);
  }
  totals_.Add("withholdings", std::ssize(rows.to_withhold));
  totals_.Add("withholdings_over", rows.withholdings_over);
  if (rows.new_reports.empty()) return;
  Use count(database_, kCountReports);
  const auto reports = count.Step() ? count.GetInt(0) : 0;
  const auto over = reports - connection_.settings().reports_max;
  if (over <= 0) return;
  Use(database_, kPruneReports).Int(over).Run();
  totals_.Add("reports_over", over);
}

// Upheld: the entry of the blacklist that has the link now is a change of its own.
schemas::ChangeOutcome BatchWork::Change(const schemas::DecideReports& change) {
  Use decide(database_, kDecideReports);
  decide.Int(static_cast<int>(change.decision)).Int(now_).Int(change.link_id).Run();
  const bool had_reports = database_.Changes() > 0;
  Use(database_, kGiveBack).Int(change.link_id).Run();
  const bool was_withheld = database_.Changes() > 0;
  if (!had_reports && !was_withheld) return schemas::ChangeOutcome::kNotFound;
  if (was_withheld) PutInPoolIfServable(change.link_id);
  return schemas::ChangeOutcome::kDone;
}

void BatchWork::DecideWeights() {
  const auto week = WeekOf(now_);
  auto& decided = connection_.caches().weight_week;
  if (decided == week) return;
  // A clock that was ahead decided weeks that have not come.
  Use(database_, kForgetLaterWeeks).Int(week).Run();
  Use(database_, kForgetLaterWeights).Int(week).Run();
  Use last(database_, kLastWeek);
  const auto before_week = last.Step() ? last.GetOptionalInt(0) : std::nullopt;
  decided = week;
  if (before_week == week) return;
  std::map<Id, SourceWeight> before;
  if (before_week) {
    Use list(database_, kWeightsOf);
    list.Int(*before_week);
    while (list.Step()) before[list.GetInt(0)] = static_cast<SourceWeight>(list.GetInt(1));
  }
  std::map<Id, SourceWeight> after;
  // Of those whose votes are forgotten.
  for (const auto& [source_id, weight] : before) after[source_id] = NextWeight(weight, 0, 0);
  std::vector<Id> forgotten;
  {
    Use list(database_, kAllSums);
    while (list.Step()) {
      const Id source_id = list.GetInt(0);
      const auto votes = SumsAt(
          {.ups = list.GetReal(1), .downs = list.GetReal(2), .summed_at = list.GetInt(3)}, now_);
      const auto known = before.find(source_id);
      const auto weight = known == before.end() ? SourceWeight::kOne : known->second;
      after[source_id] = NextWeight(weight, votes.ups, votes.downs);
      if (votes.ups + votes.downs < kForgottenVotes) forgotten.push_back(source_id);
    }
  }
  for (const Id source_id : forgotten) Use(database_, kForgetSums).Int(source_id).Run();
  for (const auto& [source_id, weight] : after) {
    if (weight == SourceWeight::kOne) continue;
    Use(database_, kPutWeight).Int(week).Int(source_id).Int(static_cast<int>(weight)).Run();
  }
  Use(database_, kPutWeek).Int(week).Int(now_).Run();
  Use(database_, kForgetWeeks).Int(week - kWeightWeeksKept).Run();
  Use(database_, kForgetWeights).Int(week - kWeightWeeksKept).Run();
}

std::vector<ReceiptUse> BatchWork::OldUses() {
  std::vector<ReceiptUse> uses;
  Use list(database_, kOldUsed);
  list.Int(now_ - kReceiptS).Int(now_ + kReceiptS).Int(kPrunedMax);
  while (list.Step()) {
    uses.push_back({.nonce = static_cast<std::uint64_t>(list.GetInt(0)),
                    .kind = static_cast<ReceiptKind>(list.GetInt(1))});
  }
  return uses;
}

std::vector<VoteKey> BatchWork::OldVotes() {
  constexpr std::int64_t kDays = kNetworkS / kFeedbackDayS;
  std::vector<VoteKey> votes;
  Use list(database_, kOldVotes);
  list.Int(DayOf(now_) - kDays).Int(DayOf(now_) + kDays).Int(kPrunedMax);
  while (list.Step()) {
    votes.push_back({.source_id = list.GetInt(0),
                     .day = list.GetInt(1),
                     .network = static_cast<std::uint64_t>(list.GetInt(2))});
  }
  return votes;
}

void BatchWork::PruneFeedback() {
  // SQLite would look for rows of several columns among all that there are, so each goes by its
  // key.
  for (const auto& use : OldUses()) {
    Use(database_, kForgetUsed).Int(Stored(use.nonce)).Int(static_cast<int>(use.kind)).Run();
  }
  for (const auto& vote : OldVotes()) {
    Use(database_, kForgetVote).Int(vote.source_id).Int(vote.day).Int(Stored(vote.network)).Run();
  }
  Use(database_, kForgetNetworks).Int(now_ - kNetworkS).Int(now_ + kNetworkS).Int(kPrunedMax).Run();
  Use(database_, kPruneDecided).Int(now_ - kDecidedReportS).Int(kPrunedMax).Run();
}

}  // namespace saunter::store::sql
