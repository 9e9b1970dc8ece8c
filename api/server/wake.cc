#include "api/server/wake.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <exception>
#include <system_error>

namespace saunter::api::server {
namespace {

int MakeEvent() {
  const int descriptor = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (descriptor < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  return descriptor;
}

}  // namespace

Wake::Wake() : descriptor_(MakeEvent()) {}
Wake::~Wake() { ::close(descriptor_); }

void Wake::Call() const {
  const std::uint64_t one = 1;
  // If the counter is full, the thread wakes as well.
  if (::write(descriptor_, &one, sizeof(one)) < 0 && errno != EAGAIN) std::terminate();
}

void Wake::Heard() const {
  std::uint64_t count = 0;
  if (::read(descriptor_, &count, sizeof(count)) < 0 && errno != EAGAIN) std::terminate();
}

}  // namespace saunter::api::server
