#include "crawler/cli/print.h"

#include <fcntl.h>
#include <spdlog/fmt/chrono.h>
#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <system_error>

#include "schemas/text.h"

namespace saunter::crawler::cli {
namespace {

std::string Dump(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

// How many bytes at the beginning of a text are a character that a terminal obeys: a control or,
// of U+2028 to U+202E and U+2066 to U+2069, one that ends the line or turns its direction. 0: none.
std::size_t ControlBytes(std::string_view text) {
  const auto at = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
  };
  if (at(0) < 0x20 || at(0) == 0x7f) return 1;
  if (at(0) == 0xc2 && at(1) >= 0x80 && at(1) < 0xa0) return 2;
  if (at(0) != 0xe2) return 0;
  const bool of_lines = at(1) == 0x80 && at(2) >= 0xa8 && at(2) <= 0xae;
  const bool of_pieces = at(1) == 0x81 && at(2) >= 0xa6 && at(2) <= 0xa9;
  return of_lines || of_pieces ? 3 : 0;
}

// What the first failed write to each stream failed with; 0: none has. Streams are the process's,
// and so is this.
int output_error = 0;
int problem_error = 0;

void Write(std::FILE* stream, std::string_view text, int& error) {
  if (std::fwrite(text.data(), 1, text.size(), stream) == text.size() || error != 0) return;
  error = errno;
}

}  // namespace

void KeepStreamsOpen() {
  const auto is_closed = [](int descriptor) {
    return fcntl(descriptor, F_GETFD) < 0 && errno == EBADF;
  };
  // The lowest free number is given out, so what is opened here takes the place of what is missing.
  // It is opened the wrong way round: what was closed must not look as if it took what it is given.
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (!is_closed(descriptor)) continue;
    const int opened = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    if (opened < 0) return;
  }
}

std::optional<std::string> EndOutput() {
  // A file on another machine may say only now that it has no room.
  if (std::fclose(stdout) != 0 && output_error == 0) output_error = errno;
  if (output_error == 0) return std::nullopt;
  return "what was to be printed could not be written whole: " +
         std::generic_category().message(output_error);
}

bool ProblemsWereLost() { return problem_error != 0; }

void PrintText(std::string_view text) { Write(stdout, text, output_error); }

void PrintJson(const Json& json, JsonStyle style) {
  PrintText(Dump(json, style == JsonStyle::kPretty ? 2 : -1));
  PrintText("\n");
}

JsonRows::JsonRows(std::string_view name) { PrintText("{\"" + std::string(name) + "\":["); }

void JsonRows::Print(const Json& row) {
  PrintText(first_ ? "\n" : ",\n");
  PrintText(Dump(row, -1));
  first_ = false;
}

void JsonRows::End() { PrintText("\n]}\n"); }

void PrintLine(std::string_view text) {
  PrintText(text);
  PrintText("\n");
}

void PrintField(std::string_view name, std::string_view value) {
  if (!value.empty()) PrintLine(fmt::format("  {:<16} {}", name, Printable(value)));
}

void PrintExplanation(std::string_view text) { Write(stderr, text, problem_error); }

void PrintProblem(std::string_view text) {
  const auto line = "saunter: " + Printable(text) + "\n";
  Write(stderr, line, problem_error);
}

std::string Printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto bytes = ControlBytes(text);
    out.push_back(bytes > 0 ? ' ' : text.front());
    text.remove_prefix(std::max<std::size_t>(1, bytes));
  }
  return out;
}

std::string ShellWord(std::string_view text) {
  const bool is_plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return schemas::IsUnreserved(c) || c == '/' || c == ':';
  });
  if (is_plain && !text.starts_with('~')) return std::string(text);
  std::string word = "'";
  for (const char c : Printable(text)) {
    if (c == '\'') word += "'\\'";
    word.push_back(c);
  }
  return word + "'";
}

std::string_view YesOrNo(bool value) { return value ? "yes" : "no"; }

std::string HumanTime(std::optional<schemas::UnixSeconds> at, schemas::UnixSeconds now) {
  if (!at) return "never";
  constexpr schemas::UnixSeconds kYear9999 = 253402300799;
  if (*at < 0 || *at > kYear9999) return std::to_string(*at);
  const auto day = fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(static_cast<time_t>(*at)));
  if (*at > now) return day + " (in " + HumanDuration(*at - now) + ")";
  return day + " (" + HumanDuration(now - *at) + " ago)";
}

std::string HumanDuration(std::int64_t seconds) {
  constexpr std::int64_t kMinute = 60;
  constexpr std::int64_t kHour = 60 * kMinute;
  constexpr std::int64_t kDay = 24 * kHour;
  if (seconds < 2 * kMinute) return fmt::format("{} s", seconds);
  if (seconds < 2 * kHour) return fmt::format("{} min", seconds / kMinute);
  if (seconds < 2 * kDay) return fmt::format("{} h", seconds / kHour);
  return fmt::format("{} days", seconds / kDay);
}

std::string HumanBytes(std::int64_t bytes) {
  constexpr std::array<std::string_view, 4> kUnits = {"KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024) return fmt::format("{} bytes", bytes);
  auto value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

schemas::UnixSeconds Now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

Progress::Progress(std::string what) : what_(std::move(what)), on_(IsDrawn()) {}

bool Progress::IsDrawn() { return isatty(STDERR_FILENO) == 1; }

Progress::~Progress() { Wipe(); }

void Progress::Show(std::int64_t done, std::int64_t total) {
  if (!on_) return;
  constexpr int kWidth = 40;
  const int percent = total > 0 ? static_cast<int>(done * 100 / total) : static_cast<int>(done);
  if (percent == last_percent_) return;
  last_percent_ = percent;
  drawn_ = true;
  if (total > 0) {
    const auto filled = static_cast<std::size_t>(percent * kWidth / 100);
    fmt::print(stderr, "\r{} [{:<{}}] {} %", what_, std::string(filled, '#'), kWidth, percent);
  } else {
    fmt::print(stderr, "\r{} {}", what_, done);
  }
  std::fflush(stderr);
}

void Progress::Wipe() {
  if (!drawn_) return;
  std::fputs("\r\033[K", stderr);
  drawn_ = false;
  last_percent_ = -1;
}

}  // namespace saunter::crawler::cli
