// crawlers KILLS STOPS: three crawlers on one PostgreSQL database, killed and put to sleep while
// they crawl, held against the log of the hosts that they ask.
//
// A crawler is killed by SIGKILL and started anew, or stopped for longer than a lease and let go
// on, in turns, until all of these were done; fresh feeds come in all the time. At the end no host
// was asked under its gap, no feed twice within its interval, and nothing was committed by one that
// slept of what others had taken over: those feeds stay unread until their interval is over.
//
// Exit code 0 if all of it held; 77 where there is no PostgreSQL.
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/end_to_end/house.h"
#include "tests/support/cluster.h"

namespace saunter::end_to_end {
namespace {

constexpr int kCrawlers = 3;
constexpr int kSites = 48;
constexpr int kFeedsPerSite = 12;
constexpr std::int64_t kGapMs = 300;
constexpr std::int64_t kIntervalS = 3600;
constexpr auto kLease = std::chrono::seconds(3);

support::OriginAnswer AnswerFeed(const support::OriginRequest& request) {
  support::OriginAnswer answer;
  if (!request.target.starts_with("/feed")) {
    answer.status = 404;
    return answer;
  }
  answer.headers = {{"Content-Type", "application/rss+xml"}, {"ETag", "\"1\""}};
  answer.body = RssFeed("http://" + std::string(request.Header("Host")), 1, 2);
  answer.delay_ms = 50;
  return answer;
}

int NumberOf(const std::string& text) {
  return static_cast<int>(std::strtol(text.c_str(), nullptr, 10));
}

class Crawlers {
 public:
  Crawlers() : database_(support::Cluster::Own().MakeDatabase()) {
    for (int i = 0; i < kCrawlers; ++i) crawlers_.push_back(Start(i));
  }

  [[nodiscard]] std::vector<std::string> Store() const {
    return {"--store.url", support::Cluster::Own().UrlOf(database_)};
  }
  // Feeds that nobody knows yet, one more on each site; false: that failed.
  bool Import() {
    std::string list;
    for (int i = 0; i < kFeedsPerSite; ++i, ++feeds_) {
      for (int site = 0; site < kSites; ++site) {
        list += house_.origin().Url(SiteAddress(site), "/feed" + std::to_string(feeds_)) + "\n";
      }
    }
    auto arguments = Store();
    arguments.insert(arguments.begin(), {"import", "-"});
    const auto done = house_.Saunter(arguments, list);
    if (done.exit_code != 0)
      std::printf("import: %s%s\n", done.output.c_str(), done.errors.c_str());
    return done.exit_code == 0;
  }
  [[nodiscard]] bool WaitForMore(std::uint64_t requests) {
    const auto until = house_.origin().requests() + requests;
    return house_.origin().WaitForRequests(until, kDeadline);
  }

  // True: the others have taken over what it held, and it has joined anew.
  bool Kill(int who) {
    crawlers_.at(Index(who))->Signal(SIGKILL);
    static_cast<void>(crawlers_.at(Index(who))->WaitForExit(kDeadline));
    errors_ += crawlers_.at(Index(who))->Errors();
    crawlers_.at(Index(who)) = Start(who);
    return WaitForMembers(kCrawlers);
  }
  bool Sleep(int who) {
    auto& crawler = *crawlers_.at(Index(who));
    crawler.Signal(SIGSTOP);
    if (!WaitForMembers(kCrawlers - 1)) return false;
    // What it had asked, or read to ask, was put off; whoever reads one of them now wrote for
    // others.
    const auto put_off = Query(
        "SELECT coalesce(string_agg(feed_id::text, ','), '0') FROM feed WHERE "
        "checked_at IS NULL AND next_check_reason LIKE 'it was asked%'");
    crawler.Signal(SIGCONT);
    if (!WaitForMembers(kCrawlers)) return false;
    if (!WaitForMore(30) && Query("SELECT count(*) FROM feed WHERE checked_at IS NULL") != "0") {
      std::printf("  (little was left to ask)\n");
    }
    put_off_.push_back(put_off);
    return true;
  }
  // Ends all of them, cleanly.
  bool Stop() {
    bool is_clean = true;
    for (auto& crawler : crawlers_) crawler->Signal(SIGTERM);
    for (auto& crawler : crawlers_) {
      const auto code = crawler->WaitForExit(kDeadline);
      if (code != 0)
        std::printf("a crawler ended with %d\n%s\n", code.value_or(-1), crawler->Errors().c_str());
      is_clean = is_clean && code == 0;
      errors_ += crawler->Errors();
    }
    return is_clean;
  }

