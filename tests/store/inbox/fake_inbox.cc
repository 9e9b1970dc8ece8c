#include "tests/store/inbox/fake_inbox.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace saunter::store::inbox {
namespace {

void Check(bool is_good, const char* what) {
  if (!is_good) throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

FakeInbox::FakeInbox(const std::string& database_path, Answering answering)
    : answering_(std::move(answering)) {
  const auto path = InboxPath(database_path);
  ::unlink(path.c_str());
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  Check(path.size() < sizeof(address.sun_path), "the path of the inbox");
  std::memcpy(address.sun_path, path.data(), path.size());
  listener_ = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  Check(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0,
        "bind");
  Check(::listen(listener_, 8) == 0, "listen");
  wake_ = ::eventfd(0, EFD_CLOEXEC);
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

FakeInbox::~FakeInbox() {
  thread_.request_stop();
  const std::uint64_t one = 1;
  if (::write(wake_, &one, sizeof(one)) < 0) std::terminate();
  thread_.join();
  ::close(listener_);
  ::close(wake_);
}

std::vector<Request> FakeInbox::Requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void FakeInbox::Run(const std::stop_token& stop) {
  std::vector<int> connections;
  while (!stop.stop_requested()) {
    std::vector<pollfd> waits = {{.fd = wake_, .events = POLLIN, .revents = 0},
                                 {.fd = listener_, .events = POLLIN, .revents = 0}};
    for (const int connection : connections) waits.push_back({connection, POLLIN, 0});
    ::poll(waits.data(), waits.size(), -1);
    for (std::size_t i = 2; i < waits.size(); ++i) {
      if (waits[i].revents == 0 || Serve(waits[i].fd)) continue;
      ::close(waits[i].fd);
      std::erase(connections, waits[i].fd);
    }
    if ((waits[1].revents & POLLIN) != 0) {
      connections.push_back(::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC));
    }
  }
  for (const int connection : connections) ::close(connection);
}

bool FakeInbox::Serve(int connection) {
  std::array<char, kFrameBytesMax> frame{};
  const auto size = ::recv(connection, frame.data(), frame.size(), 0);
  if (size <= 0) return false;
  const auto request = DecodeRequest({frame.data(), static_cast<std::size_t>(size)});
  if (!request) return false;
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(*request);
  }
  const auto answer = answering_(*request);
  return answer.empty() || ::send(connection, answer.data(), answer.size(), MSG_NOSIGNAL) > 0;
}

FakeInbox::Answering Always(AnswerOutcome outcome) {
  return [outcome](const Request& request) {
    return EncodeAnswer({.sequence = request.sequence, .outcome = outcome});
  };
}

}  // namespace saunter::store::inbox
