// The one way in which commands change the database.
//
// While a crawler runs on this machine, changes go to it over the control socket and are part of
// its batches; when none runs, a ChangeWriter takes the writer's lock and writes the same batches
// itself. PostgreSQL has no such lock: it writes while crawlers do, and they hear of it with their
// next batch. Either way a change is on the disk when Apply returns.
//
// Thread safety: one thread. Ownership: holds the writer's lock from the first Prepare, TakeLock or
// Apply that finds it free until it is destroyed. Errors: Result::problem says what is wrong and
// what to do; StoreError from all else that it does by itself.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "crawler/health/blacklist.h"
#include "schemas/batch.h"
#include "schemas/settings.h"
#include "store/writer.h"

namespace saunter::crawler::cli {

// How many changes one Apply should hold: one batch of a running crawler.
inline constexpr std::size_t kChangesPerBatch = 5000;

class ChangeWriter {
 public:
  explicit ChangeWriter(const schemas::Settings& settings);
  ~ChangeWriter();
  ChangeWriter(const ChangeWriter&) = delete;
  ChangeWriter& operator=(const ChangeWriter&) = delete;

  struct Result {
    std::string problem;                           // empty if all went well
    std::vector<schemas::ChangeOutcome> outcomes;  // one for each change
  };
  // Makes sure that there is a database of this build's schema.
  [[nodiscard]] Result Prepare();
  // Takes the writer's lock of a file, so that no crawler asks a feed at the same time. It is a
  // problem if one runs.
  [[nodiscard]] Result TakeLock();
  // Writes what one fetch of one feed has brought. Needs the lock.
  void Record(const schemas::CrawlResult& crawl);
  // Needs the lock.
  [[nodiscard]] const health::Blacklist& blacklist() const { return *blacklist_; }
  // Shrinks the file, see store::Writer::Compact. Needs the lock.
  void Compact() { writer_->Compact(); }
  // If there is a problem, none of them was changed as a rule; all were where the disk could not be
  // synced, or where what is left of removed feeds could not go.
  [[nodiscard]] Result Apply(const std::vector<schemas::OperatorChange>& changes);

 private:
  [[nodiscard]] Result Write(const std::vector<schemas::OperatorChange>& changes);
  // Takes the lock; returns false and fills `problem` if it cannot. `busy`: another program has it.
  bool Open(std::string& problem, bool& busy);

  const schemas::Settings settings_;
  std::unique_ptr<store::Writer> writer_;
  std::shared_ptr<const health::Blacklist> blacklist_;
};

}  // namespace saunter::crawler::cli
