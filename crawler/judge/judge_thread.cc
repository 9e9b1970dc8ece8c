#include "crawler/judge/judge_thread.h"

#include <pthread.h>
#include <spdlog/spdlog.h>

#include <condition_variable>
#include <deque>
#include <exception>
#include <iterator>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

#include "crawler/judge/judge.h"

namespace saunter::crawler::judge {

class JudgeThread::State {
 public:
  explicit State(const schemas::Settings& settings)
      : settings_(settings), thread_([this](const std::stop_token& stop) { Run(stop); }) {}

  void Put(std::vector<AnsweredFeed> answers);
  std::vector<schemas::CrawlResult> Take();
  [[nodiscard]] std::size_t Held() const { return held_; }
  [[nodiscard]] bool Full() const {
    const std::lock_guard lock(mutex_);
    return held_ >= kAnswersMax || body_bytes_ >= kBodyBytesMax;
  }

 private:
  void Run(const std::stop_token& stop);
  [[nodiscard]] schemas::CrawlResult Judge(const AnsweredFeed& answer) const;

  const schemas::Settings settings_;

  mutable std::mutex mutex_;
  std::condition_variable_any work_;
  std::deque<AnsweredFeed> answers_;
  std::int64_t body_bytes_ = 0;  // of answers that are not judged yet
  std::vector<schemas::CrawlResult> results_;
  std::exception_ptr failure_;

  // Confined to who puts and takes.
  std::size_t held_ = 0;

  std::jthread thread_;  // last: it uses all of the above
};

void JudgeThread::State::Put(std::vector<AnsweredFeed> answers) {
  if (answers.empty()) return;
  held_ += answers.size();
  const std::lock_guard lock(mutex_);
  for (const auto& answer : answers) {
    body_bytes_ += static_cast<std::int64_t>(answer.response.body.size());
  }
  std::move(answers.begin(), answers.end(), std::back_inserter(answers_));
  work_.notify_one();
}

std::vector<schemas::CrawlResult> JudgeThread::State::Take() {
  if (held_ == 0) return {};
  const std::lock_guard lock(mutex_);
  if (failure_) std::rethrow_exception(failure_);
  held_ -= results_.size();
  return std::exchange(results_, {});
}

schemas::CrawlResult JudgeThread::State::Judge(const AnsweredFeed& answer) const {
  auto result = JudgeFeed(answer.feed, answer.request, answer.response,
                          {.settings = settings_,
                           .blacklist = *answer.blacklist,
                           .now = answer.now,
                           .random = answer.random,
                           .outage = answer.outage});
  spdlog::debug("feed {}: {} ({})", answer.feed.url, ToString(result.fetch.outcome),
                result.fetch.reason);
  return result;
}

void JudgeThread::State::Run(const std::stop_token& stop) {
  pthread_setname_np(pthread_self(), "judge");
  std::unique_lock lock(mutex_);
  try {
    while (work_.wait(lock, stop, [this] { return !answers_.empty(); })) {
      const auto answer = std::move(answers_.front());
      answers_.pop_front();
      lock.unlock();
      auto result = Judge(answer);
      lock.lock();
      body_bytes_ -= static_cast<std::int64_t>(answer.response.body.size());
      results_.push_back(std::move(result));
      if (stop.stop_requested()) return;
    }
  } catch (...) {
    if (!lock.owns_lock()) lock.lock();
    failure_ = std::current_exception();
  }
}

JudgeThread::JudgeThread(const schemas::Settings& settings)
    : state_(std::make_unique<State>(settings)) {}
JudgeThread::~JudgeThread() = default;
void JudgeThread::Put(std::vector<AnsweredFeed> answers) { state_->Put(std::move(answers)); }
std::vector<schemas::CrawlResult> JudgeThread::Take() { return state_->Take(); }
std::size_t JudgeThread::Held() const { return state_->Held(); }
bool JudgeThread::Full() const { return state_->Full(); }

}  // namespace saunter::crawler::judge
