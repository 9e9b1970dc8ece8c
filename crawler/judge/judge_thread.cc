#include "crawler/judge/judge_thread.h"

#include <pthread.h>
#include <spdlog/spdlog.h>

#include <iterator>
#include <utility>

#include "crawler/judge/judge.h"

namespace saunter::crawler::judge {

JudgeThread::JudgeThread(const schemas::Settings& settings)
    : settings_(settings), thread_([this](const std::stop_token& stop) { Run(stop); }) {}

bool JudgeThread::Full() const {
  const std::lock_guard lock(mutex_);
  return held_ >= kAnswersMax || body_bytes_ >= kBodyBytesMax;
}

void JudgeThread::Put(std::vector<AnsweredFeed> answers) {
  if (answers.empty()) return;
  held_ += answers.size();
  const std::lock_guard lock(mutex_);
  for (const auto& answer : answers) {
    body_bytes_ += static_cast<std::int64_t>(answer.response.body.size());
  }
  std::move(answers.begin(), answers.end(), std::back_inserter(answers_));
  work_.notify_one();
}

std::vector<schemas::CrawlResult> JudgeThread::Take() {
  if (held_ == 0) return {};
  const std::lock_guard lock(mutex_);
  if (failure_) std::rethrow_exception(failure_);
  held_ -= results_.size();
  return std::exchange(results_, {});
}

schemas::CrawlResult JudgeThread::Judge(const AnsweredFeed& answer) const {
  auto result = JudgeFeed(answer.feed, answer.request, answer.response,
                          {.settings = settings_,
                           .blacklist = *answer.blacklist,
                           .now = answer.now,
                           .random = answer.random,
                           .outage = answer.outage,
                           .outage_look_s = answer.outage_look_s});
  spdlog::debug("feed {}: {} ({})", answer.feed.url, ToString(result.fetch.outcome),
                result.fetch.reason);
  return result;
}

void JudgeThread::Run(const std::stop_token& stop) {
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

}  // namespace saunter::crawler::judge
