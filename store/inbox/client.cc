#include "store/inbox/client.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>

namespace saunter::store::inbox {

Client::Client(const std::string& database_path) : path_(InboxPath(database_path)) {}

Client::~Client() { Disconnect(); }

void Client::Disconnect() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

bool Client::Connect() {
  if (descriptor_ >= 0) return true;
  problem_.clear();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path_.size() >= sizeof(address.sun_path)) {
    problem_ = path_ + ": the path is too long for a socket; move the database";
    return false;
  }
  std::memcpy(address.sun_path, path_.data(), path_.size());
  const int descriptor = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  // The cast that the socket interface asks for.
  const auto* const generic = static_cast<const sockaddr*>(static_cast<const void*>(&address));
  if (descriptor >= 0 && ::connect(descriptor, generic, sizeof(address)) == 0) {
    descriptor_ = descriptor;
    return true;
  }
  // Without a crawler there is no socket, or one that nobody listens on.
  if (errno != ENOENT && errno != ECONNREFUSED) {
    problem_ = path_ + ": " + std::generic_category().message(errno);
  }
  if (descriptor >= 0) ::close(descriptor);
  return false;
}

Client::Sending Client::Send(const Request& request) {
  const auto frame = EncodeRequest(request);
  const auto sent = ::send(descriptor_, frame.data(), frame.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent == static_cast<ssize_t>(frame.size())) return Sending::kSent;
  if (sent < 0 && (errno == EAGAIN || errno == EINTR)) return Sending::kNoRoomYet;
  Disconnect();
  return Sending::kLost;
}

Client::Receiving Client::Receive(Answer& answer) {
  std::array<char, kFrameBytesMax> frame{};
  // With MSG_TRUNC the size is that of the frame, however much of it fits.
  const auto size = ::recv(descriptor_, frame.data(), frame.size(), MSG_DONTWAIT | MSG_TRUNC);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return Receiving::kNothingYet;
  if (size > 0 && static_cast<std::size_t>(size) <= frame.size()) {
    if (const auto read = DecodeAnswer({frame.data(), static_cast<std::size_t>(size)})) {
      answer = *read;
      return Receiving::kAnswer;
    }
  }
  Disconnect();
  return Receiving::kLost;
}

}  // namespace saunter::store::inbox
