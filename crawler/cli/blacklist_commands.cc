#include <spdlog/fmt/fmt.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "crawler/cli/change_writer.h"
#include "crawler/cli/commands.h"
#include "crawler/cli/database.h"
#include "crawler/cli/feed_intake.h"
#include "crawler/cli/input.h"
#include "crawler/cli/print.h"
#include "crawler/health/blacklist.h"
#include "crawler/url.h"

namespace saunter::crawler::cli {
namespace {

struct BlacklistOptions {
  std::vector<std::string> patterns;
  std::string reason;
  std::string url;
  std::string file;
};

Json EntryJson(const schemas::BlacklistEntry& entry) {
  return {{"pattern", entry.pattern},
          {"source", schemas::ToString(entry.source)},
          {"reason", OrNull(entry.reason)},
          {"added_at", entry.added_at},
          {"until_at", OrNull(entry.until_at)}};
}

std::string EntryText(const schemas::BlacklistEntry& entry, schemas::UnixSeconds now) {
  auto text = fmt::format("{:<8} {}", schemas::ToString(entry.source), entry.pattern);
  if (!entry.reason.empty()) text += "  " + entry.reason;
  if (entry.until_at) text += "  until " + HumanTime(entry.until_at, now);
  return Printable(text);
}

ExitCode List(const schemas::Settings& settings, OutputFormat output,
              const BlacklistOptions& /*options*/) {
  const auto reader = OpenReader(settings);
  if (!reader) return ExitCode::kNoDatabase;
  const auto entries = reader->Blacklist();
  if (output == OutputFormat::kJson) {
    JsonRows rows("blacklist");
    for (const auto& entry : entries) rows.Print(EntryJson(entry));
    rows.End();
  } else {
    for (const auto& entry : entries) PrintLine(EntryText(entry, Now()));
  }
  return ExitCode::kDone;
}

// What a set of pattern changes came to.
struct PatternCounts {
  std::int64_t done = 0;
  std::int64_t already_known = 0;
  std::int64_t not_found = 0;
  std::int64_t refused = 0;
};

ExitCode PrintCounts(OutputFormat output, std::string_view done, const PatternCounts& counts) {
  if (output == OutputFormat::kJson) {
    PrintJson({{done, counts.done},
               {"already_known", counts.already_known},
               {"not_found", counts.not_found},
               {"refused", counts.refused}},
              JsonStyle::kCompact);
  } else {
    PrintLine(fmt::format("{} {}, {} already known, {} not found, {} refused", counts.done, done,
                          counts.already_known, counts.not_found, counts.refused));
  }
  const bool failed = counts.refused > 0 || counts.not_found > 0;
  return failed ? ExitCode::kPartlyFailed : ExitCode::kDone;
}

// Writes in batches; false if the database takes nothing, which was said.
class PatternChanges {
 public:
  explicit PatternChanges(const schemas::Settings& settings) : writer_(settings) {}

  [[nodiscard]] bool Add(schemas::OperatorChange change, PatternCounts& counts) {
    changes_.push_back(std::move(change));
    return changes_.size() < kChangesPerBatch || Flush(counts);
  }

  [[nodiscard]] bool Flush(PatternCounts& counts) {
    if (changes_.empty()) return true;
    const auto written = writer_.Apply(changes_);
    changes_.clear();
    if (!written.problem.empty()) {
      PrintProblem(written.problem);
      return false;
    }
    for (const auto outcome : written.outcomes) Count(outcome, counts);
    return true;
  }

 private:
  static void Count(schemas::ChangeOutcome outcome, PatternCounts& counts) {
    switch (outcome) {
      case schemas::ChangeOutcome::kDone:
        ++counts.done;
        break;
      case schemas::ChangeOutcome::kAlreadyKnown:
      case schemas::ChangeOutcome::kBlacklisted:
        ++counts.already_known;
        break;
      case schemas::ChangeOutcome::kNotFound:
        ++counts.not_found;
        break;
    }
  }

