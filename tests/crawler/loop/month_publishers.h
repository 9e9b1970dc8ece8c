// A thousand publishers of mixed temper behind one loopback origin, and what each finds in his log.
//
// Each serves one feed (some of them from two addresses) as of the simulated time, remembers which
// validators he gave last, and notes every visit.
//
// Thread safety: Answer is called on the origin's thread and holds a mutex; all else after the
// crawl. Errors: what no publisher should see is a line of complaints().
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schemas/units.h"
#include "tests/support/origin.h"

namespace saunter::crawler::loop {

inline constexpr schemas::UnixSeconds kMonthStart = 1790000000;

enum class Temper {
  kHourly,        // a post an hour
  kDaily,         // a post a day
  kWeekly,        // a post a week
  kDormant,       // no post for 200 days
  kNoValidators,  // a full body each time
  kForgetful,     // every third answer lacks validators
  kTurning,       // another validator with every answer, 304 or not
  kBroken,        // 500 for ever
  kMissing,       // 404 for ever
  kUnreachable,   // the connection ends without an answer
  kFlaky,         // every third answer is a 500
  kBusy,          // 429 with a Retry-After of two days, for ever
  kOverloaded,    // every other answer is a 503 with a Retry-After of thirty hours
  kMaxAge,        // a post an hour, max-age less Age is six hours
  kExpires,       // a post an hour, Expires eight hours after Date
  kTtl,           // a post an hour, ttl of twelve hours; every other answer fails
  kUpdatePeriod,  // a post an hour, sy:updatePeriod says twice a day
  kSkipHours,     // a post an hour, but nobody may come from 0 to 6
  kGone,          // 410
  kMoved,         // 301 to another path
  kAway,          // 302 to another path, on each visit
  kTwin,          // two addresses, both 301 to a third
};

struct Validators {
  std::string etag;
  std::string last_modified;
  bool operator==(const Validators&) const = default;
  [[nodiscard]] bool Empty() const { return etag.empty() && last_modified.empty(); }
};

struct Visit {
  schemas::UnixSeconds at = 0;
  std::string target;
  bool conditional = false;
  int status = 0;                          // answered; 0 if the connection was closed
  schemas::UnixSeconds not_before_at = 0;  // what its Retry-After said
  bool after_kill = false;       // the crawler was killed with the last answer in its hands
  bool validators_lost = false;  // with that answer, and none was given since
};

class Publisher {
 public:
  Publisher(Temper temper, int number);

  [[nodiscard]] Temper temper() const { return temper_; }
  [[nodiscard]] const std::string& address() const { return address_; }
  // The targets that stand in the crawler's list.
  [[nodiscard]] std::vector<std::string> Listed() const;
  // All targets that he knows.
  [[nodiscard]] std::vector<std::string> Targets() const;
  [[nodiscard]] const std::vector<Visit>& log() const { return log_; }
  // Visits of one of his targets.
  [[nodiscard]] std::vector<Visit> Log(std::string_view target) const;

  support::OriginAnswer Answer(const support::OriginRequest& request, schemas::UnixSeconds now,
                               std::vector<std::string>& complaints);
  // The crawler may not have written down what it got since then.
  void NoteKill(schemas::UnixSeconds since);

 private:
  [[nodiscard]] schemas::UnixSeconds NewestAt(schemas::UnixSeconds now) const;
  [[nodiscard]] Validators Current(schemas::UnixSeconds now) const;
  [[nodiscard]] std::string Body(const std::string& site_url, schemas::UnixSeconds now) const;
  [[nodiscard]] std::string RetryAfter(schemas::UnixSeconds now, std::int64_t seconds) const;
  support::OriginAnswer Serve(const support::OriginRequest& request, schemas::UnixSeconds now);
  support::OriginAnswer Fail(int status) const;
  void JudgeValidators(const Validators& sent, std::vector<std::string>& complaints) const;
  void NoteGiven(const support::OriginAnswer& answer);

  const Temper temper_;
  const int number_;
  const std::string address_;
  std::vector<Visit> log_;
  Validators given_;
  Validators given_before_;
  bool answer_lost_ = false;  // perhaps, by a kill
  bool validators_lost_ = false;
};

class Publishers {
 public:
  explicit Publishers(std::function<schemas::UnixSeconds()> clock);

  support::OriginAnswer Answer(const support::OriginRequest& request);
  // Calls `kill` in the middle of the first request that comes at `at` or later.
  void KillAt(schemas::UnixSeconds at, std::function<void()> kill);
  // After the crawler has ended by that.
  void NoteKill(schemas::UnixSeconds since);

  [[nodiscard]] const std::vector<Publisher>& all() const {
    const std::scoped_lock lock(mutex_);  // what answered before is seen
    return all_;
  }
  [[nodiscard]] const std::vector<std::string>& complaints() const { return complaints_; }

 private:
  void JudgeHeaders(const support::OriginRequest& request);

  const std::function<schemas::UnixSeconds()> clock_;
  mutable std::mutex mutex_;
  std::vector<Publisher> all_;
  std::map<std::string, std::size_t> by_address_;  // address and target
  std::vector<std::string> complaints_;
  schemas::UnixSeconds kill_at_ = 0;
  std::function<void()> kill_;
};

}  // namespace saunter::crawler::loop
