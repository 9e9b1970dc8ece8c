#include <spdlog/fmt/fmt.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "crawler/cli/change_writer.h"
#include "crawler/cli/commands.h"
#include "crawler/cli/database.h"
#include "crawler/cli/decisions.h"
#include "crawler/cli/feed_intake.h"
#include "crawler/cli/import_journal.h"
#include "crawler/cli/input.h"
#include "crawler/cli/pattern_hits.h"
#include "crawler/cli/print.h"
#include "crawler/health/blacklist.h"
#include "crawler/url/url.h"

namespace saunter::crawler::cli {
namespace {

constexpr char kAllowMark = '!';  // before an allow entry in a file
constexpr std::size_t kPatternsShownMax = 20;

struct BlacklistOptions {
  bool dry_run = false;
  std::vector<std::string> patterns;
  std::string reason;
  std::string url;
  std::string file;
};

std::string EntryText(const schemas::BlacklistEntry& entry, schemas::UnixSeconds now) {
  auto text = fmt::format("{:<8} {}", schemas::ToString(entry.source), entry.pattern);
  if (!entry.reason.empty()) text += "  " + entry.reason;
  if (entry.until_at) text += "  until " + HumanTime(entry.until_at, now);
  return Printable(text);
}

// The newest decision about the site that an entry of the rule names.
std::optional<schemas::SiteDecision> EvidenceOf(store::Catalogue& catalogue,
                                                const schemas::BlacklistEntry& entry) {
  if (entry.source != schemas::BlacklistSource::kRule) return std::nullopt;
  auto site = catalogue.FindSite(entry.pattern);
  if (!site || site->decisions.empty()) return std::nullopt;
  return std::move(site->decisions.front());
}

// Opens the database and hands each entry to `print`, with the rows to print to or, for text, null.
template <typename Print>
ExitCode PrintPatterns(const schemas::Settings& settings, OutputFormat output, Print print) {
  const auto reader = OpenReader(settings);
  if (!reader) return ExitCode::kNoDatabase;
  std::optional<JsonRows> rows;
  if (output == OutputFormat::kJson) rows.emplace("blacklist");
  for (const auto& entry : reader->Blacklist()) print(*reader, entry, rows ? &*rows : nullptr);
  if (rows) rows->End();
  return ExitCode::kDone;
}

ExitCode ListPatterns(const schemas::Settings& settings, OutputFormat output,
                      const BlacklistOptions& /*options*/) {
  const auto print = [](store::Reader& reader, const schemas::BlacklistEntry& entry,
                        JsonRows* rows) {
    const auto evidence = EvidenceOf(reader, entry);
    if (rows != nullptr) {
      auto row = ToJson(entry);
      row["evidence"] = evidence ? ToJson(*evidence) : Json(nullptr);
      rows->Print(row);
      return;
    }
    PrintLine(EntryText(entry, Now()));
    if (evidence) PrintLine("         " + DecisionText(*evidence, Now()));
  };
  return PrintPatterns(settings, output, print);
}

// The operator's entries, in the form that `import` reads.
ExitCode ExportPatterns(const schemas::Settings& settings, OutputFormat output,
                        const BlacklistOptions& /*options*/) {
  const auto print = [](store::Reader& /*reader*/, const schemas::BlacklistEntry& entry,
                        JsonRows* rows) {
    if (entry.source == schemas::BlacklistSource::kRule) return;
    if (rows != nullptr) return rows->Print(ToJson(entry));
    auto line = entry.pattern;
    if (entry.source == schemas::BlacklistSource::kAllow) line.insert(0, 1, kAllowMark);
    if (!entry.reason.empty()) line += " # " + entry.reason;
    PrintLine(Printable(line));
  };
  return PrintPatterns(settings, output, print);
}

Json HitsJson(const std::string& pattern, const PatternHits& hits) {
  return {{"pattern", pattern},
          {"feeds", hits.feeds},
          {"sites", hits.sites},
          {"links", hits.links},
          {"sample_urls", hits.sample_urls}};
}

// Shows what patterns would hit; of a long list only those that hit something.
ExitCode ShowHits(const schemas::Settings& settings, OutputFormat output,
                  const std::vector<std::string>& patterns) {
  const auto reader = OpenReader(settings);
  if (!reader) return ExitCode::kNoDatabase;
  std::optional<JsonRows> rows;
  if (output == OutputFormat::kJson) rows.emplace("patterns");
  for (const auto& [pattern, hits] : FindHits(*reader, patterns)) {
    if (rows) {
      rows->Print(HitsJson(pattern, hits));
      continue;
    }
    const bool any = hits.feeds + hits.sites + hits.links > 0;
    if (!any && patterns.size() > kPatternsShownMax) continue;
    PrintLine(Printable(fmt::format("{}: {} feeds, {} sites, {} links", pattern, hits.feeds,
                                    hits.sites, hits.links)));
    for (const auto& url : hits.sample_urls) PrintLine("  " + Printable(url));
  }
  if (rows) rows->End();
  return ExitCode::kDone;
}

// The counts of a set of pattern changes.
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

// Writes in batches; false if the database takes no more, and stderr says why.
class PatternChanges {
 public:
  explicit PatternChanges(const schemas::Settings& settings) : writer_(settings) {}

