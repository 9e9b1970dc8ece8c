#include "store/inbox/wire.h"

#include <cassert>
#include <variant>

namespace saunter::store::inbox {
namespace {

using schemas::Report;
using schemas::ReportKind;
using schemas::Vote;
using schemas::VoteValue;

constexpr std::uint8_t kWireVersion = 1;
constexpr std::uint8_t kVoteFrame = 0;
constexpr std::uint8_t kReportFrame = 1;
constexpr std::size_t kRequestHeadBytes = 51;
constexpr std::size_t kAnswerBytes = 10;
constexpr std::size_t kBytesOfCodePointMax = 4;
static_assert(kRequestHeadBytes + schemas::kNoteCodePointsMax * kBytesOfCodePointMax <=
              kFrameBytesMax);

void Put(std::string& frame, std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) frame.push_back(static_cast<char>(value >> (8 * i)));
}

std::uint64_t Take(std::string_view& rest, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) {
    value |= std::uint64_t{static_cast<unsigned char>(rest[i])} << (8 * i);
  }
  rest.remove_prefix(size);
  return value;
}

// What a vote or a report says; nullopt: there is no such word.
std::optional<std::variant<Vote, Report>> ReadSaid(std::uint64_t kind, std::uint64_t value,
                                                   std::string_view note) {
  if (kind == kVoteFrame) {
    if (value > static_cast<std::uint64_t>(VoteValue::kDown) || !note.empty()) return std::nullopt;
    return Vote{static_cast<VoteValue>(value)};
  }
  if (kind != kReportFrame || value > static_cast<std::uint64_t>(ReportKind::kOther) ||
      !schemas::IsNote(note)) {
    return std::nullopt;
  }
  return Report{static_cast<ReportKind>(value), std::string(note)};
}

bool IsOfALink(const schemas::Feedback& feedback) {
  return feedback.link_id > 0 && feedback.source_id > 0 && feedback.given_at >= 0;
}

}  // namespace

std::string InboxPath(const std::string& database_path) { return database_path + ".inbox"; }

std::string EncodeRequest(const Request& request) {
  const auto& feedback = request.feedback;
  assert(IsOfALink(feedback));
  const auto* const vote = std::get_if<Vote>(&feedback.said);
  const auto* const report = std::get_if<Report>(&feedback.said);
  assert(report == nullptr || schemas::IsNote(report->note));
  std::string frame;
  Put(frame, kWireVersion, 1);
  Put(frame, vote != nullptr ? kVoteFrame : kReportFrame, 1);
  Put(frame, request.sequence, 8);
  Put(frame, static_cast<std::uint64_t>(feedback.link_id), 8);
  Put(frame, static_cast<std::uint64_t>(feedback.source_id), 8);
  Put(frame, static_cast<std::uint64_t>(feedback.given_at), 8);
  Put(frame, feedback.nonce, 8);
  Put(frame, feedback.network, 8);
  if (vote != nullptr) Put(frame, static_cast<std::uint64_t>(vote->value), 1);
  if (report != nullptr) {
    Put(frame, static_cast<std::uint64_t>(report->kind), 1);
    frame.append(report->note);
  }
  return frame;
}

std::optional<Request> DecodeRequest(std::string_view frame) {
  if (frame.size() < kRequestHeadBytes || frame.size() > kFrameBytesMax) return std::nullopt;
  if (Take(frame, 1) != kWireVersion) return std::nullopt;
  const auto kind = Take(frame, 1);
  Request request;
  auto& feedback = request.feedback;
  request.sequence = Take(frame, 8);
  feedback.link_id = static_cast<schemas::Id>(Take(frame, 8));
  feedback.source_id = static_cast<schemas::Id>(Take(frame, 8));
  feedback.given_at = static_cast<schemas::UnixSeconds>(Take(frame, 8));
  feedback.nonce = Take(frame, 8);
  feedback.network = Take(frame, 8);
  const auto value = Take(frame, 1);
  auto said = ReadSaid(kind, value, frame);
  if (!said || !IsOfALink(feedback)) return std::nullopt;
  feedback.said = std::move(*said);
  return request;
}

std::string EncodeAnswer(const Answer& answer) {
  std::string frame;
  Put(frame, kWireVersion, 1);
  Put(frame, answer.sequence, 8);
  Put(frame, static_cast<std::uint64_t>(answer.outcome), 1);
  return frame;
}

std::optional<Answer> DecodeAnswer(std::string_view frame) {
  if (frame.size() != kAnswerBytes || Take(frame, 1) != kWireVersion) return std::nullopt;
  Answer answer;
  answer.sequence = Take(frame, 8);
  const auto outcome = Take(frame, 1);
  if (outcome > static_cast<std::uint64_t>(AnswerOutcome::kFull)) return std::nullopt;
  answer.outcome = static_cast<AnswerOutcome>(outcome);
  return answer;
}

}  // namespace saunter::store::inbox
