// Inside crawler/write: descriptors with an owner, and sockets beside the database.
//
// Thread safety: a Descriptor is a value; functions from any thread. Errors: ListenAt throws
// std::runtime_error that names the path and what to do.
#pragma once

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

namespace saunter::crawler::write {

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
// Replaces what an earlier process left there: whoever listens holds the writer's lock.
[[nodiscard]] Descriptor ListenAt(const std::string& path, const ListenOptions& options);

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

}  // namespace saunter::crawler::write
