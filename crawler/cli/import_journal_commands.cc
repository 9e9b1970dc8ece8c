#include <spdlog/fmt/fmt.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "crawler/cli/change_writer.h"
#include "crawler/cli/commands.h"
#include "crawler/cli/database.h"
#include "crawler/cli/import_run.h"
#include "crawler/cli/print.h"

namespace saunter::crawler::cli {
namespace {

// Their links go with them, and somebody waits for each answer.
constexpr std::int64_t kUndonePerBatch = 500;

struct UndoOptions {
  schemas::Id import_id = 0;
  ImportMode mode = ImportMode::kWrite;
};

// `saunter import list` was meant for the journal, as far as anybody can tell.
void NameFileOf(const std::string& command) {
  std::error_code error;
  if (!std::filesystem::exists(command, error)) return;
  PrintProblem("there is a file called " + command + " here, too: `saunter import ./" + command +
               "` imports it");
}

ExitCode ListImports(const schemas::Settings& settings, OutputFormat output) {
  NameFileOf("list");
  const auto reader = OpenReader(settings);
  if (!reader) return ExitCode::kNoDatabase;
  const auto imports = reader->AllImports();
  if (output == OutputFormat::kJson) {
    JsonRows rows("imports");
    for (const auto& import : imports) rows.Print(ToJson(import));
    rows.End();
    return ExitCode::kDone;
  }
  if (imports.empty()) PrintLine("no import was journalled yet");
  for (const auto& import : imports) {
    const auto state = import.undone_at ? "undone " + HumanTime(import.undone_at, Now())
                                        : fmt::format("{} can be undone", import.undoable);
    PrintLine(Printable(fmt::format(
        "{:>5}  {}  {:<9}  {} added, {}  {}", import.import_id, HumanTime(import.started_at, Now()),
        schemas::ToString(import.kind), import.added, state, import.source)));
  }
  return ExitCode::kDone;
}

// What was removed, or would be, and what stays.
struct UndoReport {
  std::vector<std::string> feeds;
  std::vector<std::string> patterns;
  std::int64_t wanted = 0;  // by others
  schemas::ImportKind kind = schemas::ImportKind::kFeeds;
};

// Removes in batches; false if the database takes no more, and stderr says why.
class Undoing {
 public:
  Undoing(const schemas::Settings& settings, const UndoOptions& options)
      : options_(options), writer_(settings) {}

  // `names` are those of `changes`; the ones that were removed go into `removed`.
  [[nodiscard]] bool Take(const std::vector<schemas::OperatorChange>& changes,
                          const std::vector<std::string>& names,
                          std::vector<std::string>& removed) {
    if (options_.mode == ImportMode::kDryRun) {
      removed.insert(removed.end(), names.begin(), names.end());
      return true;
    }
    const auto written = writer_.Apply(changes);
    if (!written.problem.empty()) {
      PrintProblem(written.problem + "; what was done stays done, and `saunter import undo " +
                   std::to_string(options_.import_id) + "` goes on from there");
      return false;
    }
    for (std::size_t i = 0; i < names.size() && i < written.outcomes.size(); ++i) {
      if (written.outcomes[i] == schemas::ChangeOutcome::kDone) removed.push_back(names[i]);
    }
    return true;
  }

  [[nodiscard]] bool End() {
    std::vector<std::string> none;
    return Take({schemas::EndUndo{.import_id = options_.import_id, .undone_at = Now()}}, {}, none);
  }

