#include "crawler/cli/change_writer.h"

#include <chrono>
#include <optional>
#include <thread>

#include "crawler/cli/print.h"
#include "crawler/write/batch.h"
#include "crawler/write/control.h"
#include "store/reader.h"
#include "store/status.h"

namespace saunter::crawler::cli {
namespace {

// A crawler takes the lock before it listens: for a moment it has the lock but no socket.
constexpr int kTriesMax = 50;
constexpr std::chrono::milliseconds kTryGap(100);

}  // namespace

ChangeWriter::ChangeWriter(const schemas::Settings& settings) : settings_(settings) {}

ChangeWriter::~ChangeWriter() = default;

bool ChangeWriter::Open(std::string& problem, bool& busy) {
  if (writer_) return true;
  std::optional<Progress> bar;
  auto opened =
      store::OpenWriter(settings_.store, "saunter", [&](const store::MigrationProgress& progress) {
        if (!bar) bar.emplace("migrating the database");
        bar->Show(progress.statement, progress.statements);
      });
  bar.reset();
  busy = opened.status == store::OpenStatus::kLocked;
  if (opened.status != store::OpenStatus::kOk) {
    problem = opened.detail;
    return false;
  }
  auto read = store::OpenReader(settings_.store);
  if (read.status != store::OpenStatus::kOk) {
    problem = read.detail;
    return false;
  }
  blacklist_ = std::make_shared<const health::Blacklist>(read.reader->Blacklist());
  writer_ = std::move(opened.writer);
  return true;
}

ChangeWriter::Result ChangeWriter::Prepare() {
  Result result;
  for (int i = 0; i < kTriesMax; ++i) {
    bool busy = false;
    result.problem.clear();
    if (Open(result.problem, busy) || !busy) return result;
    // The program that has the lock may be creating the database at this moment.
    if (store::OpenReader(settings_.store).status == store::OpenStatus::kOk) return {};
    std::this_thread::sleep_for(kTryGap);
  }
  return result;
}

ChangeWriter::Result ChangeWriter::TakeLock() {
  Result result;
  bool busy = false;
  Open(result.problem, busy);
  return result;
}

void ChangeWriter::Record(const schemas::CrawlResult& crawl) {
  schemas::WriteBatch batch;
  batch.crawls.push_back(crawl);
  write::WriteOneBatch(*writer_, batch, blacklist_, settings_.health, Now());
}

ChangeWriter::Result ChangeWriter::Apply(const std::vector<schemas::OperatorChange>& changes) {
  if (writer_) return Write(changes);
  Result result;
  for (int i = 0; i < kTriesMax; ++i) {
    const auto submitted = write::SubmitChanges(settings_.store.path, changes);
    switch (submitted.status) {
      case write::SubmitStatus::kDone:
        result.outcomes = submitted.receipt.outcomes;
        return result;
      case write::SubmitStatus::kFailed:
        result.problem = "the crawler did not write it: " + submitted.receipt.problem;
        return result;
      case write::SubmitStatus::kNoCrawler:
        break;
    }
    bool busy = false;
    if (Open(result.problem, busy)) return Write(changes);
    if (!busy) return result;
    std::this_thread::sleep_for(kTryGap);
  }
  return result;
}

ChangeWriter::Result ChangeWriter::Write(const std::vector<schemas::OperatorChange>& changes) {
  schemas::WriteBatch batch;
  batch.changes = changes;
  Result result;
  try {
    result.outcomes =
        write::WriteOneBatch(*writer_, batch, blacklist_, settings_.health, Now()).outcomes;
  } catch (const store::StoreError& error) {
    result.problem = error.what();
  }
  return result;
}

}  // namespace saunter::crawler::cli
