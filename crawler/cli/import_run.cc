#include "crawler/cli/import_run.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "crawler/cli/database.h"
#include "crawler/cli/import_journal.h"
#include "crawler/cli/import_source.h"
#include "crawler/cli/input.h"
#include "crawler/judge/schedule.h"
#include "store/reader.h"

namespace saunter::crawler::cli {
namespace {

// Further problems are only counted, so that a hostile list cannot fill the memory.
constexpr std::size_t kJsonProblemsMax = 10000;

// What became of feeds that were known. Without `category` it is that of each one's folder.
std::string ChangedText(const ImportCounts& counts, ImportMode mode, const std::string& category) {
  std::string text;
  if (counts.moved > 0) {
    text = fmt::format(
        "{} of them {} {}", counts.moved,
        mode == ImportMode::kDryRun ? "would be moved to" : "moved to",
        category.empty() ? "the category of their folder" : "category " + Printable(category));
  }
  if (counts.titled > 0) {
    text += fmt::format("{}{} of them with a new title", text.empty() ? "" : ", ", counts.titled);
  }
  return text;
}

std::string CountsText(const ImportCounts& counts, ImportMode mode, const std::string& category) {
  std::string text =
      fmt::format("{} {}, {} already known", counts.added,
                  mode == ImportMode::kDryRun ? "would be added" : "added", counts.already_known);
  const auto changed = ChangedText(counts, mode, category);
  if (!changed.empty()) text += " (" + changed + ")";
  text += fmt::format(", {} repeated, {} blacklisted, {} refused", counts.repeated,
                      counts.blacklisted, counts.refused);
  const auto others = counts.problems - counts.refused - counts.blacklisted;
  if (others > 0) text += fmt::format(", {} other problem{}", others, others == 1 ? "" : "s");
  return text;
}

Json CountsJson(const ImportCounts& counts) {
  return {{"added", counts.added},       {"already_known", counts.already_known},
          {"moved", counts.moved},       {"titled", counts.titled},
          {"repeated", counts.repeated}, {"blacklisted", counts.blacklisted},
          {"refused", counts.refused},   {"problems", counts.problems}};
}

// The database that says what is known; `usable` is false if one is needed and there is none.
std::unique_ptr<store::Reader> ReaderForImport(const schemas::Settings& settings, ImportMode mode,
                                               ChangeWriter& writer, bool& usable) {
  usable = true;
  auto opened = OpenForOperator(settings);
  const bool to_be_made = opened.status == store::OpenStatus::kMissing ||
                          opened.status == store::OpenStatus::kOlderSchema;
  if (to_be_made && mode == ImportMode::kWrite) {
    if (const auto prepared = writer.Prepare(); !prepared.problem.empty()) {
      PrintProblem(prepared.problem);
      usable = false;
      return nullptr;
    }
    opened = OpenForOperator(settings);
  }
  if (opened.status == store::OpenStatus::kOk) return std::move(opened.reader);
  if (opened.status == store::OpenStatus::kMissing && mode == ImportMode::kDryRun) return nullptr;
  PrintProblem(opened.detail);
  usable = false;
  return nullptr;
}

}  // namespace

ImportCounts& ImportCounts::operator+=(const ImportCounts& other) {
  added += other.added;
  already_known += other.already_known;
  moved += other.moved;
  titled += other.titled;
  repeated += other.repeated;
  blacklisted += other.blacklisted;
  refused += other.refused;
  problems += other.problems;
  return *this;
}

ImportRun::ImportRun(const schemas::Settings& settings, OutputFormat output,
                     const ImportOptions& options, std::unique_ptr<store::Reader> reader,
                     ChangeWriter& writer)
    : settings_(settings),
      output_(output),
      options_(options),
      category_(OperatorText(options.category)),
      title_(OperatorText(options.title)),
      now_(Now()),
      intake_(settings, std::move(reader), now_, category_),
      writer_(writer) {}

void ImportRun::Begin(const std::string& source) {
  source_ = source;
  counts_ = {};
}

bool ImportRun::Take(const lists::OutlineList& list) {
  auto problem = list.problems.begin();
  for (const auto& outline : list.outlines) {
    // Problems and feeds are reported in the order of their lines.
    while (problem != list.problems.end() && problem->line <= outline.line) {
      TakeProblem(problem->line, problem->message);
      ++problem;
    }
    if (!TakeFeed(outline, 0)) return false;
  }
  for (; problem != list.problems.end(); ++problem) TakeProblem(problem->line, problem->message);
  return true;
}

bool ImportRun::TakeFeed(const lists::Outline& outline, schemas::UnixSeconds next_check_at) {
  auto judgement = intake_.Judge(outline);
  const auto named = judgement.reason + ": " + outline.url;
  switch (judgement.kind) {
    case FeedIntake::Kind::kRefused:
      ++counts_.refused;
      TakeProblem(outline.line, named);
      break;
    case FeedIntake::Kind::kBlacklisted:
      ++counts_.blacklisted;
      TakeProblem(outline.line, fails_on_blacklisted_ ? named + "; " + judgement.advice : named);
      break;
    case FeedIntake::Kind::kRepeated:
      ++counts_.repeated;
      break;
    case FeedIntake::Kind::kKnown:
      ++counts_.already_known;
      break;
    case FeedIntake::Kind::kAdd:
      ++counts_.added;
      break;
  }
  if (!judgement.feed) return true;
  auto& feed = *judgement.feed;
  if (next_check_at != 0) feed.next_check_at = next_check_at;
  feed.import_key = import_.import_key;
  const bool is_known = judgement.kind == FeedIntake::Kind::kKnown;
  if (judgement.is_moved) {
    ++counts_.moved;
    ++moved_;
  }
  schemas::EditFeed edit{.url = feed.url, .title = {}, .category = {}};
  if (judgement.is_moved && !category_.empty()) edit.category = category_;
  if (!title_.empty()) edit.title = title_;
  // Adding says nothing to a feed that has a category, and its title is the feed's own in the end.
  TakeChange(std::move(feed), is_known ? Effect::kNone : Effect::kAdd);
  if (edit.category) TakeChange(schemas::EditFeed{edit.url, {}, edit.category}, Effect::kNone);
  if (edit.title) {
    TakeChange(schemas::EditFeed{edit.url, edit.title, {}},
               is_known ? Effect::kTitle : Effect::kNone);
  }
  return changes_.size() < kChangesPerBatch || Flush();
}

void ImportRun::TakeChange(schemas::OperatorChange change, Effect effect) {
  changes_.push_back(std::move(change));
  effects_.push_back(effect);
}

void ImportRun::TakeProblem(std::int64_t line, const std::string& message) {
  ++counts_.problems;
  if (output_ == OutputFormat::kText) {
    PrintProblem(line > 0 ? fmt::format("{}:{}: {}", source_, line, message)
                          : fmt::format("{}: {}", source_, message));
  } else if (problems_.size() < kJsonProblemsMax) {
    problems_.push_back({{"source", source_},
                         {"line", line > 0 ? Json(line) : Json(nullptr)},
                         {"message", message}});
  } else {
    ++problems_left_off_;
  }
}

bool ImportRun::End() {
  // The writer has the last word on what is added, so a source's sums need its answer.
  const bool written = Flush();
  sums_ += counts_;
  if (output_ == OutputFormat::kText) PrintSource(source_, counts_);
  sources_.emplace_back(source_, counts_);
  return written;
}

bool ImportRun::Flush() {
  if (changes_.empty()) return true;
  if (options_.mode == ImportMode::kWrite) {
    if (!any_flushed_) SpreadLittle();
    const auto written = ApplyOfImport(writer_, import_, changes_);
    if (!written.problem.empty()) {
      PrintProblem(written.problem);
      counts_.added -= std::ranges::count(effects_, Effect::kAdd);
      counts_.moved -= moved_;
      failed_ = true;
    } else {
      CountEffects(written.outcomes);
    }
  }
  any_flushed_ = true;
  // After a failure, too: asked again they would count as known, or as refused twice.
  changes_.clear();
  effects_.clear();
  moved_ = 0;
  return !failed_;
}

void ImportRun::CountEffects(const std::vector<schemas::ChangeOutcome>& outcomes) {
  for (std::size_t i = 0; i < outcomes.size() && i < effects_.size(); ++i) {
    const auto outcome = outcomes[i];
    if (effects_[i] == Effect::kTitle && outcome == schemas::ChangeOutcome::kDone) {
      ++counts_.titled;
    }
    if (effects_[i] != Effect::kAdd) continue;
    if (outcome != schemas::ChangeOutcome::kDone) --counts_.added;
    if (outcome == schemas::ChangeOutcome::kAlreadyKnown) ++counts_.already_known;
    if (outcome == schemas::ChangeOutcome::kBlacklisted) ++counts_.blacklisted;
  }
}

// A handful of feeds needs no spreading: the fetcher has a place for each, and somebody waits.
void ImportRun::SpreadLittle() {
  const auto added = std::ranges::count(effects_, Effect::kAdd);
  if (added > settings_.fetch.transfers_max) return;
  for (auto& change : changes_) {
    if (auto* feed = std::get_if<schemas::AddFeed>(&change)) {
      const auto spread = judge::FirstCheckAt(feed->url, now_, settings_.schedule);
      if (feed->next_check_at == spread) feed->next_check_at = now_;
    }
  }
}

void ImportRun::PrintSource(const std::string& name, const ImportCounts& counts) const {
  PrintLine(Printable(name) + ": " + CountsText(counts, options_.mode, category_));
}

ExitCode ImportRun::Finish() {
  if (output_ == OutputFormat::kJson) {
    PrintJson(Report(), JsonStyle::kCompact);
  } else if (sources_.size() > 1) {
    PrintSource("in all", sums_);
  }
  if (failed_) return ExitCode::kNoDatabase;
  if (fails_on_blacklisted_ && sums_.blacklisted > 0) return ExitCode::kPartlyFailed;
  const auto failures = sums_.problems - sums_.blacklisted;
  return failures > 0 ? ExitCode::kPartlyFailed : ExitCode::kDone;
}

Json ImportRun::Report() const {
  Json report = CountsJson(sums_);
  report["dry_run"] = options_.mode == ImportMode::kDryRun;
  report["sources"] = Json::array();
  for (const auto& [name, counts] : sources_) {
    Json source = {{"source", name}};
    source.update(CountsJson(counts));
    report["sources"].push_back(std::move(source));
  }
  report["messages"] = problems_;
  report["messages_left_off"] = problems_left_off_;
  return report;
}

namespace {

// `read` hands all that is named to the run; it returns false if the run takes no more.
template <typename Read>
ExitCode RunImport(const schemas::Settings& settings, OutputFormat output,
                   const ImportOptions& options, const std::vector<std::string>& sources,
                   const schemas::BeginImport& import, Read read) {
  ChangeWriter writer(settings);
  bool usable = false;
  auto reader = ReaderForImport(settings, options.mode, writer, usable);
  if (!usable) return ExitCode::kNoDatabase;
  ImportRun run(settings, output, options, std::move(reader), writer);
  run.BeginJournal(import);
  for (const auto& source : sources) {
    run.Begin(source);
    const bool took_all = read(source, run);
    if (!run.End() || !took_all) break;
  }
  return run.Finish();
}

}  // namespace

ExitCode Import(const schemas::Settings& settings, OutputFormat output,
                const ImportOptions& options) {
  return RunImport(settings, output, options, options.sources,
                   NewImport(schemas::ImportKind::kFeeds, options.sources),
                   [&settings](const std::string& source, ImportRun& run) {
                     return ReadSource(settings, source, run);
                   });
}

ExitCode ImportOutlines(const schemas::Settings& settings, OutputFormat output,
                        const ImportOptions& options, const lists::OutlineList& list) {
  return RunImport(settings, output, options, {"feed add"}, {},
                   [&list](const std::string& /*source*/, ImportRun& run) {
                     run.FailOnBlacklisted();
                     return run.Take(list);
                   });
}

}  // namespace saunter::crawler::cli
