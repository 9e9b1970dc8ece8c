#include <spdlog/fmt/fmt.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "crawler/cli/commands.h"
#include "crawler/cli/database_commands.h"
#include "crawler/cli/print.h"
#include "schemas/database_url.h"
#include "store/move/move.h"

namespace saunter::crawler::cli {
namespace {

const char* StepName(store::move::MoveStep step) {
  switch (step) {
    case store::move::MoveStep::kCopy:
      return "copying";
    case store::move::MoveStep::kCompare:
      return "comparing";
  }
  return "";
}

// A bar for each step on a terminal; a line for each table elsewhere.
class MoveProgressView {
 public:
  explicit MoveProgressView(OutputFormat output) : output_(output) {}

  void Show(const store::move::MoveProgress& progress) {
    if (step_ != progress.step || table_ != progress.table) EndTable();
    if (!bar_ || step_ != progress.step) bar_.emplace(StepName(progress.step));
    step_ = progress.step;
    table_ = progress.table;
    rows_ = progress.table_rows;
    bar_->Show(progress.rows, progress.rows_total);
  }

  void End() {
    EndTable();
    bar_.reset();
  }

 private:
  void EndTable() {
    if (output_ == OutputFormat::kText && rows_ > 0 && !Progress::IsDrawn()) {
      PrintLine(fmt::format("{} {}: {} rows", StepName(step_), table_, rows_));
    }
    rows_ = 0;
  }

  const OutputFormat output_;
  std::optional<Progress> bar_;
  store::move::MoveStep step_ = store::move::MoveStep::kCopy;
  std::string table_;
  std::int64_t rows_ = 0;
};

std::string Named(const std::string& end) {
  return schemas::IsDatabaseUrl(end) ? schemas::WithoutPassword(end) : end;
}

std::string Describe(const store::move::MoveDifference& difference) {
  if (difference.column.empty()) {
    return fmt::format("{}, row {}: {} in the source, {} in the copy", difference.table,
                       Printable(difference.key), difference.source, difference.copy);
  }
  return fmt::format("{}, row {}: {} is '{}' in the source and '{}' in the copy", difference.table,
                     Printable(difference.key), difference.column, Printable(difference.source),
                     Printable(difference.copy));
}

// What names the copy from now on.
std::string SettingOf(const std::string& to) {
  if (schemas::IsDatabaseUrl(to)) return "url = \"" + Named(to) + "\"";
  return "path = \"" + to + "\", without url";
}
std::string CheckOf(const std::string& to) {
  if (schemas::IsDatabaseUrl(to))
    return "check it: saunter db check --store.url='" + Named(to) + "'";
  return "then check it: saunter db check";
}

void PrintMoved(const store::move::MoveOptions& options, const store::move::Moved& moved) {
  if (moved.rows_before > 0) {
    PrintLine(fmt::format("{} rows stood there from an earlier start", moved.rows_before));
  }
  PrintLine(fmt::format("moved {} to {}: {} rows of {} tables, each compared", Named(options.from),
                        Named(options.to), moved.rows, moved.tables.size()));
  if (moved.texts_cleaned > 0) {
    PrintLine(
        fmt::format("  in {} texts what PostgreSQL does not hold (no UTF-8, NUL) is U+FFFD now",
                    moved.texts_cleaned));
  }
  PrintLine("  in the settings, section [store], set: " + SettingOf(options.to));
  PrintLine("  " + CheckOf(options.to));
  PrintLine("  " + Named(options.from) + " is as it was; remove it once you are content");
}

void PrintMovedJson(const store::move::MoveOptions& options, const store::move::Moved& moved,
                    double seconds) {
  Json report = {{"from", Named(options.from)},
                 {"to", Named(options.to)},
                 {"ok", moved.differences.empty()},
                 {"rows", moved.rows},
                 {"rows_before", moved.rows_before},
                 {"texts_cleaned", moved.texts_cleaned},
                 {"seconds", seconds},
                 {"tables", Json::array()},
                 {"differences", Json::array()}};
  for (const auto& table : moved.tables) {
    report["tables"].push_back({{"name", table.name}, {"rows", table.rows}});
  }
  for (const auto& difference : moved.differences) {
    report["differences"].push_back({{"table", difference.table},
                                     {"key", difference.key},
                                     {"column", OrNull(difference.column)},
                                     {"source", difference.source},
                                     {"copy", difference.copy}});
  }
  PrintJson(report, JsonStyle::kCompact);
}

ExitCode MoveDatabase(const store::move::MoveOptions& options, OutputFormat output) {
  const auto began = std::chrono::steady_clock::now();
  MoveProgressView view(output);
  const auto moved = store::move::Move(
      options, [&](const store::move::MoveProgress& progress) { view.Show(progress); });
  view.End();
  switch (moved.status) {
    case store::OpenStatus::kOk:
      break;
    case store::OpenStatus::kLocked:
      PrintProblem(moved.detail + "; stop it first: systemctl stop saunter-crawler");
      return ExitCode::kNoDatabase;
    case store::OpenStatus::kMissing:
    case store::OpenStatus::kNotADatabase:
    case store::OpenStatus::kForeign:
    case store::OpenStatus::kOlderSchema:
    case store::OpenStatus::kNewerSchema:
    case store::OpenStatus::kCorrupt:
    case store::OpenStatus::kUnavailable:
      PrintProblem(Printable(moved.detail));
      return ExitCode::kNoDatabase;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  if (output == OutputFormat::kJson) PrintMovedJson(options, moved, took.count());
  for (const auto& difference : moved.differences) PrintProblem(Describe(difference));
  if (!moved.differences.empty()) {
    PrintProblem(Named(options.to) + " is not as " + Named(options.from) +
                 " and stays unusable; remove it and move again");
    return ExitCode::kPartlyFailed;
  }
  if (output == OutputFormat::kText) PrintMoved(options, moved);
  return ExitCode::kDone;
}

}  // namespace

void AddMove(CLI::App& group, Invocation& invocation) {
  auto* move = group.add_subcommand(
      "move",
      "copy the whole database from SQLite to PostgreSQL, or back; no crawler must run on either");
  auto options = std::make_shared<store::move::MoveOptions>();
  constexpr char kTakes[] = "a file of SQLite, or a database of PostgreSQL as store.url names it";
  move->add_option("FROM", options->from, kTakes)->required();
  move->add_option(
          "TO", options->to,
          "the other kind: a file that does not exist yet, or an empty database; or what a "
          "move that was cut short has left, which goes on")
      ->required();
  move->callback([&invocation, options] {
    invocation.run = [options](const schemas::Settings& settings, OutputFormat output) {
      options->settings = settings.store;
      return MoveDatabase(*options, output);
    };
  });
}

}  // namespace saunter::crawler::cli
