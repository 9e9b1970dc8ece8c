// hostile_week HOURS [LIBFAKETIME]: ten feeds that send all they can at every fetch, for so many
// hours, beside forty blogs (hostile_web.h).
//
// Two houses of the built programs live through the same hours: a calm one that knows the blogs
// alone, and one that knows the hostile feeds as well, and whose API has a hostile reader, who asks
// as often as nginx-saunter.conf lets one address ask, for another selection each time. Honest
// readers ask both APIs in turn, so that both wait under the same load of the machine.
//
// With LIBFAKETIME, the path of libfaketime.so.1, the crawlers' clocks go on by an hour as soon as
// the feeds of an hour are read, and the settings are those that are installed. Without, all hours
// are of one day, the crawlers start anew for each, and the budgets are small: what ctest runs.
//
// Prints the curve of sizes. Exit code 0 if every table stayed within its budgets, the databases
// are whole, no blog lost a title, a post or its share of what readers get, and, with LIBFAKETIME,
// memory and the honest readers' waits stayed bounded.

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "tests/end_to_end/hostile_household.h"
#include "tests/end_to_end/hostile_web.h"
#include "tests/end_to_end/house.h"

namespace saunter::end_to_end {
namespace {

using std::chrono::milliseconds;

constexpr std::int64_t kHourS = 3600;
constexpr std::int64_t kDayS = 86400;
constexpr double kBytesPerMegabyte = 1e6;
constexpr double kApiMegabytesMax = 150;
constexpr double kCrawlerMegabytesMax = 250;
constexpr double kBytesPerLinkMax = 1000;  // of the database, all that belongs to a link
constexpr double kWaitRatioMax = 1.5;
constexpr auto kHourDeadline = std::chrono::minutes(10);
constexpr milliseconds kHostileReaderPause(50);
constexpr milliseconds kHonestReaderPause(20);

// Of what ctest runs.
constexpr Budgets kSmallBudgets{.entries = 700,
                                .feed_links_first_max = 200,
                                .feed_links_per_day_max = 50,
                                .feed_entries_max = 250,
                                .feed_words_max = 100,
                                .feed_languages_max = 4,
                                .languages_max = 30,
                                .site_links_max = 100,
                                .source_sites_max = 20};

// --- Readers -------------------------------------------------------------------------------------

// A thread that asks in turns until it is destroyed.
template <typename Turn>
class Reader {
 public:
  Reader(milliseconds pause, Turn turn)
      : thread_([this, pause, turn = std::move(turn)](const std::stop_token& stop) {
          std::unique_lock lock(mutex_);
          for (int i = 0; !stop.stop_requested(); ++i) {
            turn(i);
            changed_.wait_for(lock, stop, pause, [] { return false; });
          }
        }) {}

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::jthread thread_;
};

// How long the readers of one house waited.
class Waits {
 public:
  void Ask(const House& house, const std::string& target) {
    const auto begin = std::chrono::steady_clock::now();
    const auto answer = house.Ask(target);
    const std::chrono::duration<double, std::milli> wait = std::chrono::steady_clock::now() - begin;
    const std::lock_guard lock(mutex_);
    waits_ms_.push_back(wait.count());
    if (answer && answer->status == 200) return;
    if (++wrong_ == 1) std::printf("%s: %s\n", target.c_str(), answer ? answer->body.c_str() : "-");
  }
  // Milliseconds that this share of the requests waited at most.
  [[nodiscard]] double Quantile(double share) const {
    const std::lock_guard lock(mutex_);
    if (waits_ms_.empty()) return 0;
    auto sorted = waits_ms_;
    const auto place = sorted.begin() +
                       static_cast<std::ptrdiff_t>(static_cast<double>(sorted.size() - 1) * share);
    std::nth_element(sorted.begin(), place, sorted.end());
    return *place;
  }
  [[nodiscard]] std::int64_t count() const {
    const std::lock_guard lock(mutex_);
    return std::ssize(waits_ms_);
  }
  [[nodiscard]] std::int64_t wrong() const {
    const std::lock_guard lock(mutex_);
    return wrong_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<double> waits_ms_;
  std::int64_t wrong_ = 0;
};

// What readers of blogs ask for.
std::string HonestTarget(int turn) {
  const auto blog = SiteAddress(turn / 5 % kBlogs);
  switch (turn % 5) {
    case 0:
      return "/v1/random";
    case 1:
      return "/v1/random?count=20";
    case 2:
      return "/v1/random?category=essays&language=en";
    case 3:
      return "/v1/random?site=" + blog;
    default:
      return "/v1/sites/" + blog;
  }
}

// Another selection each time, of words and languages that hostile feeds have named.
std::string HostileTarget(int turn) {
  std::string target = "/v1/random?count=50&max_age_days=" + std::to_string(1 + turn % 3000);
  target.append("&category=essays");
  for (int i = 0; i < 8; ++i) {
    target.append(",w0-").append(std::to_string(turn % kHostileFeeds)).append("-");
    target.append(std::to_string(turn / kHostileFeeds % 15)).append("-").append(std::to_string(i));
  }
  target.append("&not_category=w0-0-1-").append(std::to_string(turn % kWordsPerEntry));
  return target;
}

struct AllWaits {
  Waits calm;     // of honest readers
  Waits hostile;  // of honest readers, beside hostile feeds and the hostile reader
  Waits hostile_reader;
};

// --- The week ------------------------------------------------------------------------------------

class Findings {
 public:
  void Hold(bool held, const std::string& what) {
    std::printf("%s: %s\n", held ? "held" : "NOT HELD", what.c_str());
    all_held_ = all_held_ && held;
  }
  void HoldAtMost(double value, double most, const std::string& what) {
    std::array<char, 64> numbers{};
    std::snprintf(numbers.data(), numbers.size(), ": %.6g of at most %.6g", value, most);
    Hold(value <= most, what + numbers.data());
  }
  [[nodiscard]] bool all_held() const { return all_held_; }