  // What is added from here on belongs to this import.
  void Begin(const schemas::BeginImport& import) { import_ = import; }

  [[nodiscard]] bool Add(schemas::OperatorChange change, PatternCounts& counts) {
    if (auto* added = std::get_if<schemas::AddBlacklist>(&change)) {
      added->import_key = import_.import_key;
    }
    changes_.push_back(std::move(change));
    return changes_.size() < kChangesPerBatch || Flush(counts);
  }

  [[nodiscard]] bool Flush(PatternCounts& counts) {
    if (changes_.empty()) return true;
    const auto written = ApplyOfImport(writer_, import_, changes_);
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
      case schemas::ChangeOutcome::kWanted:
        ++counts.already_known;
        break;
      case schemas::ChangeOutcome::kNotFound:
        ++counts.not_found;
        break;
    }
  }

  ChangeWriter writer_;
  schemas::BeginImport import_;  // without a key: there is none
  std::vector<schemas::OperatorChange> changes_;
};

schemas::AddBlacklist AdditionOf(const std::string& pattern, schemas::BlacklistSource source,
                                 const std::string& reason) {
  schemas::BlacklistEntry entry;
  entry.pattern = pattern;
  entry.source = source;
  entry.reason = OperatorText(reason);
  entry.added_at = Now();
  return {entry};
}

// A pattern in its stored form, or what is wrong with it.
health::PatternResult ReadPattern(std::string_view text, schemas::BlacklistSource source) {
  auto normal = health::NormalisePattern(text);
  if (normal.pattern && source == schemas::BlacklistSource::kAllow &&
      health::KindOf(*normal.pattern) == health::PatternKind::kPrefix) {
    return {std::nullopt, "the rule judges whole sites; allow a host or \"*.\" and a domain"};
  }
  return normal;
}

ExitCode AddEntries(const schemas::Settings& settings, OutputFormat output,
                    const BlacklistOptions& options, schemas::BlacklistSource source) {
  std::vector<std::string> patterns;
  for (const auto& text : options.patterns) {
    auto normal = ReadPattern(text, source);
    if (!normal.pattern) {
      PrintProblem(text + ": " + normal.problem);
      return ExitCode::kWrongUsage;
    }
    patterns.push_back(std::move(*normal.pattern));
  }
  if (options.dry_run) return ShowHits(settings, output, patterns);
  PatternChanges changes(settings);
  PatternCounts counts;
  for (const auto& pattern : patterns) {
    if (!changes.Add(AdditionOf(pattern, source, options.reason), counts)) {
      return ExitCode::kNoDatabase;
    }
  }
  if (!changes.Flush(counts)) return ExitCode::kNoDatabase;
  return PrintCounts(output, "added", counts);
}

ExitCode AddPatterns(const schemas::Settings& settings, OutputFormat output,
                     const BlacklistOptions& options) {
  return AddEntries(settings, output, options, schemas::BlacklistSource::kOperator);
}

ExitCode AllowPatterns(const schemas::Settings& settings, OutputFormat output,
                       const BlacklistOptions& options) {
  return AddEntries(settings, output, options, schemas::BlacklistSource::kAllow);
}

ExitCode RemovePatterns(const schemas::Settings& settings, OutputFormat output,
                        const BlacklistOptions& options) {
  if (!OpenReader(settings)) return ExitCode::kNoDatabase;
  PatternChanges changes(settings);
  PatternCounts counts;
  for (const auto& text : options.patterns) {
    const auto normal = health::NormalisePattern(text);
    // An older release may have stored a pattern that is refused today.
    if (!changes.Add(schemas::RemoveBlacklist{normal.pattern.value_or(text)}, counts)) {
      return ExitCode::kNoDatabase;
    }
  }
  if (!changes.Flush(counts)) return ExitCode::kNoDatabase;
  return PrintCounts(output, "removed", counts);
}

ExitCode TestUrl(const schemas::Settings& settings, OutputFormat output,
                 const BlacklistOptions& options) {
  const auto url = url::ParseUrl(options.url);
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
               {"entry", match ? ToJson(match->ToEntry()) : Json(nullptr)}},
              JsonStyle::kCompact);
  } else {
    PrintLine(match ? "blacklisted by " + EntryText(match->ToEntry(), Now()) : "not blacklisted");
  }
  return ExitCode::kDone;
}

