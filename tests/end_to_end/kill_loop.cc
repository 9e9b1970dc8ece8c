// kill_loop ROUNDS: kills the crawler at random moments over one database under crawl.
//
// Each round imports fresh feeds, starts the crawler, ends it by SIGKILL after a random share of
// its work, and holds the database against what the crawler had reported: every batch it called
// committed must be there with the same number of links, integrity and foreign keys must be clean.
// The API runs throughout and is asked all the time: 200, or a 503 that says why.
//
// A tenth of the rounds, run before those, kill it while it migrates an old database.
//
// Exit code 0 if every round held.

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/end_to_end/house.h"
#include "tests/end_to_end/migration_rounds.h"

namespace saunter::end_to_end {
namespace {

constexpr int kFeedsPerRound = 200;
constexpr int kEntriesPerFeed = 20;
constexpr int kKillAfterMsMax = 400;

struct Sums {
  std::int64_t batches_reported = 0;
  std::int64_t batches_missing = 0;
  std::int64_t batches_torn = 0;
  std::int64_t checks_failed = 0;
  std::int64_t killed_at_work = 0;
};

// "committed batch N: …" lines of the crawler's log, as N → new links.
std::map<std::int64_t, std::int64_t> ReportedBatches(const std::string& log) {
  constexpr std::string_view kBegin = "committed batch ";
  constexpr std::string_view kEnd = " new links";
  std::map<std::int64_t, std::int64_t> batches;
  for (auto at = log.find(kBegin); at != std::string::npos; at = log.find(kBegin, at + 1)) {
    const auto line_end = std::min(log.find('\n', at), log.size());
    const auto links_end = log.find(kEnd, at);
    if (links_end >= line_end) continue;  // the kill cut the line short
    const auto links_begin = log.rfind(' ', links_end - 1) + 1;
    batches[std::strtoll(log.c_str() + at + kBegin.size(), nullptr, 10)] =
        std::strtoll(log.c_str() + links_begin, nullptr, 10);
  }
  return batches;
}

void CompareBatches(const std::string& path, const std::string& log, Sums& sums) {
  SQLite::Database database(path, SQLite::OPEN_READONLY, 5000);
  SQLite::Statement find(database, "SELECT links_new FROM batch WHERE batch_id = ?");
  for (const auto& [batch_id, links_new] : ReportedBatches(log)) {
    ++sums.batches_reported;
    find.reset();
    find.bind(1, static_cast<std::int64_t>(batch_id));
    if (!find.executeStep()) {
      ++sums.batches_missing;
    } else if (find.getColumn(0).getInt64() != links_new) {
      ++sums.batches_torn;
    }
  }
}

// Asks the API until stopped; counts what came back.
class Readers {
 public:
  explicit Readers(const House& house)
      : thread_([this, &house](const std::stop_token& stop) {
          while (!stop.stop_requested()) Note(house.Ask("/v1/random"));
        }) {}

  [[nodiscard]] std::int64_t answers() const { return answers_; }
  [[nodiscard]] std::int64_t not_ready() const { return not_ready_; }
  [[nodiscard]] std::int64_t wrong() const { return wrong_; }

 private:
  void Note(const std::optional<support::ClientAnswer>& answer) {
    ++answers_;
    if (!answer) {
      ++wrong_;
    } else if (answer->status == 503) {
      ++not_ready_;
    } else if (answer->status != 200) {
      ++wrong_;
    }
  }

