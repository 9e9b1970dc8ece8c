// Descriptors with an owner, and sockets beside the database, for those who listen there.
//
// Thread safety: a Descriptor is a value, a Listener its thread's; functions from any thread.
// Errors: a Listener and a Wake that cannot be made throw std::runtime_error, which names the path
// and what to do.
#pragma once

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

namespace saunter::store::inbox {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int value) : value_(value) {}
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor();
  [[nodiscard]] int get() const { return value_; }

 private:
  int value_ = -1;
};

[[nodiscard]] std::string ErrorText(int error);

// nullopt if the path is too long for a socket's address.
[[nodiscard]] std::optional<sockaddr_un> AddressOf(const std::string& path);
// The cast that the socket interface asks for.
[[nodiscard]] const sockaddr* Generic(const sockaddr_un& address);

struct ListenOptions {
  int type = SOCK_STREAM;
  mode_t mode = 0600;
  std::size_t backlog = 16;
  std::string name;  // for errors: "the control socket"
};
// Listens at a path, for one thread. Replaces what an earlier process left there: whoever listens
// holds the writer's lock.
class Listener {
 public:
  using Time = std::chrono::steady_clock::time_point;

  Listener(std::string path, const ListenOptions& options);
  ~Listener() { Close(); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Who has come; a Descriptor of nothing if they have gone again, or if the process has no
  // descriptor left. Then the next accept would fail at once, too: nobody is served before
  // accept_at().
  [[nodiscard]] Descriptor Accept();
  [[nodiscard]] Time accept_at() const { return accept_at_; }
  // For poll(); -1 before accept_at(), and once it is closed.
  [[nodiscard]] int DescriptorAt(Time now) const {
    return now < accept_at_ ? -1 : descriptor_.get();
  }
  // Nobody finds it from now on.
  void Close();

 private:
  const std::string path_;
  Descriptor descriptor_;
  Time accept_at_;
};

// Wakes a thread that polls get(): a counter of the kernel's.
class Wake {
 public:
  Wake();
  void Call() const;
  void Heard() const;
  [[nodiscard]] int get() const { return descriptor_.get(); }

 private:
  Descriptor descriptor_;
};

}  // namespace saunter::store::inbox
