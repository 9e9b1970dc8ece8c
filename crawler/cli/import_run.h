// An import: sources → outlines → judgements → changes in batches, and a report.
//
// Thread safety: one thread. Errors: the report names the line of whatever is not usable in a
// source; an unusable database ends the import with kNoDatabase.
#pragma once

#include <CLI/App.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "crawler/cli/change_writer.h"
#include "crawler/cli/command_line.h"
#include "crawler/cli/feed_intake.h"
#include "crawler/cli/print.h"
#include "crawler/lists/outlines.h"
#include "schemas/settings.h"

namespace saunter::crawler::cli {

// import list, import undo
void AddImportJournal(CLI::App& command, Invocation& invocation);

enum class ImportMode { kWrite, kDryRun };

struct ImportOptions {
  std::vector<std::string> sources;
  ImportMode mode = ImportMode::kWrite;
  std::string category;  // of all feeds, whatever the list says and whatever they had
  std::string title;     // likewise
};

// Journalled, so that it can be undone.
[[nodiscard]] ExitCode Import(const schemas::Settings& settings, OutputFormat output,
                              const ImportOptions& options);

// The same for feeds that the command line names: an operator's own word, and no import. That one
// of them is blacklisted is a failure.
[[nodiscard]] ExitCode ImportOutlines(const schemas::Settings& settings, OutputFormat output,
                                      const ImportOptions& options, const lists::OutlineList& list);

// The counts of one source, or of the whole import.
struct ImportCounts {
  std::int64_t added = 0;
  std::int64_t already_known = 0;
  std::int64_t moved = 0;     // of these, what has got another category
  std::int64_t titled = 0;    // of these, what has got another title
  std::int64_t repeated = 0;  // came earlier in the same import
  std::int64_t blacklisted = 0;
  std::int64_t refused = 0;   // each has a problem
  std::int64_t problems = 0;  // lines that were not usable

  ImportCounts& operator+=(const ImportCounts& other);
};

// Judges the feeds of an import in order, counts and reports them, and writes those to add.
class ImportRun {
 public:
  ImportRun(const schemas::Settings& settings, OutputFormat output, const ImportOptions& options,
            std::unique_ptr<store::Reader> reader, ChangeWriter& writer);

  void Begin(const std::string& source);
  // False: the database takes no more, and stderr says why.
  [[nodiscard]] bool Take(const lists::OutlineList& list);
  // The same for one feed that a page names; a `next_check_at` of 0 means the usual time.
  [[nodiscard]] bool TakeFeed(const lists::Outline& outline, schemas::UnixSeconds next_check_at);
  void TakeProblem(std::int64_t line, const std::string& message);
  // See ImportOutlines.
  void FailOnBlacklisted() { fails_on_blacklisted_ = true; }
  [[nodiscard]] bool End();

  // Writes what is left and prints the sums.
  [[nodiscard]] ExitCode Finish();

  // What is added from here on belongs to this import.
  void BeginJournal(const schemas::BeginImport& import) { import_ = import; }

 private:
  // What a change means for the counts.
  enum class Effect { kNone, kAdd, kTitle };

  void TakeChange(schemas::OperatorChange change, Effect effect);
  void CountEffects(const std::vector<schemas::ChangeOutcome>& outcomes);
  bool Flush();
  void SpreadLittle();
  void PrintSource(const std::string& name, const ImportCounts& counts) const;
  [[nodiscard]] Json Report() const;

  const schemas::Settings settings_;
  const OutputFormat output_;
  const ImportOptions options_;
  const std::string category_;
  const std::string title_;
  const schemas::UnixSeconds now_;
  FeedIntake intake_;
  ChangeWriter& writer_;
  std::vector<schemas::OperatorChange> changes_;
  std::vector<Effect> effects_;  // of changes_
  std::int64_t moved_ = 0;       // by changes_
  schemas::BeginImport import_;  // without a key: there is none
  bool any_flushed_ = false;
  bool failed_ = false;
  bool fails_on_blacklisted_ = false;
  std::string source_;
  ImportCounts counts_;  // of source_
  ImportCounts sums_;
  std::vector<std::pair<std::string, ImportCounts>> sources_;
  Json problems_ = Json::array();
  std::int64_t problems_left_off_ = 0;
};

}  // namespace saunter::crawler::cli
