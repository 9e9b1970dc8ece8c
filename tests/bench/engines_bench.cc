// engines_bench [LINKS [PAIRS]]: the batched writer on PostgreSQL against the same on SQLite, in
// links/s, turn and turn about, each into a fresh database. PostgreSQL is set up as Debian does it,
// on this machine, so that both have the same disk and the same processor.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "store/writer.h"
#include "tests/bench/crawl_batches.h"
#include "tests/support/cluster.h"
#include "tests/support/files.h"

namespace saunter::bench {
namespace {

constexpr int kLinks = 200000;
constexpr int kPairs = 5;

double TimeEngine(const schemas::StoreSettings& settings, int feeds) {
  auto opened = store::OpenWriter(settings, "engines_bench");
  if (!opened.writer) {
    std::printf("%s\n", opened.detail.c_str());
    std::exit(1);
  }
  AddFeeds(*opened.writer, feeds);
  return TimeWrites(*opened.writer, feeds);
}

double TimeSqlite(int feeds) {
  const support::TemporaryDirectory folder;
  schemas::StoreSettings settings;
  settings.path = folder.File("saunter.db");
  return TimeEngine(settings, feeds);
}

double TimePostgres(support::Cluster& cluster, int feeds) {
  const auto name = cluster.MakeDatabase();
  schemas::StoreSettings settings;
  settings.url = cluster.UrlOf(name);
  const auto took = TimeEngine(settings, feeds);
  cluster.DropDatabase(name);
  return took;
}

int Run(int links, int pairs) {
  if (const auto why = support::Cluster::WhyNone(); !why.empty()) {
    std::printf("engines_bench: SKIPPED: %s\n", why.c_str());
    return 0;
  }
  support::Cluster cluster(support::Cluster::Keeping::kOnDisk);
  const int feeds = std::max(1, links / kEntriesPerFeed);
  const double written = static_cast<double>(feeds) * kEntriesPerFeed;
  std::vector<double> ratios;
  for (int pair = 0; pair < pairs; ++pair) {
    const auto sqlite = TimeSqlite(feeds);
    const auto postgres = TimePostgres(cluster, feeds);
    ratios.push_back(sqlite / postgres);
    std::printf("pair %d: PostgreSQL %.0f links/s, SQLite %.0f links/s, ratio %.2f\n", pair + 1,
                written / postgres, written / sqlite, ratios.back());
  }
  std::sort(ratios.begin(), ratios.end());
  std::printf(
      "engines_bench: %.0f links, PostgreSQL to SQLite: min %.2f, median %.2f, max %.2f (bar "
      "0.70)\n",
      written, ratios.front(), ratios[ratios.size() / 2], ratios.back());
  return 0;
}

}  // namespace
}  // namespace saunter::bench

int main(int argc, char** argv) {
  const int links =
      argc > 1 ? static_cast<int>(std::strtol(argv[1], nullptr, 10)) : saunter::bench::kLinks;
  const int pairs =
      argc > 2 ? static_cast<int>(std::strtol(argv[2], nullptr, 10)) : saunter::bench::kPairs;
  return saunter::bench::Run(std::max(links, 1), std::max(pairs, 1));
}
