#include "tests/crawler/write/fixture.h"

#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <stdexcept>
#include <thread>

namespace saunter::crawler::write {
namespace {

class LogKeeper : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit LogKeeper(std::function<void(std::string)> keep) : keep_(std::move(keep)) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    keep_(std::string(message.payload.data(), message.payload.size()));
  }
  void flush_() override {}

  std::function<void(std::string)> keep_;
};

}  // namespace

bool WaitUntil(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

Intruder::Intruder(const std::string& path) {
  if (sqlite3_open(path.c_str(), &handle_) != SQLITE_OK) throw std::runtime_error(path);
  sqlite3_busy_timeout(handle_, 10000);
}

Intruder::~Intruder() { sqlite3_close(handle_); }

void Intruder::Execute(const char* sql) {
  if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
    throw std::runtime_error(std::string(sql) + ": " + sqlite3_errmsg(handle_));
  }
}

WriteTest::WriteTest() {
  auto sink = std::make_shared<LogKeeper>([this](std::string line) {
    const std::scoped_lock lock(mutex_);
    log_.push_back(std::move(line));
  });
  spdlog::set_default_logger(std::make_shared<spdlog::logger>("test", std::move(sink)));
  spdlog::set_level(spdlog::level::debug);
  // Nothing is committed by age unless a test says so.
  all_settings_.write.batch_age_ms_max = 60000;
}

WriteTest::~WriteTest() {
  thread_.reset();
  spdlog::set_default_logger(std::make_shared<spdlog::logger>("none"));
}

void WriteTest::Start() {
  all_settings_.store = settings_;
  thread_ = std::make_unique<WriterThread>(std::move(writer_), all_settings_, [] { return kNow; });
}

bool WriteTest::Logged(const std::string& text) {
  const std::scoped_lock lock(mutex_);
  return std::any_of(log_.begin(), log_.end(),
                     [&](const std::string& line) { return line.find(text) != std::string::npos; });
}

void WriteTest::TakeCommitted() {
  for (const auto& committed : thread_->TakeCommitted()) {
    feeds_.insert(feeds_.end(), committed.feed_ids.begin(), committed.feed_ids.end());
    links_.insert(links_.end(), committed.link_ids.begin(), committed.link_ids.end());
  }
}

std::vector<schemas::Id> WriteTest::CommittedFeeds() {
  TakeCommitted();
  return feeds_;
}

std::vector<schemas::Id> WriteTest::CommittedLinks() {
  TakeCommitted();
  return links_;
}

std::vector<std::string> WriteTest::Pool() { return PoolUrls(); }

schemas::OperatorChange Add(const std::string& url, const std::string& host) {
  schemas::AddFeed change;
  change.url = url;
  change.host = host;
  change.registrable_domain = host;
  change.added_at = kNow;
  change.next_check_at = kNow;
  return change;
}

schemas::OperatorChange Blacklisting(const std::string& pattern) {
  schemas::AddBlacklist change;
  change.entry.pattern = pattern;
  change.entry.reason = "spam";
  change.entry.added_at = kNow;
  return change;
}

schemas::OperatorChange Unblacklisting(const std::string& pattern) {
  return schemas::RemoveBlacklist{pattern};
}

schemas::CrawlResult Crawled(schemas::Id feed_id, std::vector<schemas::EntryIntake> entries) {
  schemas::CrawlResult crawl;
  crawl.feed.feed_id = feed_id;
  crawl.feed.url = "https://a.example/feed";
  crawl.feed.host = "a.example";
  crawl.feed.registrable_domain = "a.example";
  crawl.feed.checked_at = kNow;
  crawl.feed.next_check_at = kNow + 3600;
  crawl.fetch.fetched_at = kNow;
  crawl.fetch.entries = static_cast<int>(entries.size());
  crawl.entries = std::move(entries);
  return crawl;
}

}  // namespace saunter::crawler::write
