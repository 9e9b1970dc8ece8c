#include "tests/bench/copies.h"

#include <chrono>
#include <stdexcept>
#include <utility>

#include "tests/bench/crawl_batches.h"
#include "tests/support/files.h"

namespace saunter::bench {
namespace {

constexpr int kBusyTimeoutMs = 5000;
constexpr std::chrono::minutes kCatchUpMax(5);

}  // namespace

LinkSource::LinkSource(int feeds, int feeds_crawled) : name_(cluster_.MakeDatabase()) {
  schemas::StoreSettings settings;
  settings.url = Url();
  auto opened = store::OpenWriter(settings, "a benchmark");
  if (!opened.writer) throw std::runtime_error(opened.detail);
  writer_ = std::move(opened.writer);
  AddFeeds(*writer_, feeds);
  seconds_ = TimeWrites(*writer_, feeds_crawled);
  // As autovacuum leaves it.
  Ask("VACUUM ANALYZE");
  Ask("CHECKPOINT");
}

schemas::Id LinkSource::Touch() {
  const auto transaction = writer_->Begin(kNow);
  transaction->Apply({});
  return transaction->Commit(store::WriteTransaction::Durability::kNormal);
}

std::unique_ptr<support::Process> StartReplica(const ReplicaCommand& command) {
  return std::make_unique<support::Process>(
      support::Command{.program = "/usr/bin/nice",
                       .arguments = {"-n", std::to_string(command.nice),
                                     support::Built("store/replica/saunter-replica"), "--store.url",
                                     command.url, "--store.path", command.path},
                       .environment = {},
                       .input = {},
                       .directory = {}});
}

CopyView::CopyView(const std::string& path)
    : database_(path, SQLite::OPEN_READONLY, kBusyTimeoutMs),
      newest_batch_(database_, "SELECT coalesce(max(batch_id), 0) FROM batch"),
      links_in_pool_(database_, "SELECT count(*) FROM pool") {}

std::int64_t CopyView::Number(SQLite::Statement& statement) {
  const auto value = statement.executeStep() ? statement.getColumn(0).getInt64() : 0;
  statement.reset();
  return value;
}

bool CopyView::WaitForBatch(schemas::Id batch_id) {
  return support::WaitUntil([&] { return NewestBatch() >= batch_id; }, kCatchUpMax);
}

}  // namespace saunter::bench
