// The thread that parses and judges feeds while the crawl loop goes on fetching.
//
// Answers are judged in the order they were put. Who puts them asks nothing new while Full(); the
// answers to what is in flight still come.
//
// Thread safety: one thread puts and takes. Ownership: answers and results are values; what is not
// judged when the object ends is dropped. Errors: what is thrown while judging is thrown again by
// the next Take().
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "crawler/fetch/fetcher.h"
#include "crawler/health/blacklist.h"
#include "schemas/batch.h"
#include "schemas/feed.h"
#include "schemas/settings.h"
#include "schemas/units.h"

namespace saunter::crawler::judge {

// What JudgeFeed wants, see crawler/judge/judge.h.
struct AnsweredFeed {
  schemas::DueFeed feed;
  fetch::Request request;
  fetch::Response response;
  std::shared_ptr<const health::Blacklist> blacklist;
  schemas::UnixSeconds now = 0;
  double random = 0;
  bool outage = false;
  std::int64_t outage_look_s = 0;
};

class JudgeThread {
 public:
  static constexpr std::size_t kAnswersMax = 256;
  static constexpr std::int64_t kBodyBytesMax = std::int64_t{32} << 20;

  explicit JudgeThread(const schemas::Settings& settings);

  void Put(std::vector<AnsweredFeed> answers);
  // Those that are ready.
  [[nodiscard]] std::vector<schemas::CrawlResult> Take();
  // Put and not yet taken.
  [[nodiscard]] std::size_t Held() const { return held_; }
  [[nodiscard]] bool Full() const;

 private:
  void Run(const std::stop_token& stop);
  [[nodiscard]] schemas::CrawlResult Judge(const AnsweredFeed& answer) const;

  // Constant after construction.
  const schemas::Settings settings_;

  // Guarded by the mutex.
  mutable std::mutex mutex_;
  std::condition_variable_any work_;
  std::deque<AnsweredFeed> answers_;
  std::int64_t body_bytes_ = 0;  // of answers that are not judged yet
  std::vector<schemas::CrawlResult> results_;
  std::exception_ptr failure_;

  // Confined to the thread that puts and takes.
  std::size_t held_ = 0;

  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace saunter::crawler::judge