 private:
  const UndoOptions options_;
  ChangeWriter writer_;
};

bool UndoFeeds(store::Reader& reader, const UndoOptions& options, Undoing& undoing,
               UndoReport& report) {
  store::Page page{.after = 0, .count_max = kUndonePerBatch};
  while (true) {
    const auto feeds = reader.FeedsToUndo(options.import_id, page);
    if (feeds.empty()) return true;
    page.after = feeds.back().feed_id;
    std::vector<schemas::OperatorChange> changes;
    std::vector<std::string> names;
    for (const auto& feed : feeds) {
      changes.emplace_back(schemas::RemoveFeed{feed.url, options.import_id});
      names.push_back(feed.url);
    }
    if (!undoing.Take(changes, names, report.feeds)) return false;
  }
}

bool UndoPatterns(store::Reader& reader, const UndoOptions& options, Undoing& undoing,
                  UndoReport& report) {
  std::string after;
  while (true) {
    const auto patterns = reader.PatternsToUndo(options.import_id, after, kUndonePerBatch);
    if (patterns.empty()) return true;
    after = patterns.back();
    std::vector<schemas::OperatorChange> changes;
    changes.reserve(patterns.size());
    for (const auto& pattern : patterns) {
      changes.emplace_back(schemas::RemoveBlacklist{pattern, options.import_id});
    }
    if (!undoing.Take(changes, patterns, report.patterns)) return false;
  }
}

void PrintUndo(OutputFormat output, const UndoOptions& options, const UndoReport& report) {
  const bool is_dry = options.mode == ImportMode::kDryRun;
  if (output == OutputFormat::kJson) {
    PrintJson({{"import_id", options.import_id},
               {"dry_run", is_dry},
               {"feeds", report.feeds},
               {"patterns", report.patterns},
               {"kept", report.wanted}},
              JsonStyle::kCompact);
    return;
  }
  if (is_dry) {
    for (const auto& url : report.feeds) PrintLine("would be removed: " + Printable(url));
    for (const auto& pattern : report.patterns) {
      PrintLine("would be removed: " + Printable(pattern));
    }
  }
  PrintLine(fmt::format("import {}: {} feeds and {} entries of the blacklist {}, {} kept",
                        options.import_id, report.feeds.size(), report.patterns.size(),
                        is_dry ? "would be removed" : "removed", report.wanted));
  if (report.kind == schemas::ImportKind::kFeeds) {
    PrintLine(
        "a feed that was known before keeps the category that the import gave it; `saunter feed "
        "edit` changes that");
  }
}

ExitCode UndoImport(const schemas::Settings& settings, OutputFormat output,
                    const UndoOptions& options) {
  const auto reader = OpenReader(settings);
  if (!reader) return ExitCode::kNoDatabase;
  const auto import = reader->FindImport(options.import_id);
  if (!import) {
    PrintProblem(
        fmt::format("there is no import {}; `saunter import list` shows all that can be "
                    "undone",
                    options.import_id));
    return ExitCode::kPartlyFailed;
  }
  if (import->undone_at) {
    PrintProblem(fmt::format("import {} was undone {} already", options.import_id,
                             HumanTime(import->undone_at, Now())));
    return ExitCode::kPartlyFailed;
  }
  Undoing undoing(settings, options);
  UndoReport report;
  report.kind = import->kind;
  if (!UndoFeeds(*reader, options, undoing, report) ||
      !UndoPatterns(*reader, options, undoing, report) || !undoing.End()) {
    return ExitCode::kNoDatabase;
  }
  const auto removed = report.feeds.size() + report.patterns.size();
  report.wanted = std::max<std::int64_t>(0, import->added - static_cast<std::int64_t>(removed));
  PrintUndo(output, options, report);
  return ExitCode::kDone;
}

}  // namespace

void AddImportJournal(CLI::App& command, Invocation& invocation) {
  command.add_subcommand("list", "the imports so far, and what undoing each would remove")
      ->callback([&invocation] { invocation.run = ListImports; });

  auto* undo = command.add_subcommand(
      "undo",
      "remove the feeds, or entries of the blacklist, that an import added and that nobody has "
      "named since: no later import, no `feed add`, no `blacklist add`");
  auto options = std::make_shared<UndoOptions>();
  auto* id =
      undo->add_option("ID", options->import_id, "its number, as `saunter import list` prints it");
  undo->add_flag_callback(
      "--dry-run", [options] { options->mode = ImportMode::kDryRun; },
      "show what would be removed, and change nothing");
  undo->callback([&invocation, &command, id, options] {
    // A file that is called undo, behind others: the import itself says so.
    const bool has_sources = command.get_option("SOURCE")->count() > 0;
    if (id->count() == 0 && !has_sources) throw CLI::RequiredError("ID");
    invocation.run = [options](const schemas::Settings& settings, OutputFormat output) {
      return UndoImport(settings, output, *options);
    };
  });
}

}  // namespace saunter::crawler::cli
