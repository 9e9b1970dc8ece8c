// A service manager's end of the notification socket, in the abstract namespace.
//
// Thread safety: one thread; it sets the environment of the whole process while it lives.
#pragma once

#include <string>

namespace saunter::support {

class NotifySocket {
 public:
  NotifySocket();
  ~NotifySocket();
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;

  // The next datagram, "nothing" if there is none; a send to a Unix socket has arrived when it
  // returns.
  [[nodiscard]] std::string Received() const;

 private:
  int descriptor_ = -1;
};

}  // namespace saunter::support
