// The running crawler, and a database that cannot be written, read or trusted.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <mutex>
#include <random>
#include <utility>

#include "tests/end_to_end/house.h"
#include "tests/support/files.h"

namespace saunter::end_to_end {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kSites = 300;
constexpr int kPosts = 20;

// An operator's shell with the database open.
class Shell {
 public:
  explicit Shell(const std::string& path) {
    if (sqlite3_open(path.c_str(), &handle_) != SQLITE_OK) throw std::runtime_error(path);
    sqlite3_busy_timeout(handle_, 60000);
  }
  ~Shell() { sqlite3_close(handle_); }
  Shell(const Shell&) = delete;
  Shell& operator=(const Shell&) = delete;
  void Execute(const char* sql) {
    if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
      throw std::runtime_error(sqlite3_errmsg(handle_));
    }
  }

 private:
  sqlite3* handle_ = nullptr;
};

void WriteWhole(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

class DatabaseFault : public ::testing::Test {
 protected:
  DatabaseFault()
      : house_([this](const support::OriginRequest& request) {
          if (const auto act = TakeFirstRequestAct()) act();
          support::OriginAnswer answer;
          answer.headers = {{"Content-Type", "application/rss+xml"}};
          answer.body = RssFeed("http://" + std::string(request.Header("Host")), 1, kPosts);
          answer.delay_ms = delay_ms_;
          return answer;
        }) {}

  // On the origin's thread, before it answers the first request from then on.
  void ActAtFirstRequest(std::function<void()> act) {
    const std::scoped_lock lock(act_mutex_);
    at_first_request_ = std::move(act);
  }
  std::function<void()> TakeFirstRequestAct() {
    const std::scoped_lock lock(act_mutex_);
    return std::exchange(at_first_request_, nullptr);
  }
  void Import(int sites = kSites) {
    std::vector<std::string> urls;
    for (int i = 0; i < sites; ++i) urls.push_back(house_.origin().Url(SiteAddress(i), "/feed"));
    ASSERT_EQ(house_.Import(urls).exit_code, 0);
  }
  // Feeds alone, and batches as soon as there is anything, each with its line in the log.
  void Start(std::vector<std::string> arguments = {}) {
    auto command = Command(std::move(arguments));
    crawler_ = std::make_unique<support::Process>(command);
  }
  support::Command Command(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--health.probes_in_flight_max", "0",
                                       "--write.batch_age_ms_max", "1", "--log.level", "debug"});
    auto command = house_.CrawlerCommand(std::move(arguments));
    command.environment = {{"LD_PRELOAD", support::Built("tests/end_to_end/libfaulty_disk.so")},
                           {"SAUNTER_FAULT", house_.File("fault")},
                           {"ASAN_OPTIONS", "verify_asan_link_order=0:detect_leaks=0"}};
    return command;
  }
  void SetFault(int error) { WriteWhole(house_.File("fault"), std::to_string(error)); }
  void EndFault() { std::filesystem::remove(house_.File("fault")); }

  [[nodiscard]] std::int64_t FeedsFetched() {
    const auto stats = house_.Saunter({"stats", "--json"}).output;
    constexpr std::string_view kKey = "\"feeds_never_fetched\":";
    const auto at = stats.find(kKey);
    if (at == std::string::npos) return -1;
    return kSites - std::strtoll(stats.c_str() + at + kKey.size(), nullptr, 10);
  }
  void ExpectAllFetchedOnce() {
    EXPECT_TRUE(support::WaitUntil([&] { return FeedsFetched() == kSites; }, kDeadline))
        << FeedsFetched() << crawler_->Errors();
    crawler_->Signal(SIGTERM);
    EXPECT_EQ(crawler_->WaitForExit(kDeadline), 0) << crawler_->Errors();
    EXPECT_EQ(house_.origin().requests(), static_cast<std::uint64_t>(kSites));
    const auto check = house_.Saunter({"db", "check"});
    EXPECT_EQ(check.exit_code, 0) << check.output << check.errors;
  }
  // A database with content whose last writer was killed.
  void LeaveUncleanDatabase() {
    Import();
    Start();
    ASSERT_TRUE(crawler_->WaitForLine("committed batch", kDeadline)) << crawler_->Errors();
    crawler_->Signal(SIGTERM);
    ASSERT_EQ(crawler_->WaitForExit(kDeadline), 0);
    WriteWhole(house_.DatabasePath() + ".lock", "saunter-crawler, process 1");
  }

  std::mutex act_mutex_;
  std::function<void()> at_first_request_;
  std::atomic<std::int64_t> delay_ms_ = 0;
  House house_;
  std::unique_ptr<support::Process> crawler_;
};

