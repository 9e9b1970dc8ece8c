#include "store/inbox/unix_socket.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace saunter::store::inbox {
namespace {

constexpr std::chrono::seconds kFullTableWait(1);

Descriptor ListenAt(const std::string& path, const ListenOptions& options) {
  const auto fail = [&](const char* what) {
    throw std::runtime_error(path + ": cannot " + what + " " + options.name + ": " +
                             ErrorText(errno));
  };
  const auto address = AddressOf(path);
  if (!address) {
    throw std::runtime_error(path + ": the path is too long for a socket; move the database");
  }
  Descriptor listener(socket(AF_UNIX, options.type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (listener.get() < 0) fail("open");
  if (unlink(path.c_str()) != 0 && errno != ENOENT) fail("replace");
  if (bind(listener.get(), Generic(*address), sizeof(*address)) != 0) fail("bind");
  // Nobody can connect before listen(), so the mode is in force for all.
  if (chmod(path.c_str(), options.mode) != 0) fail("set the mode of");
  if (listen(listener.get(), static_cast<int>(options.backlog)) != 0) fail("listen on");
  return listener;
}

}  // namespace

Descriptor::~Descriptor() {
  if (value_ >= 0) close(value_);
}

std::string ErrorText(int error) { return std::generic_category().message(error); }

std::optional<sockaddr_un> AddressOf(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) return std::nullopt;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

const sockaddr* Generic(const sockaddr_un& address) {
  return static_cast<const sockaddr*>(static_cast<const void*>(&address));
}

Listener::Listener(std::string path, const ListenOptions& options)
    : path_(std::move(path)), descriptor_(ListenAt(path_, options)) {}

Descriptor Listener::Accept() {
  Descriptor accepted(accept4(descriptor_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  const bool is_full = accepted.get() < 0 &&
                       (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM);
  if (is_full) accept_at_ = std::chrono::steady_clock::now() + kFullTableWait;
  return accepted;
}

void Listener::Close() {
  if (descriptor_.get() < 0) return;
  unlink(path_.c_str());
  descriptor_ = Descriptor();
}

Wake::Wake() : descriptor_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (descriptor_.get() < 0) {
    throw std::runtime_error("no event descriptor: " + ErrorText(errno));
  }
}

// Both fail only where there is nothing to do: the counter is full, or nobody has called.
void Wake::Call() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(descriptor_.get(), &one, sizeof(one));
}

void Wake::Heard() const {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto bytes = ::read(descriptor_.get(), &count, sizeof(count));
}

}  // namespace saunter::store::inbox