 private:
  bool all_held_ = true;
};

void PrintHour(int hour, Household& calm, Household& hostile, const AllWaits& waits) {
  std::printf(
      "%4d %8.1f %6.1f %7lld %7lld %6lld %8lld %8lld %6lld %6.1f %7.1f %6.1f %7.1f %6.2f %6.2f\n",
      hour, hostile.FileMegabytes(""), hostile.FileMegabytes("-wal"),
      static_cast<long long>(hostile.Count("link")), static_cast<long long>(hostile.Count("entry")),
      static_cast<long long>(hostile.Count("site")),
      static_cast<long long>(hostile.Count("category")),
      static_cast<long long>(hostile.Count("link, json_each('[' || categories || ']')")),
      static_cast<long long>(hostile.Count("language")), hostile.ApiMegabytes(),
      hostile.CrawlerMegabytes(), calm.ApiMegabytes(), calm.CrawlerMegabytes(),
      waits.calm.Quantile(0.99), waits.hostile.Quantile(0.99));
  std::fflush(stdout);
}

// All that was asked in this hour stands in the database.
bool IsHourOver(int hour, const Calendar& calendar, Household& household) {
  const bool is_running = household.crawler().Running();
  if (!is_running) throw std::runtime_error("a crawler ended: " + household.crawler().Errors());
  if (!calendar.IsFaked()) {
    return household.Count("feed WHERE fetch_count <= " + std::to_string(hour)) == 0;
  }
  return household.Count("feed WHERE state <> 1 AND next_check_at <= " +
                         std::to_string(calendar.Now())) == 0;
}

// Where hours take a second, a feed may be due again before its last answer is written; a crawler
// finds it some minutes later, or when it starts.
void Restart(Household& household) {
  if (!household.StopCrawler()) {
    throw std::runtime_error("a crawler did not end: " + household.crawler().Errors());
  }
  household.StartCrawler();
}

// Returns once all feeds of this hour have been read by both houses.
void LiveAnHour(int hour, const Calendar& calendar, Household& calm, Household& hostile) {
  for (auto* household : {&calm, &hostile}) {
    household->web().SetHour(hour);
    if (hour > 0 && !calendar.IsFaked()) Restart(*household);
  }
  const auto is_over = [&] {
    return hostile.web().HostileFeedsDone() == kHostileFeeds && IsHourOver(hour, calendar, calm) &&
           IsHourOver(hour, calendar, hostile);
  };
  if (support::WaitUntil(is_over, kHourDeadline)) return;
  throw std::runtime_error("the feeds of an hour are not read: " + hostile.crawler().Errors());
}

// A list of SQL.
std::string Hosts(int first, int count) {
  std::string list;
  for (int i = first; i < first + count; ++i) {
    list.append(list.empty() ? "'" : ", '").append(SiteAddress(i)).append("'");
  }
  return list;
}

// To when all hostile feeds are due again, an hour later.
void GoOn(Calendar& calendar, const Household& hostile) {
  if (!calendar.IsFaked()) return;
  const auto due_at =
      hostile.Read("SELECT max(next_check_at) FROM feed JOIN site USING (site_id) WHERE host IN (" +
                   Hosts(kBlogs, kHostileFeeds) + ")");
  calendar.GoOnTo(std::max(due_at + 1, calendar.Now() + kHourS));
}

void HoldBudgets(const Household& hostile, const Budgets& budgets, int hour, std::int64_t days,
                 Findings& findings) {
  const auto feeds = static_cast<double>(kHostileFeeds);
  // One of them is listed by two feeds in the end.
  const auto posts = (kBlogs + 1.0) * PostsOfBlog(hour);
  // Beside what feeds bring there is one old row of each, and the newest of what goes stays.
  const auto hold = [&](const std::string& table, double most) {
    findings.HoldAtMost(static_cast<double>(hostile.Count(table)), most, "rows of " + table);
  };
  const auto links_max = posts + feeds * static_cast<double>(budgets.feed_links_first_max +
                                                             budgets.feed_links_per_day_max * days);
  hold("link", links_max);
  hold("entry", posts + feeds * static_cast<double>(budgets.feed_entries_max +
                                                    budgets.feed_links_per_day_max));
  hold("site", kBlogs + feeds * static_cast<double>(1 + budgets.source_sites_max) + 2);
  hold("category", 1 + feeds * static_cast<double>(budgets.feed_words_max) + 2);
  hold("language", static_cast<double>(budgets.languages_max));
  findings.HoldAtMost(hostile.FileMegabytes(""), links_max * kBytesPerLinkMax / kBytesPerMegabyte,
                      "the database, MB");
}

void HoldBlogs(const Household& hostile, int hour, Findings& findings) {
  const auto of_blogs = " AND host IN (" + Hosts(0, kBlogs) + ")";
  findings.HoldAtMost(
      static_cast<double>(hostile.Count("link JOIN site USING (site_id) JOIN entry USING (link_id) "
                                        "JOIN feed f ON f.feed_id = entry.feed_id WHERE f.site_id "
                                        "= link.site_id AND link.title NOT LIKE 'Post %'" +
                                        of_blogs)),
      0, "titles of blogs that are another's");
  findings.HoldAtMost(
      static_cast<double>(hostile.Count("site WHERE blacklisted_at IS NOT NULL" + of_blogs)), 0,
      "blogs on the blacklist");
  const auto given = hostile.Count(
      "pool JOIN link USING (link_id) JOIN site ON site.site_id = link.site_id WHERE link.title "
      "LIKE 'Post %' AND link.source_id = link.site_id" +
      of_blogs);
  const auto posts = std::int64_t{kBlogs} * PostsOfBlog(hour);
  // The hour may have ended before the newest posts were fetched.
  findings.Hold(given >= posts - kBlogs, std::to_string(given) + " of " + std::to_string(posts) +
                                             " posts of blogs are given to readers");
}

// Draws one link at a time; each source must have its fair share of them.
void HoldFairness(const Household& hostile, Findings& findings) {
  constexpr int kDraws = 3000;
  SQLite::Database database(hostile.house().DatabasePath(), SQLite::OPEN_READONLY, 5000);
  SQLite::Statement find(database, "SELECT source_id FROM pool WHERE link_id = ?");
  std::map<std::int64_t, int> draws;
  int count = 0;
  for (int i = 0; i < kDraws; ++i) {
    const auto answer = hostile.house().Ask("/v1/random");
    if (!answer || answer->status != 200) continue;
    find.reset();
    find.bind(1, nlohmann::json::parse(answer->body)["links"][0]["id"].get<std::int64_t>());
    if (!find.executeStep()) continue;
    ++draws[find.getColumn(0).getInt64()];
    ++count;
  }
  findings.Hold(count >= kDraws * 9 / 10, std::to_string(count) + " draws were of the pool");
  const auto sources = hostile.Read("SELECT count(DISTINCT source_id) FROM pool");
  const auto expected = static_cast<double>(count) / static_cast<double>(sources);
  double chi_square = static_cast<double>(sources - std::ssize(draws)) * expected;
  for (const auto& [source, drawn] : draws) chi_square += std::pow(drawn - expected, 2) / expected;
  const auto freedom = static_cast<double>(sources - 1);
  findings.HoldAtMost(chi_square, freedom + 5 * std::sqrt(2 * freedom),
                      "chi-square of the draws over " + std::to_string(sources) + " sources");
}

void HoldHouses(Household& calm, Household& hostile, Findings& findings) {
  for (auto* household : {&calm, &hostile}) {
    findings.Hold(household->StopCrawler(), "the crawler ends as it should");
    const auto check = household->house().Saunter({"db", "check"});
    findings.Hold(check.exit_code == 0, "db check: " + check.output + check.errors);
  }
}

void HoldMeasures(Household& hostile, const AllWaits& waits, Findings& findings) {
  findings.HoldAtMost(hostile.ApiMegabytes(), kApiMegabytesMax, "the API's most, MB");
  findings.HoldAtMost(hostile.CrawlerMegabytes(), kCrawlerMegabytesMax, "the crawler's most, MB");
  for (const double share : {0.5, 0.9, 0.99, 0.999}) {
    std::printf("readers' waits, quantile %.3f: calm %.2f ms, hostile %.2f ms\n", share,
                waits.calm.Quantile(share), waits.hostile.Quantile(share));
  }
  findings.HoldAtMost(
      waits.hostile.Quantile(0.99), kWaitRatioMax * waits.calm.Quantile(0.99),
      "readers' 99th percentile of " + std::to_string(waits.hostile.count()) + " waits, ms");
}

int Run(int hours, const std::string& libfaketime) {
  Calendar calendar(libfaketime);
  const auto began_at = calendar.Now();
  const auto budgets = calendar.IsFaked() ? Budgets() : kSmallBudgets;
  Household calm(calendar, budgets, kBlogs);
  Household hostile(calendar, budgets, kBlogs + kHostileFeeds);
  AllWaits waits;
  std::printf(
      "      database, MB                                                     hostile, MB     "
      "calm, MB        p99, ms\n"
      "hour     file    wal   links entries  sites    words of links langs    API crawler    API "
      "crawler   calm hostile\n");
  const auto ask_both = [&](int turn) {
    const auto target = HonestTarget(turn);
    if (turn % 2 == 0) waits.calm.Ask(calm.house(), target);
    waits.hostile.Ask(hostile.house(), target);
    if (turn % 2 != 0) waits.calm.Ask(calm.house(), target);
  };
  const auto ask_much = [&](int turn) {
    waits.hostile_reader.Ask(hostile.house(), HostileTarget(turn));
  };
  LiveAnHour(0, calendar, calm, hostile);
  for (const auto* household : {&calm, &hostile}) household->WaitForReaders();
  Findings findings;
  {
    const Reader honest_readers(kHonestReaderPause, ask_both);
    const Reader hostile_reader(kHostileReaderPause, ask_much);
    PrintHour(0, calm, hostile, waits);
    for (int hour = 1; hour < hours; ++hour) {
      GoOn(calendar, hostile);
      LiveAnHour(hour, calendar, calm, hostile);
      if (hour % 6 == 0 || hour == hours - 1) PrintHour(hour, calm, hostile, waits);
    }
  }
  HoldHouses(calm, hostile, findings);
  findings.HoldAtMost(static_cast<double>(waits.calm.wrong() + waits.hostile.wrong()), 0,
                      "wrong answers to honest readers");
  const auto days = calendar.Now() / kDayS - began_at / kDayS + 1;
  HoldBudgets(hostile, budgets, hours - 1, days, findings);
  HoldBlogs(hostile, hours - 1, findings);
  HoldFairness(hostile, findings);
  if (calendar.IsFaked()) HoldMeasures(hostile, waits, findings);
  return findings.all_held() ? 0 : 1;
}

}  // namespace
}  // namespace saunter::end_to_end

int main(int argc, char** argv) {
  const int hours = argc > 1 ? static_cast<int>(std::strtol(argv[1], nullptr, 10)) : 0;
  if (hours < 1 || argc > 3) {
    std::fprintf(stderr, "usage: hostile_week HOURS [LIBFAKETIME]\n");
    return 2;
  }
  try {
    return saunter::end_to_end::Run(hours, argc > 2 ? argv[2] : "");
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
