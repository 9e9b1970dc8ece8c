// How the commands print: JSON for scripts, text for people, problems on stderr.
//
// Text that others wrote (titles, reasons, notes) is printed without control characters, so that
// nobody can move the operator's cursor, end a line or turn its direction.
//
// Everything that a command prints goes through here: what a full disk or a closed pipe did not
// take is remembered, the command goes on with its work, and EndOutput tells.
//
// Thread safety: one thread. Errors: see EndOutput.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "schemas/fields.h"
#include "schemas/units.h"

namespace saunter::crawler::cli {

using Json = nlohmann::ordered_json;

// One object and a line break; bad UTF-8 becomes U+FFFD.
enum class JsonStyle { kCompact, kPretty };
void PrintJson(const Json& json, JsonStyle style);

// An array within one object, {"NAME":[…]}, printed row by row so that it may have any length.
class JsonRows {
 public:
  explicit JsonRows(std::string_view name);
  void Print(const Json& row);
  void End();

 private:
  bool first_ = true;
};

// Puts something that takes nothing in the place of standard streams that are closed. Without that
// the next file that is opened, the database say, would get what is printed.
void KeepStreamsOpen();
// Ends standard output; nothing can be printed after it but problems. Returns what is wrong with
// what was printed, if anything.
[[nodiscard]] std::optional<std::string> EndOutput();
// Whether stderr has not taken all that PrintProblem gave it.
[[nodiscard]] bool ProblemsWereLost();

void PrintText(std::string_view text);
void PrintLine(std::string_view text);
// "  name             value"; nothing if the value is empty.
void PrintField(std::string_view name, std::string_view value);
// On stderr as it is, of any number of lines.
void PrintExplanation(std::string_view text);
// "saunter: …" on stderr.
void PrintProblem(std::string_view text);

[[nodiscard]] std::string Printable(std::string_view text);
// As a shell takes it for one word, for a command that is shown.
[[nodiscard]] std::string ShellWord(std::string_view text);
[[nodiscard]] std::string_view YesOrNo(bool value);

// "2026-11-22 17:05:09 UTC (3 min ago)", "never" if absent.
[[nodiscard]] std::string HumanTime(std::optional<schemas::UnixSeconds> at,
                                    schemas::UnixSeconds now);
// "45 s", "3 min", "5 h", "12 days"
[[nodiscard]] std::string HumanDuration(std::int64_t seconds);
// "812 bytes", "12.3 KiB"
[[nodiscard]] std::string HumanBytes(std::int64_t bytes);

[[nodiscard]] schemas::UnixSeconds Now();

// An absent value is null in JSON, and so is an empty text.
template <typename T>
[[nodiscard]] Json OrNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}
[[nodiscard]] inline Json OrNull(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

// What a field of a record is in JSON: an enum its name, an absent value null.
template <typename Field>
[[nodiscard]] Json FieldJson(const Field& field,
                             schemas::Presence presence = schemas::Presence::kOptional) {
  if constexpr (std::is_same_v<Field, std::string>) {
    return presence == schemas::Presence::kAlways ? Json(field) : OrNull(field);
  } else if constexpr (std::is_enum_v<Field>) {
    return ToString(field);
  } else if constexpr (requires { field.has_value(); }) {
    return field ? FieldJson(*field) : Json(nullptr);
  } else {
    return field;
  }
}

// An object of all fields of a record.
template <typename Record>
[[nodiscard]] Json ToJson(const Record& record) {
  auto json = Json::object();
  VisitFields(record, [&](std::string_view name, const auto& field, auto... presence) {
    json[std::string(name)] = FieldJson(field, presence...);
  });
  return json;
}

// A bar on stderr that redraws itself; nothing at all if stderr is not a terminal.
class Progress {
 public:
  explicit Progress(std::string what);
  ~Progress();  // wipes it
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  // `total` is 0 where it is not known.
  void Show(std::int64_t done, std::int64_t total);
  void Wipe();
  // Whether a bar is drawn at all.
  [[nodiscard]] static bool IsDrawn();

 private:
  const std::string what_;
  const bool on_;
  bool drawn_ = false;
  int last_percent_ = -1;
};

}  // namespace saunter::crawler::cli
