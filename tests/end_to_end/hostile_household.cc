#include "tests/end_to_end/hostile_household.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

namespace saunter::end_to_end {
namespace {

constexpr double kMegabyte = 1e6;

// A field of /proc/ID/status, in megabytes; 0 once the process is gone.
double StatusMegabytes(pid_t id, std::string_view field) {
  std::ifstream status("/proc/" + std::to_string(id) + "/status");
  std::string line;
  while (std::getline(status, line)) {
    if (!line.starts_with(field)) continue;
    constexpr double kBytesPerKilobyte = 1024;
    return std::strtod(line.c_str() + field.size(), nullptr) * kBytesPerKilobyte / kMegabyte;
  }
  return 0;
}

std::vector<std::string> CrawlerArguments(const Calendar& calendar, const Budgets& budgets) {
  std::vector<std::string> arguments = {"--schedule.jitter_percent", "0",
                                        "--fetch.allow_names",       kSubHostsBelow,
                                        "--fetch.block_gap_ms",      "0"};
  if (calendar.IsFaked()) return arguments;
  const std::map<std::string, std::int64_t> small = {
      {"schedule.interval_min_s", 1},
      {"schedule.interval_max_s", 1},
      {"store.feed_links_first_max", budgets.feed_links_first_max},
      {"store.feed_links_per_day_max", budgets.feed_links_per_day_max},
      {"store.feed_entries_max", budgets.feed_entries_max},
      {"store.feed_words_max", budgets.feed_words_max},
      {"store.feed_languages_max", budgets.feed_languages_max},
      {"store.languages_max", budgets.languages_max},
      {"store.site_links_max", budgets.site_links_max},
      {"store.source_sites_max", budgets.source_sites_max}};
  for (const auto& [key, value] : small) {
    arguments.push_back("--" + key);
    arguments.push_back(std::to_string(value));
  }
  return arguments;
}

// A link, its site and its word under ids as a long life of the database makes them, which all
// later ones exceed: what grows with ids instead of rows shows. Nothing else writes meanwhile.
void AddOldRows(const std::string& path, int port) {
  SQLite::Database database(path, SQLite::OPEN_READWRITE);
  database.exec(
      "BEGIN;"
      "INSERT INTO site (site_id, host, registrable_domain, links_alive) "
      "VALUES (67108864, 'old.localhost', 'old.localhost', 1);"
      "INSERT INTO link (link_id, url_key, site_id, state, first_seen_at, checked_at, alive_at, "
      "next_check_at, url, title, feed_id, source_id, categories) "
      "SELECT 90000000, 1, 67108864, 1, added_at, added_at, added_at, added_at + 604800, "
      "'http://old.localhost:" +
      std::to_string(port) +
      "/post/1', 'Old', feed_id, site_id, '80000000' FROM feed ORDER BY feed_id LIMIT 1;"
      "INSERT INTO pool (link_id, site_id, source_id, feed_id, categories) "
      "SELECT link_id, site_id, source_id, feed_id, categories FROM link;"
      "INSERT INTO category (category_id, name, links) VALUES (80000000, 'old', 1);"
      "INSERT INTO total (name, value) "
      "VALUES ('sites', 1), ('links', 1), ('links_alive', 1), ('links_in_pool', 1) "
      "ON CONFLICT (name) DO UPDATE SET value = value + 1;"
      "COMMIT");
}

}  // namespace

Calendar::Calendar(std::string libfaketime) : libfaketime_(std::move(libfaketime)) { Write(); }

std::int64_t Calendar::Now() const { return std::time(nullptr) + ahead_s_; }

void Calendar::GoOnTo(std::int64_t at) {
  ahead_s_ = std::max(ahead_s_, at - std::time(nullptr));
  Write();
}

std::map<std::string, std::string> Calendar::Environment() const {
  if (!IsFaked()) return {};
  return {{"LD_PRELOAD", libfaketime_},
          {"FAKETIME_TIMESTAMP_FILE", folder_.File("ahead")},
          {"FAKETIME_CACHE_DURATION", "1"},
          {"FAKETIME_DONT_FAKE_MONOTONIC", "1"},
          {"NO_FAKE_STAT", "1"}};
}

// In one step, since it may be read at any time.
void Calendar::Write() const {
  const auto next = folder_.Write("next", "+" + std::to_string(ahead_s_) + "s\n");
  std::filesystem::rename(next, folder_.File("ahead"));
}

Household::Household(const Calendar& calendar, const Budgets& budgets, int sites)
    : web_(calendar.Now(), static_cast<int>(budgets.entries)),
      house_([this](const support::OriginRequest& request) { return web_.Answer(request); },
             {.logs_requests = false}) {
  std::vector<std::string> urls;
  for (int i = 0; i < sites; ++i) urls.push_back(house_.origin().Url(SiteAddress(i), "/feed"));
  if (house_.Import(urls).exit_code != 0) throw std::runtime_error("the import failed");
  AddOldRows(house_.DatabasePath(), house_.origin().port());
  crawler_command_ = house_.CrawlerCommand(CrawlerArguments(calendar, budgets));
  crawler_command_.environment = calendar.Environment();
  StartCrawler();
  api_ = house_.StartApi();
}

void Household::WaitForReaders() const {
  const auto is_ready = [this] {
    const auto answer = house_.Ask("/readyz");
    return answer && answer->status == 200;
  };
  if (!support::WaitUntil(is_ready, kDeadline)) throw std::runtime_error("the API is not ready");
}

void Household::StartCrawler() { crawler_ = std::make_unique<support::Process>(crawler_command_); }

bool Household::StopCrawler() {
  CrawlerMegabytes();
  crawler_->Signal(SIGTERM);
  return crawler_->WaitForExit(kDeadline) == 0;
}

double Household::ApiMegabytes() const { return StatusMegabytes(api_->id(), "VmHWM:"); }

double Household::CrawlerMegabytes() {
  crawler_megabytes_ = std::max(crawler_megabytes_, StatusMegabytes(crawler_->id(), "VmHWM:"));
  return crawler_megabytes_;
}

std::int64_t Household::Read(const std::string& sql) const {
  SQLite::Database database(house_.DatabasePath(), SQLite::OPEN_READONLY, 5000);
  return database.execAndGet(sql).getInt64();
}

std::int64_t Household::Count(const std::string& what) const {
  return Read("SELECT count(*) FROM " + what);
}

double Household::FileMegabytes(const std::string& end) const {
  std::error_code missing;
  const auto size = std::filesystem::file_size(house_.DatabasePath() + end, missing);
  return missing ? 0 : static_cast<double>(size) / kMegabyte;
}

}  // namespace saunter::end_to_end
