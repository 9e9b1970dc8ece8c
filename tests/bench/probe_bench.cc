// probe_bench [LINKS [HOSTS [PAIRS]]]: probing links by `saunter-crawler --once`, request to
// commit, against HEADs of the same URLs by bare curl_multi.
//
// Per-host pace would be all that is measured: with a second between two requests to a host, ten
// links of a host take nine. The pace is off here (the house's settings), both sides have the same
// number of transfers in flight, and the same URLs in the same order, host after host in turn. The
// crawler asks each site for one page more, which it cannot have. Prints links/s and the ratio of
// each pair.

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "crawler/url/url.h"
#include "store/writer.h"
#include "tests/bench/bare_multi.h"
#include "tests/end_to_end/house.h"

namespace saunter::bench {
namespace {

constexpr int kLinks = 50000;
constexpr int kHosts = 5000;
constexpr int kPairs = 3;
constexpr int kInFlight = 64;
constexpr schemas::UnixSeconds kLongAgo = 1700000000;
constexpr schemas::UnixSeconds kNever = 4000000000;

double Seconds(std::chrono::steady_clock::time_point since) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
}

// Posts are there, anything else is not.
support::OriginAnswer AnswerPost(const support::OriginRequest& request) {
  support::OriginAnswer answer;
  if (request.target.find("/post-") == std::string::npos) answer.status = 404;
  answer.headers = {{"Content-Type", "text/html"}};
  answer.body = "<title>A post</title>Words.";
  return answer;
}

// Run as a child: reads URLs from a file, asks for them all.
int RunBare(const char* path) {
  std::vector<std::string> urls;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) urls.push_back(line);
  const auto sums = FetchAll(urls, kInFlight, BareMethod::kHead);
  std::printf("%lld ok, %lld failed\n", static_cast<long long>(sums.ok),
              static_cast<long long>(sums.failed));
  return sums.failed == 0 ? 0 : 1;
}

double TimeBare(const end_to_end::House& house, const std::string& self) {
  const auto start = std::chrono::steady_clock::now();
  const auto done = support::RunToEnd({.program = self,
                                       .arguments = {"--bare", house.File("urls.txt")},
                                       .environment = {},
                                       .input = {},
                                       .directory = {}},
                                      std::chrono::minutes(5));
  if (done.exit_code != 0) std::printf("bare: %s%s\n", done.output.c_str(), done.errors.c_str());
  return Seconds(start);
}

// A database in which one feed lists all of these posts, every one due and never probed.
void FillDatabase(const std::string& path, const std::vector<std::string>& urls) {
  for (const auto* suffix : {"", "-wal", "-shm", ".lock", "-asked"})
    ::unlink((path + suffix).c_str());
  schemas::StoreSettings settings;
  settings.path = path;
  auto opened = store::OpenWriter(settings, "probe_bench");
  if (!opened.writer) {
    std::printf("%s\n", opened.detail.c_str());
    std::exit(1);
  }
  schemas::AddFeed feed;
  feed.url = "http://127.1.0.1/feed";
  feed.host = feed.registrable_domain = "127.1.0.1";
  feed.added_at = kLongAgo;
  feed.next_check_at = kNever;
  schemas::WriteBatch batch;
  batch.changes.emplace_back(feed);
  auto& crawl = batch.crawls.emplace_back();
  crawl.feed.feed_id = 1;
  crawl.feed.url = feed.url;
  crawl.feed.host = crawl.feed.registrable_domain = feed.host;
  crawl.feed.checked_at = kLongAgo;
  crawl.feed.next_check_at = kNever;
  for (const auto& url : urls) {
    auto& entry = crawl.entries.emplace_back();
    entry.guid_key = entry.url_key = entry.content_key = crawler::url::UrlKey(url);
    entry.url = url;
    entry.host = entry.registrable_domain = crawler::url::ParseUrl(url)->host;
    entry.title = "A post";
    entry.next_check_at = kLongAgo + std::ssize(crawl.entries);
  }
  const auto transaction = opened.writer->Begin(kLongAgo);
  static_cast<void>(transaction->Apply(batch));
  transaction->Commit(store::WriteTransaction::Durability::kFull);
}

double TimeProbes(const end_to_end::House& house, const std::vector<std::string>& urls) {
  FillDatabase(house.DatabasePath(), urls);
  const auto start = std::chrono::steady_clock::now();
  const auto in_flight = std::to_string(kInFlight);
  auto crawler =
      house.StartCrawler({"--once", "--fetch.transfers_max", in_flight,
                          "--health.probes_in_flight_max", in_flight, "--log.level", "warning"});
  if (crawler->WaitForExit(std::chrono::minutes(10)) != 0) {
    std::printf("%s\n", crawler->Errors().c_str());
  }
  const auto seconds = Seconds(start);
  std::printf("  %s", crawler->Output().c_str());
  return seconds;
}

int Run(int links, int hosts, int pairs) {
  std::string self(4096, '\0');
  self.resize(static_cast<std::size_t>(
      std::max<ssize_t>(0, readlink("/proc/self/exe", self.data(), self.size()))));
  end_to_end::House house(AnswerPost, {.logs_requests = false});
  std::vector<std::string> urls;
  urls.reserve(static_cast<std::size_t>(links));
  for (int i = 0; i < links; ++i) {
    urls.push_back(house.origin().Url(end_to_end::SiteAddress(i % hosts),
                                      "/post-" + std::to_string(i / hosts)));
  }
  {
    std::ofstream file(house.File("urls.txt"));
    for (const auto& url : urls) file << url << "\n";
  }
  std::vector<double> ratios;
  for (int pair = 0; pair < pairs; ++pair) {
    const auto bare = TimeBare(house, self);
    const auto probes = TimeProbes(house, urls);
    ratios.push_back(bare / probes);
    std::printf("pair %d: --once %.0f links/s, bare curl_multi %.0f links/s, ratio %.2f\n",
                pair + 1, links / probes, links / bare, ratios.back());
  }
  std::sort(ratios.begin(), ratios.end());
  std::printf(
      "probe_bench: %d links on %d hosts, ratio to bare curl_multi: min %.2f, median %.2f, max "
      "%.2f\n",
      links, hosts, ratios.front(), ratios[ratios.size() / 2], ratios.back());
  return 0;
}

int NumberOf(int argc, char** argv, int place, int otherwise) {
  if (argc <= place) return otherwise;
  return std::max(1, static_cast<int>(std::strtol(argv[place], nullptr, 10)));
}

}  // namespace
}  // namespace saunter::bench

int main(int argc, char** argv) {
  namespace bench = saunter::bench;
  if (argc == 3 && std::string(argv[1]) == "--bare") return bench::RunBare(argv[2]);
  return bench::Run(bench::NumberOf(argc, argv, 1, bench::kLinks),
                    bench::NumberOf(argc, argv, 2, bench::kHosts),
                    bench::NumberOf(argc, argv, 3, bench::kPairs));
}