// One line of a file: a pattern, a mark before it that allows it, a reason behind a "#". Nothing if
// the line holds no pattern; a bad one is named and counted.
std::optional<schemas::AddBlacklist> ReadLine(const std::string& where, std::string_view line,
                                              const BlacklistOptions& options,
                                              PatternCounts& counts) {
  const auto comment = std::min(line.find('#'), line.size());
  auto text = line.substr(0, std::min(line.find_first_of(" \t\r"), comment));
  if (text.empty()) return std::nullopt;
  auto source = schemas::BlacklistSource::kOperator;
  if (text.front() == kAllowMark) {
    source = schemas::BlacklistSource::kAllow;
    text.remove_prefix(1);
  }
  const auto normal = ReadPattern(text, source);
  if (!normal.pattern) {
    PrintProblem(where + normal.problem + ": " + std::string(text));
    ++counts.refused;
    return std::nullopt;
  }
  auto reason = options.reason;
  if (reason.empty() && comment < line.size()) {
    auto remark = line.substr(comment + 1);
    while (remark.starts_with(' ')) remark.remove_prefix(1);
    while (remark.ends_with('\r') || remark.ends_with(' ')) remark.remove_suffix(1);
    reason = remark;
  }
  return AdditionOf(*normal.pattern, source, reason);
}

ExitCode ImportPatterns(const schemas::Settings& settings, OutputFormat output,
                        const BlacklistOptions& options) {
  Input input;
  if (const auto problem = input.Open(options.file)) {
    PrintProblem(*problem);
    return ExitCode::kPartlyFailed;
  }
  PatternChanges changes(settings);
  changes.Begin(NewImport(schemas::ImportKind::kBlacklist, {options.file}));
  PatternCounts counts;
  std::vector<std::string> patterns;  // of a dry run
  LineSplitter lines;
  while (true) {
    const auto piece = input.Read();
    lines.Add(piece);
    if (piece.empty()) lines.End();
    while (const auto line = lines.Next()) {
      const auto where = fmt::format("{}:{}: ", options.file, lines.number());
      auto addition = ReadLine(where, *line, options, counts);
      if (!addition) continue;
      if (options.dry_run) {
        if (addition->entry.source == schemas::BlacklistSource::kOperator) {
          patterns.push_back(std::move(addition->entry.pattern));
        }
      } else if (!changes.Add(std::move(*addition), counts)) {
        return ExitCode::kNoDatabase;
      }
    }
    if (piece.empty()) break;
  }
  if (!input.problem().empty()) {
    PrintProblem(input.problem());
    return ExitCode::kPartlyFailed;
  }
  if (options.dry_run) {
    const auto shown = ShowHits(settings, output, patterns);
    return shown == ExitCode::kDone && counts.refused > 0 ? ExitCode::kPartlyFailed : shown;
  }
  if (!changes.Flush(counts)) return ExitCode::kNoDatabase;
  return PrintCounts(output, "added", counts);
}

using BlacklistCommand = ExitCode (*)(const schemas::Settings&, OutputFormat,
                                      const BlacklistOptions&);

}  // namespace

void AddBlacklistCommands(CLI::App& app, Invocation& invocation) {
  auto* group = app.add_subcommand("blacklist", "list, test or change what is kept out");
  group->require_subcommand(1);
  const auto options = std::make_shared<BlacklistOptions>();
  const auto add_command = [&](const char* name, const char* summary, BlacklistCommand command) {
    auto* added = group->add_subcommand(name, summary);
    added->callback([&invocation, options, command] {
      invocation.run = [options, command](const schemas::Settings& settings, OutputFormat output) {
        return command(settings, output, *options);
      };
    });
    return added;
  };
  const auto add_reason = [&](CLI::App* command) {
    command->add_option("--reason", options->reason, "why, to be shown with the pattern");
  };
  const auto add_dry_run = [&](CLI::App* command) {
    command->add_flag("--dry-run", options->dry_run,
                      "show what it would match, and change nothing");
  };

  add_command("list", "all patterns, one a line, with the rule's evidence", ListPatterns);
  add_command("export", "the operator's patterns, as import reads them", ExportPatterns);

  auto* add = add_command("add", "keep sites or addresses out for good", AddPatterns);
  add->add_option("PATTERN", options->patterns,
                  "example.com, *.example.com (all below it too), or example.com/path/")
      ->required();
  add_reason(add);
  add_dry_run(add);

  auto* allow =
      add_command("allow", "keep the automatic rule from blacklisting sites", AllowPatterns);
  allow->add_option("PATTERN", options->patterns, "example.com or *.example.com")->required();
  add_reason(allow);
  add_dry_run(allow);

  auto* remove =
      add_command("remove", "take patterns off the list, also those that allow", RemovePatterns);
  remove->add_option("PATTERN", options->patterns, "as `saunter blacklist list` prints it")
      ->required();

  auto* test = add_command("test", "whether a URL is blacklisted, and by which pattern", TestUrl);
  test->add_option("URL", options->url, "any address")->required();

  auto* import = add_command(
      "import", "add the patterns of a file, one a line; a ! before a pattern allows it",
      ImportPatterns);
  import->add_option("FILE", options->file, "the file, or - for standard input")->required();
  add_reason(import);
  add_dry_run(import);
}

}  // namespace saunter::crawler::cli
