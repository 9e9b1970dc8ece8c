#include "tests/end_to_end/migration_rounds.h"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "tests/end_to_end/house.h"
#include "tests/end_to_end/old_links.h"
#include "tests/support/notify_socket.h"

namespace saunter::end_to_end {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kKillsPerTryMax = 3;
constexpr int kTriesMax = 20;
constexpr char kNothing[] = "nothing";  // as NotifySocket says it

// A crawler that was started on the database, and what it tells the service manager.
class Start {
 public:
  Start(const House& house, const support::NotifySocket& manager) : manager_(manager) {
    // The last words of a crawler that was killed are not this one's.
    while (manager_.Received() != kNothing) {
    }
    crawler_ = house.StartCrawler();
  }

  // True as soon as it migrates; false if it is ready without that, or has ended.
  bool WaitForMigration() {
    Await([&] { return is_migrating_ || is_ready_; });
    return is_migrating_;
  }
  // False if it has ended.
  bool WaitForReady() {
    Await([&] { return is_ready_; });
    return is_ready_;
  }
  support::Process& crawler() { return *crawler_; }

 private:
  template <typename Condition>
  void Await(Condition condition) {
    (void)support::WaitUntil(
        [&] {
          // Asked first, so that the last words of one that has ended are read.
          const bool runs = crawler_->Running();
          for (auto told = manager_.Received(); told != kNothing; told = manager_.Received()) {
            is_migrating_ = is_migrating_ || told.find("migrating") != std::string::npos;
            is_ready_ = is_ready_ || told.find("READY=1") != std::string::npos;
          }
          return condition() || !runs;
        },
        kDeadline);
  }

  const support::NotifySocket& manager_;
  std::unique_ptr<support::Process> crawler_;
  bool is_migrating_ = false;
  bool is_ready_ = false;
};

class MigrationRounds {
 public:
  explicit MigrationRounds(std::mt19937& random) : random_(random) {
    MakeOldLinks(old_path_);
    CopyOldDatabase();
    Start start(house_, manager_);
    if (!start.WaitForMigration()) Fail("nothing is migrated");
    const auto began_at = Clock::now();
    EndReady(start);
    sums_.migration_ms =
        std::chrono::ceil<std::chrono::milliseconds>(Clock::now() - began_at).count();
    pause_ms_max_ = sums_.migration_ms;
    CompareAll();
  }

  // Until a kill has fallen within the migration.
  void RunRound() {
    ++sums_.rounds;
    const auto killed = sums_.killed;
    for (int i = 0; i < kTriesMax && sums_.killed == killed; ++i) MigrateThroughKills();
  }

  [[nodiscard]] const MigrationSums& sums() const { return sums_; }

 private:
  void CopyOldDatabase() {
    for (const auto* suffix : {"", "-wal", "-shm"}) {
      std::filesystem::remove(house_.DatabasePath() + suffix);
    }
    std::filesystem::copy_file(old_path_, house_.DatabasePath());
  }

  void MigrateThroughKills() {
    CopyOldDatabase();
    const auto kills_max = std::uniform_int_distribution<int>(1, kKillsPerTryMax)(random_);
    std::int64_t pause_ms = 0;
    for (int kills = 0;; ++kills) {
      Start start(house_, manager_);
      const bool migrates = start.WaitForMigration();
      // What a kill has left to do shows where it fell.
      if (kills > 0) ++(migrates ? sums_.killed : sums_.killed_after);
      if (kills == 1 && !migrates) pause_ms_max_ = pause_ms;  // it takes no longer
      if (!migrates || kills == kills_max) {
        EndReady(start);
        break;
      }
      pause_ms = std::uniform_int_distribution<std::int64_t>(0, pause_ms_max_)(random_);
      Kill(start.crawler(), std::chrono::milliseconds(pause_ms));
    }
    CompareAll();
  }

  void Kill(support::Process& crawler, std::chrono::milliseconds pause) {
    // Not a wait for something to happen: the moment itself is what is random here.
    std::this_thread::sleep_for(pause);
    if (!crawler.Running()) Fail("it ended by itself: " + crawler.Errors());
    crawler.Signal(SIGKILL);
    if (!crawler.WaitForExit(kDeadline)) Fail("it outlived SIGKILL");
  }

  void EndReady(Start& start) {
    if (!start.WaitForReady()) Fail("it is not ready");
    start.crawler().Signal(SIGTERM);
    if (start.crawler().WaitForExit(kDeadline) != 0) {
      Fail("it did not end well: " + start.crawler().Errors());
    }
  }

  void CompareAll() {
    const auto check = house_.Saunter({"db", "check"});
    if (check.exit_code != 0) {
      Fail(check.output + check.errors);
      return;
    }
    for (const auto& difference : Differences(old_path_, house_.DatabasePath())) Fail(difference);
  }

  void Fail(const std::string& what) {
    std::printf("migration round %lld: %s\n", static_cast<long long>(sums_.rounds), what.c_str());
    ++sums_.failed;
  }

  std::mt19937& random_;
  const support::NotifySocket manager_;
  const House house_;
  const std::string old_path_ = house_.File("old.db");
  std::int64_t pause_ms_max_ = 0;  // a kill that comes later comes after the migration
  MigrationSums sums_;
};

}  // namespace

MigrationSums RunMigrationRounds(int rounds, std::mt19937& random) {
  MigrationRounds migration(random);
  for (int round = 1; round <= rounds; ++round) migration.RunRound();
  return migration.sums();
}

}  // namespace saunter::end_to_end