  std::atomic<std::int64_t> answers_ = 0;
  std::atomic<std::int64_t> not_ready_ = 0;
  std::atomic<std::int64_t> wrong_ = 0;
  std::jthread thread_;
};

std::vector<std::string> FeedUrls(const support::Origin& origin, int round) {
  std::vector<std::string> urls;
  for (int i = 0; i < kFeedsPerRound; ++i) {
    urls.push_back(
        origin.Url(SiteAddress(i), "/" + std::to_string(round * kFeedsPerRound + i) + "/feed"));
  }
  return urls;
}

support::OriginAnswer AnswerFeed(const support::OriginRequest& request) {
  support::OriginAnswer answer;
  answer.headers = {{"Content-Type", "application/rss+xml"}};
  answer.body = RssFeed("http://" + request.address + request.target, 1, kEntriesPerFeed);
  return answer;
}

void RunRound(House& house, int round, std::mt19937& random, Sums& sums) {
  if (house.Import(FeedUrls(house.origin(), round)).exit_code != 0) {
    std::printf("round %d: the import failed\n", round);
    ++sums.checks_failed;
    return;
  }
  auto crawler = house.StartCrawler({"--write.batch_rows_max", "60", "--log.level", "debug"});
  if (!crawler->WaitForLine("committed batch", kDeadline)) {
    std::printf("round %d: no batch was committed\n%s\n", round, crawler->Errors().c_str());
    ++sums.checks_failed;
  }
  const auto pause = std::uniform_int_distribution<int>(0, kKillAfterMsMax)(random);
  // Not a wait for something to happen: the moment itself is what is random here.
  std::this_thread::sleep_for(std::chrono::milliseconds(pause));
  if (crawler->Running()) ++sums.killed_at_work;
  crawler->Signal(SIGKILL);
  if (!crawler->WaitForExit(kDeadline)) ++sums.checks_failed;
  CompareBatches(house.DatabasePath(), crawler->Errors(), sums);
  const auto check = house.Saunter({"db", "check"});
  if (check.exit_code != 0) {
    std::printf("round %d: %s%s\n", round, check.output.c_str(), check.errors.c_str());
    ++sums.checks_failed;
  }
}

bool Crawls(int rounds, std::mt19937& random) {
  House house(AnswerFeed);
  Sums sums;
  if (house.Import({house.origin().Url(SiteAddress(0), "/start/feed")}).exit_code != 0) {
    return false;
  }
  auto first = house.StartCrawler({"--once", "--health.probes_in_flight_max", "0"});
  if (first->WaitForExit(kDeadline) != 0) return false;
  auto api = house.StartApi();
  if (!support::WaitUntil([&] { return house.Ask("/v1/random")->status == 200; }, kDeadline)) {
    return false;
  }
  const Readers readers(house);
  for (int round = 1; round <= rounds; ++round) RunRound(house, round, random, sums);
  const bool locked = api->Errors().find("database is locked") != std::string::npos;
  std::printf(
      "%d rounds, %lld ended at work by SIGKILL: %lld batches reported committed, %lld missing, "
      "%lld torn; %lld failed checks; API: %lld answers, %lld not ready (503), %lld wrong%s\n",
      rounds, static_cast<long long>(sums.killed_at_work),
      static_cast<long long>(sums.batches_reported), static_cast<long long>(sums.batches_missing),
      static_cast<long long>(sums.batches_torn), static_cast<long long>(sums.checks_failed),
      static_cast<long long>(readers.answers()), static_cast<long long>(readers.not_ready()),
      static_cast<long long>(readers.wrong()), locked ? "; \"database is locked\" was logged" : "");
  return sums.batches_reported > 0 && sums.batches_missing == 0 && sums.batches_torn == 0 &&
         sums.checks_failed == 0 && readers.wrong() == 0 && !locked;
}

int Run(int rounds) {
  std::mt19937 random(std::random_device{}());
  const int migrations = std::max(1, rounds / 10);
  const auto sums = RunMigrationRounds(migrations, random);
  const bool crawled = Crawls(std::max(1, rounds - migrations), random);
  std::printf(
      "%lld rounds with an old database, migrated in %lld ms: %lld times ended by SIGKILL "
      "meanwhile, "
      "%lld times after; %lld failed checks\n",
      static_cast<long long>(sums.rounds), static_cast<long long>(sums.migration_ms),
      static_cast<long long>(sums.killed), static_cast<long long>(sums.killed_after),
      static_cast<long long>(sums.failed));
  return crawled && sums.killed > 0 && sums.failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace saunter::end_to_end

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? static_cast<int>(std::strtol(argv[1], nullptr, 10)) : 0;
  if (rounds < 1) {
    std::fprintf(stderr, "usage: kill_loop ROUNDS\n");
    return 2;
  }
  return saunter::end_to_end::Run(rounds);
}