  ChangeWriter writer_;
  std::vector<schemas::OperatorChange> changes_;
};

schemas::AddBlacklist AdditionOf(const std::string& pattern, const std::string& reason) {
  schemas::BlacklistEntry entry;
  entry.pattern = pattern;
  entry.reason = OperatorText(reason);
  entry.added_at = Now();
  return {entry};
}

ExitCode Add(const schemas::Settings& settings, OutputFormat output,
             const BlacklistOptions& options) {
  PatternChanges changes(settings);
  PatternCounts counts;
  for (const auto& text : options.patterns) {
    const auto normal = health::NormalisePattern(text);
    if (!normal.pattern) {
      PrintProblem(text + ": " + normal.problem);
      return ExitCode::kWrongUsage;
    }
    if (!changes.Add(AdditionOf(*normal.pattern, options.reason), counts)) {
      return ExitCode::kNoDatabase;
    }
  }
  if (!changes.Flush(counts)) return ExitCode::kNoDatabase;
  return PrintCounts(output, "added", counts);
}

ExitCode Remove(const schemas::Settings& settings, OutputFormat output,
                const BlacklistOptions& options) {
  if (!OpenReader(settings)) return ExitCode::kNoDatabase;
  PatternChanges changes(settings);
  PatternCounts counts;
  for (const auto& text : options.patterns) {
    const auto normal = health::NormalisePattern(text);
    // What cannot be written today may have been stored by an older release.
    if (!changes.Add(schemas::RemoveBlacklist{normal.pattern.value_or(text)}, counts)) {
      return ExitCode::kNoDatabase;
    }
  }
  if (!changes.Flush(counts)) return ExitCode::kNoDatabase;
  return PrintCounts(output, "removed", counts);
}

ExitCode Test(const schemas::Settings& settings, OutputFormat output,
              const BlacklistOptions& options) {
  const auto url = ParseUrl(options.url);
  if (!url) {
    PrintProblem(RefusalOf(options.url) + ": " + options.url);
    return ExitCode::kWrongUsage;
  }
  const auto reader = OpenReader(settings);
  if (!reader) return ExitCode::kNoDatabase;
  const health::Blacklist blacklist(reader->Blacklist());
  const auto match = blacklist.MatchUrl(url->ToString());
  if (output == OutputFormat::kJson) {
    PrintJson({{"url", url->ToString()},
               {"blacklisted", match.has_value()},
               {"entry", match ? EntryJson(match->ToEntry()) : Json(nullptr)}},
              JsonStyle::kCompact);
  } else {
    PrintLine(match ? "blacklisted by " + EntryText(match->ToEntry(), Now()) : "not blacklisted");
  }
  return ExitCode::kDone;
}

// One pattern of a file; returns false if the database takes nothing.
bool ImportLine(const std::string& where, std::string_view line, const std::string& reason,
                PatternChanges& changes, PatternCounts& counts) {
  const auto end = line.find_first_of(" \t\r#");
  const auto text = line.substr(0, end);
  if (text.empty()) return true;
  const auto normal = health::NormalisePattern(text);
  if (!normal.pattern) {
    PrintProblem(where + normal.problem + ": " + std::string(text));
    ++counts.refused;
    return true;
  }
  return changes.Add(AdditionOf(*normal.pattern, reason), counts);
}

ExitCode ImportPatterns(const schemas::Settings& settings, OutputFormat output,
                        const BlacklistOptions& options) {
  Input input;
  if (const auto problem = input.Open(options.file)) {
    PrintProblem(*problem);
    return ExitCode::kPartlyFailed;
  }
  PatternChanges changes(settings);
  PatternCounts counts;
  LineSplitter lines;
  while (true) {
    const auto piece = input.Read();
    lines.Add(piece);
    if (piece.empty()) lines.End();
    while (const auto line = lines.Next()) {
      const auto where = fmt::format("{}:{}: ", options.file, lines.number());
      if (!ImportLine(where, *line, options.reason, changes, counts)) {
        return ExitCode::kNoDatabase;
      }
    }
    if (piece.empty()) break;
  }
  if (!changes.Flush(counts)) return ExitCode::kNoDatabase;
  if (!input.problem().empty()) {
    PrintProblem(input.problem());
    return ExitCode::kPartlyFailed;
  }
  return PrintCounts(output, "added", counts);
}

using Command = ExitCode (*)(const schemas::Settings&, OutputFormat, const BlacklistOptions&);

}  // namespace

void AddBlacklistCommands(CLI::App& app, Invocation& invocation) {
  auto* group = app.add_subcommand("blacklist", "list, add, remove, test or import its patterns");
  group->require_subcommand(1);
  const auto options = std::make_shared<BlacklistOptions>();
  const auto add_command = [&](const char* name, const char* summary, Command command) {
    auto* added = group->add_subcommand(name, summary);
    added->callback([&invocation, options, command] {
      invocation.run = [options, command](const schemas::Settings& settings, OutputFormat output) {
        return command(settings, output, *options);
      };
    });
    return added;
  };

  add_command("list", "all patterns, one a line", List);

  auto* add = add_command("add", "keep sites or addresses out, for ever", Add);
  add->add_option("PATTERN", options->patterns,
                  "example.com, *.example.com (all below it too), or example.com/path/")
      ->required();
  add->add_option("--reason", options->reason, "why, for whoever asks later");

  auto* remove = add_command("remove", "let them in again", Remove);
  remove->add_option("PATTERN", options->patterns, "as `saunter blacklist list` prints it")
      ->required();

  auto* test = add_command("test", "whether a URL is blacklisted, and by which pattern", Test);
  test->add_option("URL", options->url, "any address")->required();

  auto* import = add_command("import", "add the patterns of a file, one a line", ImportPatterns);
  import->add_option("FILE", options->file, "the file, or - for standard input")->required();
  import->add_option("--reason", options->reason, "why, for whoever asks later");
}

}  // namespace saunter::crawler::cli
