#include "schemas/feedback.h"

#include "schemas/text.h"

namespace saunter::schemas {
namespace {

constexpr VoteValue kVoteValues[] = {VoteValue::kUp, VoteValue::kDown};
constexpr ReportKind kReportKinds[] = {
    ReportKind::kDead,     ReportKind::kSpam,  ReportKind::kAi,   ReportKind::kAdult,
    ReportKind::kLanguage, ReportKind::kTopic, ReportKind::kOther};

template <typename Value, std::size_t size>
std::optional<Value> FindByName(const Value (&values)[size], std::string_view name) {
  for (const auto value : values) {
    if (ToString(value) == name) return value;
  }
  return std::nullopt;
}

}  // namespace

std::string_view ToString(VoteValue value) {
  switch (value) {
    case VoteValue::kUp:
      return "up";
    case VoteValue::kDown:
      return "down";
  }
  return "invalid";
}

std::optional<VoteValue> FindVoteValue(std::string_view name) {
  return FindByName(kVoteValues, name);
}

std::string_view ToString(ReportKind kind) {
  switch (kind) {
    case ReportKind::kDead:
      return "dead";
    case ReportKind::kSpam:
      return "spam";
    case ReportKind::kAi:
      return "ai";
    case ReportKind::kAdult:
      return "adult";
    case ReportKind::kLanguage:
      return "language";
    case ReportKind::kTopic:
      return "topic";
    case ReportKind::kOther:
      return "other";
  }
  return "invalid";
}

std::optional<ReportKind> FindReportKind(std::string_view name) {
  return FindByName(kReportKinds, name);
}

std::string_view ToString(ReportDecision decision) {
  switch (decision) {
    case ReportDecision::kDismissed:
      return "dismissed";
    case ReportDecision::kUpheld:
      return "upheld";
  }
  return "invalid";
}

bool IsNote(std::string_view text) {
  if (!IsUtf8(text)) return false;
  std::size_t code_points = 0;
  for (std::size_t at = 0; at < text.size(); ++code_points) {
    const auto c = NextCodePoint(text, at);
    if (c < 0x20 || (c >= 0x7f && c < 0xa0)) return false;
  }
  return code_points <= kNoteCodePointsMax;
}

}  // namespace saunter::schemas
