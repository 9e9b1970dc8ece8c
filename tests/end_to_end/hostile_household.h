// A house that lives through a hostile week (hostile_web.h): its clock, its budgets, its crawler
// and its API.
//
// Thread safety: HostileWeb's and House's own; everything else by one thread. Ownership: a
// household ends its programs. Errors: a house that cannot be set up, and a number that cannot be
// read from its database, throw.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/end_to_end/hostile_web.h"
#include "tests/end_to_end/house.h"

namespace saunter::end_to_end {

// Settings of the store, their defaults, and what a hostile feed lists at once.
struct Budgets {
  std::int64_t entries = 5000;
  std::int64_t feed_links_first_max = 5000;
  std::int64_t feed_links_per_day_max = 200;
  std::int64_t feed_entries_max = 5000;
  std::int64_t feed_words_max = 500;
  std::int64_t feed_languages_max = 20;
  std::int64_t languages_max = 500;
  std::int64_t site_links_max = 10000;
  std::int64_t source_sites_max = 1000;
};

// The crawlers' clock: a file that libfaketime reads, or the machine's own.
class Calendar {
 public:
  // The path of libfaketime.so.1; empty: the machine's own.
  explicit Calendar(std::string libfaketime);

  [[nodiscard]] bool IsFaked() const { return !libfaketime_.empty(); }
  [[nodiscard]] std::int64_t Now() const;
  // Unix seconds; never back.
  void GoOnTo(std::int64_t at);
  [[nodiscard]] std::map<std::string, std::string> Environment() const;

 private:
  void Write() const;

  const support::TemporaryDirectory folder_;
  const std::string libfaketime_;
  std::int64_t ahead_s_ = 0;
};

class Household {
 public:
  // Knows the feeds of the first `sites` sites. The crawler runs, and the API listens.
  Household(const Calendar& calendar, const Budgets& budgets, int sites);

  HostileWeb& web() { return web_; }
  [[nodiscard]] const House& house() const { return house_; }
  support::Process& crawler() { return *crawler_; }
  // Until the API has something to give.
  void WaitForReaders() const;
  void StartCrawler();
  // False: it did not end as it should.
  [[nodiscard]] bool StopCrawler();

  // The most memory so far.
  [[nodiscard]] double ApiMegabytes() const;
  double CrawlerMegabytes();
  // The first number that the statement gives.
  [[nodiscard]] std::int64_t Read(const std::string& sql) const;
  [[nodiscard]] std::int64_t Count(const std::string& what) const;
  // The database's file, or the one beside it whose name ends so.
  [[nodiscard]] double FileMegabytes(const std::string& end) const;

 private:
  HostileWeb web_;
  House house_;
  support::Command crawler_command_;
  std::unique_ptr<support::Process> crawler_;
  std::unique_ptr<support::Process> api_;
  double crawler_megabytes_ = 0;  // kept, since it ends
};

}  // namespace saunter::end_to_end
