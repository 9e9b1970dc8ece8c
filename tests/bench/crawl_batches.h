// Batches of crawls for the benches of the writer: feeds of many hosts that answer for the first
// time, each with as many new entries.
#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "schemas/batch.h"
#include "schemas/units.h"
#include "store/writer.h"

namespace saunter::bench {

inline constexpr int kEntriesPerFeed = 20;
inline constexpr int kFeedsPerBatch = 250;
inline constexpr schemas::UnixSeconds kNow = 1700000000;

[[nodiscard]] std::string HostOf(int feed);
// Of a feed that AddFeeds has made, which are numbered from 0.
[[nodiscard]] schemas::CrawlResult MakeCrawl(int feed);
void AddFeeds(store::Writer& writer, int feeds);

// Calls `write` with one batch after another, and gives the seconds that it took for all of them.
template <typename Write>
double TimeBatches(int feeds, Write write) {
  double seconds = 0;
  for (int feed = 0; feed < feeds;) {
    schemas::WriteBatch batch;
    for (int i = 0; i < kFeedsPerBatch && feed < feeds; ++i) {
      batch.crawls.push_back(MakeCrawl(feed++));
    }
    const auto start = std::chrono::steady_clock::now();
    write(batch);
    seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  return seconds;
}

// The same through a writer, each batch a transaction.
double TimeWrites(store::Writer& writer, int feeds);

}  // namespace saunter::bench