TEST_F(DatabaseFault, AFullDiskStopsTheFetchingUntilThereIsRoom) {
  delay_ms_ = 20;
  ActAtFirstRequest([this] { SetFault(ENOSPC); });
  Import();
  Start({"--fetch.transfers_max", "2", "--write.queue_results_max", "4"});
  ASSERT_TRUE(crawler_->WaitForLine("does not take writes (disk_full)", kDeadline));
  // What was in flight when it became known, and not one of the others.
  const auto asked = house_.origin().requests();
  EXPECT_LT(asked, static_cast<std::uint64_t>(kSites));
  const auto refused = house_.Saunter({"blacklist", "add", "b.example", "--reason", "a test"});
  EXPECT_NE(refused.exit_code, 0);
  EXPECT_THAT(refused.errors, HasSubstr("nothing was changed"));
  EXPECT_LE(house_.origin().requests(), asked + 4);
  EndFault();
  EXPECT_TRUE(crawler_->WaitForLine("takes writes again", kDeadline));
  ExpectAllFetchedOnce();
}

TEST_F(DatabaseFault, AFullDiskAtTheEndIsNoCleanEnd) {
  ActAtFirstRequest([this] { SetFault(ENOSPC); });
  Import();
  Start();
  ASSERT_TRUE(crawler_->WaitForLine("does not take writes (disk_full)", kDeadline));
  crawler_->Signal(SIGTERM);
  EXPECT_EQ(crawler_->WaitForExit(kDeadline), 74) << crawler_->Errors();
}

TEST_F(DatabaseFault, AnInputOutputErrorEndsItForARestart) {
  Import();
  for (const int next : {EIO, EROFS}) {
    EndFault();
    ActAtFirstRequest([this, next] { SetFault(next); });
    Start();
    EXPECT_EQ(crawler_->WaitForExit(kDeadline), 74) << crawler_->Errors();
    EXPECT_THAT(crawler_->Errors(), HasSubstr("cannot be written"));
  }
  EndFault();
  Start();
  ASSERT_TRUE(crawler_->WaitForLine("committed batch", kDeadline)) << crawler_->Errors();
  crawler_->Signal(SIGTERM);
  EXPECT_EQ(crawler_->WaitForExit(kDeadline), 0) << crawler_->Errors();
  // Those whose answers could not be written wait, as if they had been.
  EXPECT_LE(house_.origin().requests(), static_cast<std::uint64_t>(kSites));
}

TEST_F(DatabaseFault, ALockThatAnOperatorHoldsLosesNoBatch) {
  Import();
  Shell shell(house_.DatabasePath());
  delay_ms_ = 5;
  ActAtFirstRequest([&shell] { shell.Execute("BEGIN EXCLUSIVE"); });
  Start({"--store.busy_timeout_ms", "50"});
  ASSERT_TRUE(crawler_->WaitForLine("does not take writes (busy)", kDeadline));
  EXPECT_TRUE(crawler_->Running());
  shell.Execute("ROLLBACK");
  EXPECT_TRUE(crawler_->WaitForLine("takes writes again", kDeadline));
  ExpectAllFetchedOnce();
}

TEST_F(DatabaseFault, AReaderThatStaysStopsFirstTheProbesThenTheFetching) {
  Import();
  Shell shell(house_.DatabasePath());
  shell.Execute("BEGIN; SELECT count(*) FROM feed");
  Start({"--store.wal_warn_bytes", "300000", "--store.wal_probes_bytes_max", "400000",
         "--store.wal_feeds_bytes_max", "600000", "--store.checkpoint_interval_s", "1",
         "--fetch.transfers_max", "1", "--write.queue_results_max", "4"});
  ASSERT_TRUE(crawler_->WaitForLine("nothing is fetched until it has left", kDeadline))
      << crawler_->Errors();
  EXPECT_LT(house_.origin().requests(), static_cast<std::uint64_t>(kSites));
  EXPECT_GE(std::filesystem::file_size(house_.DatabasePath() + "-wal"), 600000U);
  shell.Execute("COMMIT");
  EXPECT_TRUE(crawler_->WaitForLine("the write-ahead log is small again", kDeadline))
      << crawler_->Errors();
  ExpectAllFetchedOnce();
}

