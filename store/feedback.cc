#include "store/feedback.h"

#include <cmath>
#include <variant>

namespace saunter::store {
namespace {

using schemas::Feedback;
using schemas::FeedbackOutcome;
using schemas::ReportKind;
using schemas::UnixSeconds;

void TakeVote(const Feedback& feedback, schemas::VoteValue value, UnixSeconds now,
              FeedbackRows& rows) {
  const auto source = rows.sources.find(feedback.source_id);
  if (source == rows.sources.end()) return;  // it has gone
  const VoteKey key{
      .source_id = feedback.source_id, .day = DayOf(now), .network = feedback.network};
  if (!rows.votes.insert(key).second) return;
  rows.new_votes.emplace_back(key, value);
  auto& votes = source->second;
  votes = SumsAt(votes, now);
  switch (value) {
    case schemas::VoteValue::kUp:
      votes.ups += 1;
      break;
    case schemas::VoteValue::kDown:
      votes.downs += 1;
      break;
  }
  rows.voted_sources.insert(feedback.source_id);
}

bool IsWithin(const std::optional<UnixSeconds>& at, std::int64_t seconds, UnixSeconds now) {
  return at && now - *at < seconds;
}

void TakeReport(const Feedback& feedback, const schemas::Report& report, UnixSeconds now,
                FeedbackRows& rows) {
  const auto found = rows.links.find(feedback.link_id);
  if (found == rows.links.end()) return;  // it has gone
  auto& link = found->second;
  if (report.kind == ReportKind::kDead) {
    // What readers are not given needs no other look than it has.
    if (link.is_in_pool && !IsWithin(link.checked_at, kFeedbackDayS, now)) {
      rows.to_probe.insert(feedback.link_id);
    }
    return;
  }
  link.networks.insert(feedback.network);
  if (link.open_reports < kOpenReportsMax) {
    ++link.open_reports;
    rows.new_reports.push_back(
        {.link_id = feedback.link_id, .report = &report, .network = feedback.network});
  }
  if (link.is_withheld || std::ssize(link.networks) < kWithholdingNetworks ||
      IsWithin(link.dismissed_at, kDismissedS, now)) {
    return;
  }
  if (rows.withholdings_left <= 0) {
    ++rows.withholdings_over;
    return;
  }
  --rows.withholdings_left;
  link.is_withheld = true;
  link.is_in_pool = false;
  rows.to_withhold.insert(feedback.link_id);
}

}  // namespace

ReceiptKind KindOf(const Feedback& feedback) {
  return std::holds_alternative<schemas::Vote>(feedback.said) ? ReceiptKind::kVote
                                                              : ReceiptKind::kReport;
}

SourceVotes SumsAt(SourceVotes votes, UnixSeconds now) {
  if (now <= votes.summed_at) return votes;
  const auto passed = static_cast<double>(now - votes.summed_at);
  const auto left = std::exp2(-passed / static_cast<double>(kVoteHalfLifeS));
  return {.ups = votes.ups * left, .downs = votes.downs * left, .summed_at = now};
}

void DecideFeedback(const std::vector<Feedback>& feedback, UnixSeconds now, FeedbackRows& rows) {
  rows.outcomes.reserve(feedback.size());
  for (const auto& one : feedback) {
    const ReceiptUse use{.nonce = one.nonce, .kind = KindOf(one)};
    if (!rows.used.insert(use).second) {
      rows.outcomes.push_back(FeedbackOutcome::kUsed);
      continue;
    }
    rows.outcomes.push_back(FeedbackOutcome::kCommitted);
    rows.new_used.push_back(use);
    if (const auto* vote = std::get_if<schemas::Vote>(&one.said)) {
      TakeVote(one, vote->value, now, rows);
    } else if (const auto* report = std::get_if<schemas::Report>(&one.said)) {
      TakeReport(one, *report, now, rows);
    }
  }
}

}  // namespace saunter::store