  [[nodiscard]] int CountUnderGap() {
    std::map<std::string, std::int64_t> last;
    int count = 0;
    for (const auto& request : house_.origin().Log()) {
      const auto before = last.find(request.address);
      if (before != last.end() && request.at_ms - before->second < kGapMs) {
        ++count;
        std::printf("%s asked %s after %lld ms\n", request.address.c_str(), request.target.c_str(),
                    static_cast<long long>(request.at_ms - before->second));
      }
      last[request.address] = request.at_ms;
    }
    return count;
  }
  [[nodiscard]] int CountTwice() {
    std::map<std::string, std::int64_t> last;
    int count = 0;
    for (const auto& request : house_.origin().Log()) {
      if (!request.target.starts_with("/feed")) continue;
      const auto [at, is_new] = last.emplace(request.address + request.target, request.at_ms);
      if (!is_new && request.at_ms - at->second < kIntervalS * 1000) {
        ++count;
        std::printf("%s asked again after %lld ms\n", at->first.c_str(),
                    static_cast<long long>(request.at_ms - at->second));
      }
      at->second = request.at_ms;
    }
    return count;
  }
  // Feeds that were written by one that had lost them.
  [[nodiscard]] int CountWrittenAsleep() const {
    int count = 0;
    for (const auto& ids : put_off_) {
      count +=
          NumberOf(Query("SELECT count(*) FROM feed WHERE checked_at IS NOT NULL AND feed_id "
                         "IN (" +
                         ids + ")"));
    }
    return count;
  }
  [[nodiscard]] std::string Query(const std::string& sql) const {
    auto answer = support::Cluster::Own().Ask(database_, sql);
    while (!answer.empty() && answer.back() == '\n') answer.pop_back();
    return answer;
  }
  [[nodiscard]] std::uint64_t Asked() { return house_.origin().requests(); }
  [[nodiscard]] std::string Errors() const {
    auto errors = errors_;
    for (const auto& crawler : crawlers_) errors += crawler->Errors();
    return errors;
  }

 private:
  static std::size_t Index(int who) { return static_cast<std::size_t>(who); }
  std::unique_ptr<support::Process> Start(int who) {
    auto arguments = Store();
    for (const std::string& argument : {std::string("--store.path"),
                                        house_.File("crawler" + std::to_string(who) + ".db"),
                                        std::string("--store.lease_s"),
                                        std::to_string(kLease.count()),
                                        std::string("--store.lease_renewal_s"),
                                        std::string("1"),
                                        std::string("--fetch.host_gap_min_ms"),
                                        std::to_string(kGapMs),
                                        std::string("--fetch.host_gap_max_ms"),
                                        std::string("1000"),
                                        std::string("--fetch.feed_timeout_ms"),
                                        std::string("2000"),
                                        std::string("--fetch.connect_timeout_ms"),
                                        std::string("1000"),
                                        std::string("--health.probes_in_flight_max"),
                                        std::string("0"),
                                        std::string("--schedule.interval_min_s"),
                                        std::to_string(kIntervalS),
                                        std::string("--schedule.unconditional_interval_min_s"),
                                        std::to_string(kIntervalS)}) {
      arguments.push_back(argument);
    }
    return house_.StartCrawler(arguments);
  }
  [[nodiscard]] bool WaitForMembers(int count) const {
    return support::WaitUntil(
        [&] {
          return Query(
                     "SELECT count(*) FROM member m WHERE renewed_until_at > clock_now() AND "
                     "EXISTS (SELECT 1 FROM shard s WHERE s.owner = m.owner)") ==
                     std::to_string(count) &&
                 Query("SELECT count(*) FROM member") == std::to_string(count);
        },
        kDeadline);
  }

  House house_{AnswerFeed};
  const std::string database_;
  std::vector<std::unique_ptr<support::Process>> crawlers_;
  std::vector<std::string> put_off_;  // lists of feed ids
  std::string errors_;
  int feeds_ = 0;
};

int Fail(const char* what, const Crawlers& crawlers) {
  std::printf("%s\n%s\n", what, crawlers.Errors().c_str());
  return 1;
}

int Run(int kills, int stops) {
  Crawlers crawlers;
  std::mt19937 random(1);
  const auto total = kills + stops;
  for (int done = 0; done < total; ++done) {
    if (!crawlers.Import()) return Fail("feeds could not be imported", crawlers);
    if (!crawlers.WaitForMore(40)) return Fail("nothing is asked", crawlers);
    const auto who = static_cast<int>(random() % kCrawlers);
    // In turns, as long as there are both.
    const bool is_kill = stops == 0 || (kills > 0 && done % 2 == 0);
    --(is_kill ? kills : stops);
    if (!(is_kill ? crawlers.Kill(who) : crawlers.Sleep(who))) {
      return Fail(is_kill ? "the killed one did not come back" : "the sleeper did not come back",
                  crawlers);
    }
    std::printf("%d of %d: crawler %d %s, %llu requests so far\n", done + 1, total, who,
                is_kill ? "killed" : "slept", static_cast<unsigned long long>(crawlers.Asked()));
  }
  if (!crawlers.Stop()) return Fail("a crawler did not end cleanly", crawlers);
  const auto under_gap = crawlers.CountUnderGap();
  const auto twice = crawlers.CountTwice();
  const auto asleep = crawlers.CountWrittenAsleep();
  std::printf(
      "%llu requests; under the gap: %d; twice in the interval: %d; written by one that "
      "slept: %d; shards held at the end: %s\n",
      static_cast<unsigned long long>(crawlers.Asked()), under_gap, twice, asleep,
      crawlers.Query("SELECT count(owner) FROM shard").c_str());
  return under_gap == 0 && twice == 0 && asleep == 0 ? 0 : Fail("not all of it held", crawlers);
}

}  // namespace
}  // namespace saunter::end_to_end

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  if (const auto why = saunter::support::Cluster::WhyNone(); !why.empty()) {
    std::printf("%s\n", why.c_str());
    return 77;
  }
  const int kills = argc > 1 ? saunter::end_to_end::NumberOf(argv[1]) : 1;
  const int stops = argc > 2 ? saunter::end_to_end::NumberOf(argv[2]) : 1;
  return saunter::end_to_end::Run(kills, stops);
}