TEST_F(DatabaseFault, ADamagedDatabaseIsLeftAsItIs) {
  LeaveUncleanDatabase();
  const auto whole = support::ReadFile(house_.DatabasePath());
  auto damaged = whole;
  for (std::size_t at = 4096; at < damaged.size(); at += 3000) damaged[at] = '\x55';
  for (const auto& bytes : {damaged, whole.substr(0, whole.size() / 3), std::string(5000, 'x')}) {
    WriteWhole(house_.DatabasePath(), bytes);
    WriteWhole(house_.DatabasePath() + ".lock", "saunter-crawler, process 1");
    Start();
    EXPECT_EQ(crawler_->WaitForExit(kDeadline), 65) << crawler_->Errors();
    EXPECT_TRUE(support::ReadFile(house_.DatabasePath()) == bytes) << "it was written";
  }
  EXPECT_THAT(crawler_->Errors(), HasSubstr("restore a backup"));
}

TEST_F(DatabaseFault, DamageThatIsMetWhileItRunsEndsItForGood) {
  Import();
  // Reads as a page of another kind: every look at the feeds by their time fails.
  ActAtFirstRequest([this] {
    auto bytes = support::ReadFile(house_.DatabasePath());
    std::fstream file(house_.DatabasePath(), std::ios::binary | std::ios::in | std::ios::out);
    for (std::size_t at = 4096; at < bytes.size(); at += 4096) {
      file.seekp(static_cast<std::streamoff>(at));
      file.put('\x55');
    }
  });
  Start({"--fetch.transfers_max", "1"});
  const auto code = crawler_->WaitForExit(kDeadline);
  EXPECT_EQ(code, 65) << crawler_->Errors();
}

// Whatever byte is flipped: no crash, and where the damage is seen nothing is written.
TEST_F(DatabaseFault, NoFlippedByteCrashesIt) {
  LeaveUncleanDatabase();
  const auto whole = support::ReadFile(house_.DatabasePath());
  std::mt19937 random(7);
  int refused = 0;
  for (int i = 0; i < 40; ++i) {
    auto bytes = whole;
    for (int flips = 0; flips < 25; ++flips) bytes[random() % bytes.size()] ^= '\xff';
    WriteWhole(house_.DatabasePath(), bytes);
    WriteWhole(house_.DatabasePath() + ".lock", "saunter-crawler, process 1");
    std::filesystem::remove(house_.DatabasePath() + "-wal");
    std::filesystem::remove(house_.DatabasePath() + "-shm");
    Start({"--once"});
    const auto code = crawler_->WaitForExit(kDeadline);
    ASSERT_TRUE(code);
    EXPECT_TRUE(code == 0 || code == 3 || code == 65) << *code << crawler_->Errors();
    if (code != 0) {
      ++refused;
      EXPECT_TRUE(support::ReadFile(house_.DatabasePath()) == bytes) << "it was written";
    }
  }
  EXPECT_GT(refused, 0);
}

TEST_F(DatabaseFault, FewDescriptorsAreEnough) {
  Import();
  auto command = Command({});
  command.arguments.insert(command.arguments.begin(),
                           {"-c", "ulimit -n 64; exec \"$0\" \"$@\"", command.program});
  command.program = "/bin/sh";
  crawler_ = std::make_unique<support::Process>(command);
  ExpectAllFetchedOnce();
  EXPECT_THAT(crawler_->Errors(), Not(HasSubstr("Too many open files")));
}

TEST_F(DatabaseFault, ASecondCrawlerLeavesTheDatabaseToTheFirst) {
  Start();
  ASSERT_TRUE(crawler_->WaitForLine("writes", kDeadline));
  auto second = house_.StartCrawler();
  EXPECT_EQ(second->WaitForExit(kDeadline), 73) << second->Errors();
  EXPECT_TRUE(crawler_->Running());
}

}  // namespace
}  // namespace saunter::end_to_end
