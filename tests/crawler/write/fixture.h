// A writer thread over a database of its own, a clock that stands still, and what was logged.
#pragma once

#include <sqlite3.h>

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "crawler/write/writer_thread.h"
#include "tests/store/fixture.h"

namespace saunter::crawler::write {

inline constexpr auto kNow = store::kNow;

// True as soon as `condition` holds, false if it does not within ten seconds.
[[nodiscard]] bool WaitUntil(const std::function<bool()>& condition);

// Another program's connection to the database.
class Intruder {
 public:
  explicit Intruder(const std::string& path);
  ~Intruder();
  Intruder(const Intruder&) = delete;
  Intruder& operator=(const Intruder&) = delete;
  void Execute(const char* sql);

 private:
  sqlite3* handle_ = nullptr;
};

class WriteTest : public store::StoreTest {
 protected:
  WriteTest();
  ~WriteTest() override;

  void Start();
  [[nodiscard]] bool Logged(const std::string& text);
  // Every feed and link id committed since the thread was started.
  [[nodiscard]] std::vector<schemas::Id> CommittedFeeds();
  [[nodiscard]] std::vector<schemas::Id> CommittedLinks();
  [[nodiscard]] std::vector<std::string> Pool();

  schemas::Settings all_settings_;
  std::unique_ptr<WriterThread> thread_;

 private:
  void TakeCommitted();

  std::vector<schemas::Id> feeds_;
  std::vector<schemas::Id> links_;
  std::mutex mutex_;
  std::vector<std::string> log_;
};

schemas::OperatorChange Add(const std::string& url, const std::string& host);
schemas::OperatorChange Blacklisting(const std::string& pattern);
schemas::OperatorChange Unblacklisting(const std::string& pattern);
// A fetch of a feed that lists these entries.
schemas::CrawlResult Crawled(schemas::Id feed_id, std::vector<schemas::EntryIntake> entries);

}  // namespace saunter::crawler::write
