// The thread that parses and judges feeds while the crawl loop goes on fetching.
//
// Answers are judged in the order they were put. Who puts them stops while Full(): that is the
// whole flow control.
//
// Thread safety: one thread puts and takes. Ownership: answers and results are values. Errors: what
// is thrown while judging is thrown again by the next Take().
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
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
};

class JudgeThread {
 public:
  static constexpr std::size_t kAnswersMax = 256;
  static constexpr std::int64_t kBodyBytesMax = std::int64_t{32} << 20;

  explicit JudgeThread(const schemas::Settings& settings);
  ~JudgeThread();  // what is not judged yet is dropped
  JudgeThread(const JudgeThread&) = delete;
  JudgeThread& operator=(const JudgeThread&) = delete;

  void Put(std::vector<AnsweredFeed> answers);
  // Those that are ready.
  [[nodiscard]] std::vector<schemas::CrawlResult> Take();
  // Put and not yet taken.
  [[nodiscard]] std::size_t Held() const;
  [[nodiscard]] bool Full() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace saunter::crawler::judge
