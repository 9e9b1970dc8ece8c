// neighbours_bench [QUICK [SLOW [PAIRS]]]: what slow hosts with much to do cost all the others.
//
// The running crawler has QUICK feeds and QUICK links due, each on a loopback host of its own, turn
// and turn about alone and beside SLOW due items, half of them feeds and half links, that stand on
// a few hosts, were due before, and are never answered. Prints feeds/s and links/s of the quick
// hosts, and the ratios of each pair.

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "crawler/url/url.h"
#include "store/reader.h"
#include "store/writer.h"
#include "tests/bench/bench_house.h"

namespace saunter::bench {
namespace {

constexpr int kQuick = 6000;
constexpr int kSlow = 10000;
constexpr int kPairs = 5;
constexpr int kSlowHosts = 4;
constexpr double kSecondsMax = 120;
constexpr schemas::UnixSeconds kLongAgo = 1700000000;
constexpr schemas::UnixSeconds kNever = 4000000000;

std::string SlowAddress(int number) {
  return "127.250." + std::to_string(number % kSlowHosts) + ".1";
}

support::OriginAnswer Answer(const support::OriginRequest& request) {
  support::OriginAnswer answer;
  if (request.address.starts_with("127.250.")) {
    answer.manner = support::OriginManner::kSilent;
    return answer;
  }
  if (request.target == "/feed") return AnswerFeed(request);
  answer.status = request.target.starts_with("/post") ? 200 : 404;
  answer.headers = {{"Content-Type", "text/html"}};
  answer.body = "<title>A post</title><p>It is still here.";
  return answer;
}

struct Due {
  std::vector<std::string> feeds;
  std::vector<std::string> links;
};

Due Quick(end_to_end::House& house, int count) {
  Due due;
  for (int i = 0; i < count; ++i) {
    due.feeds.push_back(house.origin().Url(end_to_end::SiteAddress(i), "/feed"));
    due.links.push_back(house.origin().Url(end_to_end::SiteAddress(count + i), "/post"));
  }
  return due;
}

Due Slow(end_to_end::House& house, int count) {
  Due due;
  for (int i = 0; i < count / 2; ++i) {
    const auto number = std::to_string(i);
    due.feeds.push_back(house.origin().Url(SlowAddress(i), "/feed" + number));
    due.links.push_back(house.origin().Url(SlowAddress(i), "/post" + number));
  }
  return due;
}

// Feeds and links go into the database as due since `due_at`.
void Add(const Due& due, schemas::UnixSeconds due_at, schemas::WriteBatch& batch) {
  for (const auto& url : due.feeds) {
    schemas::AddFeed feed;
    feed.url = url;
    feed.host = feed.registrable_domain = crawler::url::ParseUrl(url)->host;
    feed.added_at = feed.next_check_at = due_at;
    batch.changes.emplace_back(feed);
  }
  for (const auto& url : due.links) {
    auto& entry = batch.crawls.front().entries.emplace_back();
    entry.guid_key = entry.url_key = entry.content_key = crawler::url::UrlKey(url);
    entry.url = url;
    entry.host = entry.registrable_domain = crawler::url::ParseUrl(url)->host;
    entry.title = "A post";
    entry.next_check_at = due_at;
  }
}

void FillDatabase(const end_to_end::House& house, const Due& quick, const Due& slow) {
  RemoveDatabase(house);
  schemas::StoreSettings settings;
  settings.path = house.DatabasePath();
  // One list names all the links.
  settings.feed_links_first_max = settings.source_sites_max = 1000000;
  auto opened = store::OpenWriter(settings, "neighbours_bench");
  if (!opened.writer) {
    std::printf("%s\n", opened.detail.c_str());
    std::exit(1);
  }
  // One feed lists all links, and is not asked.
  schemas::AddFeed list;
  list.url = "http://127.1.0.1/list";
  list.host = list.registrable_domain = "127.1.0.1";
  list.added_at = kLongAgo;
  list.next_check_at = kNever;
  schemas::WriteBatch batch;
  batch.changes.emplace_back(list);
  auto& crawl = batch.crawls.emplace_back();
  crawl.feed.feed_id = 1;
  crawl.feed.url = list.url;
  crawl.feed.host = crawl.feed.registrable_domain = list.host;
  crawl.feed.checked_at = kLongAgo;
  crawl.feed.next_check_at = kNever;
  Add(slow, kLongAgo, batch);
  Add(quick, kLongAgo + 1000, batch);
  const auto transaction = opened.writer->Begin(kLongAgo);
  static_cast<void>(transaction->Apply(batch));
  transaction->Commit(store::WriteTransaction::Durability::kFull);
}

struct Rates {
  double feeds = 0;  // a second; 0: they did not all come
  double links = 0;
};

Rates Measure(const end_to_end::House& house, const Due& quick, const Due& slow) {
  FillDatabase(house, quick, slow);
  schemas::StoreSettings settings;
  settings.path = house.DatabasePath();
  const auto start = std::chrono::steady_clock::now();
  auto crawler = house.StartCrawler({"--log.level", "warning"});
  auto reader = store::OpenReader(settings).reader;
  Rates rates;
  while (reader != nullptr && (rates.feeds == 0 || rates.links == 0)) {
    const auto seconds = Seconds(start);
    if (seconds > kSecondsMax) break;
    const auto stats = reader->ReadStats();
    if (rates.feeds == 0 && stats.feeds_never_fetched <= std::ssize(slow.feeds)) {
      rates.feeds = static_cast<double>(quick.feeds.size()) / seconds;
    }
    // The posts of fetched feeds are new links, too.
    if (rates.links == 0 && stats.links_alive >= std::ssize(quick.links)) {
      rates.links = static_cast<double>(quick.links.size()) / seconds;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  crawler->Signal(SIGTERM);
  if (crawler->WaitForExit(std::chrono::seconds(60)) != 0) {
    std::printf("%s\n", crawler->Errors().c_str());
  }
  return rates;
}

int Run(int quick_count, int slow_count, int pairs) {
  end_to_end::House house(Answer, {.logs_requests = false});
  const auto quick = Quick(house, quick_count);
  const auto slow = Slow(house, slow_count);
  std::vector<double> feeds;
  std::vector<double> links;
  for (int pair = 0; pair < pairs; ++pair) {
    const auto alone = Measure(house, quick, {});
    const auto beside = Measure(house, quick, slow);
    if (alone.feeds == 0 || alone.links == 0) return 1;
    feeds.push_back(beside.feeds / alone.feeds);
    links.push_back(beside.links / alone.links);
    std::printf(
        "pair %d: alone %.0f feeds/s and %.0f links/s, beside %d due items of %d slow hosts %.0f "
        "and %.0f, ratios %.2f and %.2f\n",
        pair + 1, alone.feeds, alone.links, slow_count, kSlowHosts, beside.feeds, beside.links,
        feeds.back(), links.back());
  }
  PrintRatios("neighbours_bench: quick feeds beside slow hosts to the same alone", feeds);
  PrintRatios("neighbours_bench: quick links beside slow hosts to the same alone", links);
  return 0;
}

}  // namespace
}  // namespace saunter::bench

int main(int argc, char** argv) {
  namespace bench = saunter::bench;
  return bench::Run(bench::NumberOr(argc, argv, 1, bench::kQuick),
                    bench::NumberOr(argc, argv, 2, bench::kSlow),
                    bench::NumberOr(argc, argv, 3, bench::kPairs));
}
