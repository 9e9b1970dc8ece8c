#include "api/server/feedback_sender.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <utility>

namespace saunter::api::server {
namespace {

using routes::FeedbackEnd;
using store::inbox::AnswerOutcome;
using store::inbox::Client;

FeedbackEnd EndOf(AnswerOutcome outcome) {
  switch (outcome) {
    case AnswerOutcome::kCommitted:
      return FeedbackEnd::kCommitted;
    case AnswerOutcome::kUsed:
      return FeedbackEnd::kUsed;
    case AnswerOutcome::kFull:
      return FeedbackEnd::kInboxFull;
  }
  return FeedbackEnd::kTooLate;
}

}  // namespace

FeedbackSender::FeedbackSender(Limits limits, const std::string& database_path,
                               std::shared_ptr<routes::WorkerMetrics> metrics,
                               index::ErrorLog& errors)
    : limits_(limits), metrics_(std::move(metrics)), errors_(errors), client_(database_path) {
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

FeedbackSender::~FeedbackSender() {
  thread_.request_stop();
  wake_.Call();
  thread_.join();
}

bool FeedbackSender::Send(int descriptor, schemas::Feedback feedback) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_ >= limits_.waiting_max) return false;
    const int own = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
    if (own < 0) return false;
    ++waiting_;
    arrived_.push_back({own, std::move(feedback), Clock::now()});
  }
  wake_.Call();
  return true;
}

void FeedbackSender::Run(const std::stop_token& stop) {
  pthread_setname_np(pthread_self(), "feedback");
  while (!stop.stop_requested()) {
    Wait();
    TakeArrived();
    Receive();
    SendUnsent();
    GiveUpOld();
  }
  TakeArrived();
  for (const auto& [sequence, waiting] : sent_) End(waiting, FeedbackEnd::kTooLate);
  sent_.clear();
  EndUnsent(FeedbackEnd::kTooLate);
}

void FeedbackSender::Wait() {
  const short events = unsent_.empty() ? POLLIN : POLLIN | POLLOUT;
  std::array<pollfd, 2> waits{{{.fd = wake_.descriptor(), .events = POLLIN, .revents = 0},
                               {.fd = client_.descriptor(), .events = events, .revents = 0}}};
  int wait_ms = -1;
  if (!sent_.empty() || !unsent_.empty()) {
    const auto oldest = sent_.empty() ? unsent_.front().began_at : sent_.begin()->second.began_at;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(oldest + limits_.wait_max - Clock::now());
    wait_ms = static_cast<int>(std::max<std::int64_t>(0, left.count()));
  }
  ::poll(waits.data(), waits.size(), wait_ms);
  wake_.Heard();
}

void FeedbackSender::TakeArrived() {
  std::vector<Waiting> arrived;
  {
    const std::lock_guard lock(mutex_);
    arrived.swap(arrived_);
  }
  for (auto& waiting : arrived) unsent_.push_back(std::move(waiting));
}

void FeedbackSender::Receive() {
  store::inbox::Answer answer;
  while (client_.descriptor() >= 0) {
    switch (client_.Receive(answer)) {
      case Client::Receiving::kNothingYet:
        return;
      case Client::Receiving::kLost:
        return Lose();
      case Client::Receiving::kAnswer:
        break;
    }
    // Otherwise it was given up before.
    const auto found = sent_.find(answer.sequence);
    if (found == sent_.end()) continue;
    End(found->second, EndOf(answer.outcome));
    sent_.erase(found);
  }
}

void FeedbackSender::SendUnsent() {
  // A crawler that came back is found by the second try; one that closes at once is not tried on.
  for (int losses = 0; !unsent_.empty();) {
    if (losses > 1 || !client_.Connect()) {
      if (!client_.problem().empty()) {
        errors_.Report("the crawler's inbox cannot be reached", client_.problem());
      }
      return EndUnsent(FeedbackEnd::kCrawlerAway);
    }
    const store::inbox::Request request{sequence_ + 1, unsent_.front().feedback};
    switch (client_.Send(request)) {
      case Client::Sending::kNoRoomYet:
        return;
      case Client::Sending::kLost:
        ++losses;
        Lose();
        break;
      case Client::Sending::kSent:
        sent_.emplace(++sequence_, std::move(unsent_.front()));
        unsent_.pop_front();
        break;
    }
  }
}

void FeedbackSender::GiveUpOld() {
  const auto began_before = Clock::now() - limits_.wait_max;
  while (!sent_.empty() && sent_.begin()->second.began_at <= began_before) {
    End(sent_.begin()->second, FeedbackEnd::kTooLate);
    sent_.erase(sent_.begin());
  }
  while (!unsent_.empty() && unsent_.front().began_at <= began_before) {
    End(unsent_.front(), FeedbackEnd::kTooLate);
    unsent_.pop_front();
  }
}

void FeedbackSender::Lose() {
  client_.Disconnect();
  for (const auto& [sequence, waiting] : sent_) End(waiting, FeedbackEnd::kCrawlerAway);
  sent_.clear();
}

void FeedbackSender::EndUnsent(FeedbackEnd end) {
  for (const auto& waiting : unsent_) End(waiting, end);
  unsent_.clear();
}

void FeedbackSender::End(const Waiting& waiting, FeedbackEnd end) {
  routes::SetFeedbackEnd(end, limits_.retry_after_s, answer_);
  output_.clear();
  http::AppendAnswer(output_, answer_, http::HttpDate(std::time(nullptr)), http::BodyOnWire::kYes,
                     http::AfterAnswer::kClose);
  // It fits into the empty buffer of a socket. A reader that has gone asks again, if ever.
  if (::send(waiting.descriptor, output_.data(), output_.size(), MSG_NOSIGNAL | MSG_DONTWAIT) !=
      static_cast<ssize_t>(output_.size())) {
    ::shutdown(waiting.descriptor, SHUT_RDWR);
  }
  ::shutdown(waiting.descriptor, SHUT_WR);
  ::close(waiting.descriptor);
  metrics_->Count(routes::FeedbackRoute(waiting.feedback), answer_,
                  Clock::now() - waiting.began_at);
  const std::lock_guard lock(mutex_);
  --waiting_;
}

}  // namespace saunter::api::server
