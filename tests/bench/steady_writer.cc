#include "tests/bench/steady_writer.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "tests/bench/crawl_batches.h"

namespace saunter::bench {

int WriteSteadily(store::Writer& writer, const SteadyLoad& load, const std::stop_token& stop,
                  const OnCommit& on_commit) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::milliseconds kBatchEvery(500);
  const auto began = Clock::now();
  int written = 0;
  for (auto next = began + kBatchEvery; !stop.stop_requested() && written < load.feeds;
       next += kBatchEvery) {
    std::this_thread::sleep_until(next);
    const std::chrono::duration<double> elapsed = Clock::now() - began;
    const auto due = static_cast<int>(elapsed.count() * load.links_per_s / kEntriesPerFeed);
    schemas::WriteBatch batch;
    while (written < std::min(due, load.feeds)) {
      batch.crawls.push_back(MakeCrawl(load.first_feed + written++));
    }
    if (batch.crawls.empty()) continue;
    const auto transaction = writer.Begin(kNow);
    transaction->Apply(batch);
    const auto batch_id = transaction->Commit(store::WriteTransaction::Durability::kNormal);
    on_commit(batch_id);
  }
  return written;
}

}  // namespace saunter::bench
