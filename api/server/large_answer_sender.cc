#include "api/server/large_answer_sender.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>
#include <utility>

namespace saunter::api::server {
namespace {

constexpr int kWaitMs = 500;

}  // namespace

LargeAnswerSender::LargeAnswerSender(Limits limits) : limits_(limits) {
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

LargeAnswerSender::~LargeAnswerSender() {
  thread_.request_stop();
  wake_.Call();
  thread_.join();
  for (const auto& transfer : arrived_) ::close(transfer.descriptor);
}

bool LargeAnswerSender::Send(int descriptor, std::string head,
                             std::shared_ptr<const std::string> body) {
  const auto now = Clock::now();
  {
    const std::lock_guard lock(mutex_);
    if (running_ >= limits_.transfers_max) return false;
    const int own = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
    if (own < 0) return false;
    ++running_;
    arrived_.push_back({.descriptor = own,
                        .head = std::move(head),
                        .body = std::move(body),
                        .began_at = now,
                        .moved_at = now});
  }
  wake_.Call();
  return true;
}

bool LargeAnswerSender::Move(Transfer& transfer, Clock::time_point now) const {
  const auto size = transfer.head.size() + transfer.body->size();
  while (transfer.sent < size) {
    const bool in_head = transfer.sent < transfer.head.size();
    const auto& text = in_head ? transfer.head : *transfer.body;
    const auto from = in_head ? transfer.sent : transfer.sent - transfer.head.size();
    const auto sent = ::send(transfer.descriptor, text.data() + from, text.size() - from,
                             MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) return false;
      if (now - transfer.moved_at < limits_.stall && now - transfer.began_at < limits_.total) {
        return true;
      }
      // connect(2) to AF_UNSPEC resets the connection at once, even though the worker has a
      // descriptor of it too; close(2) would let the kernel keep trying to send.
      const sockaddr nobody{.sa_family = AF_UNSPEC, .sa_data = {}};
      if (::connect(transfer.descriptor, &nobody, sizeof(nobody)) < 0) {
        ::shutdown(transfer.descriptor, SHUT_RDWR);
      }
      return false;
    }
    transfer.sent += static_cast<std::size_t>(sent);
    transfer.moved_at = now;
  }
  ::shutdown(transfer.descriptor, SHUT_WR);
  return false;
}

void LargeAnswerSender::Run(const std::stop_token& stop) {
  pthread_setname_np(pthread_self(), "large-answers");
  std::vector<Transfer> transfers;
  std::vector<pollfd> waits;
  while (!stop.stop_requested()) {
    waits.assign(1, {.fd = wake_.descriptor(), .events = POLLIN, .revents = 0});
    for (const auto& transfer : transfers) {
      waits.push_back({.fd = transfer.descriptor, .events = POLLOUT, .revents = 0});
    }
    ::poll(waits.data(), waits.size(), transfers.empty() ? -1 : kWaitMs);
    wake_.Heard();
    {
      const std::lock_guard lock(mutex_);
      std::move(arrived_.begin(), arrived_.end(), std::back_inserter(transfers));
      arrived_.clear();
    }
    const auto now = Clock::now();
    const auto over = std::partition(transfers.begin(), transfers.end(),
                                     [&](Transfer& transfer) { return Move(transfer, now); });
    const auto ended = static_cast<std::size_t>(transfers.end() - over);
    std::for_each(over, transfers.end(), [](const Transfer& t) { ::close(t.descriptor); });
    transfers.erase(over, transfers.end());
    const std::lock_guard lock(mutex_);
    running_ -= ended;
  }
  for (const auto& transfer : transfers) ::close(transfer.descriptor);
}

}  // namespace saunter::api::server
