#include "api/server/listening_socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "api/routes/parameters.h"

namespace saunter::api::server {
namespace {

constexpr int kBacklog = 1024;
// Added to max_response_bytes, so that the buffer holds the largest answer with its headers.
constexpr int kSendBufferExtraBytes = 65536;
// Descriptors reserved for the database, logs and connections that are being closed.
constexpr std::int64_t kDescriptorsKept = 128;

}  // namespace

std::optional<int> FindListeningSocket(int port) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", error)) {
    const auto number = routes::ReadNumber(entry.path().filename().string(), 0, 1 << 20);
    if (!number) continue;
    const int descriptor = static_cast<int>(*number);
    int is_listening = 0;
    socklen_t size = sizeof(is_listening);
    if (::getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &is_listening, &size) != 0 ||
        is_listening == 0) {
      continue;
    }
    sockaddr_storage address{};
    size = sizeof(address);
    if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0) continue;
    // sin_port and sin6_port have the same offset.
    if (address.ss_family != AF_INET && address.ss_family != AF_INET6) continue;
    if (ntohs(reinterpret_cast<sockaddr_in*>(&address)->sin_port) == port) return descriptor;
  }
  return std::nullopt;
}

void TuneListeningSocket(int descriptor, const schemas::ApiSettings& settings) {
  const auto set = [&](int level, int option, int value) {
    if (::setsockopt(descriptor, level, option, &value, sizeof(value)) != 0) {
      throw std::system_error(errno, std::generic_category(), "setsockopt on the listening socket");
    }
  };
  // A peer that acknowledges nothing for this long is dropped, whatever is still unsent.
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(settings.keepalive_timeout_s * 1000));
  set(SOL_SOCKET, SO_SNDBUF, static_cast<int>(settings.max_response_bytes) + kSendBufferExtraBytes);
  if (::listen(descriptor, kBacklog) != 0) {
    throw std::system_error(errno, std::generic_category(), "listen");
  }
}

std::int64_t ConnectionsMax() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 256;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const auto descriptors = static_cast<std::int64_t>(std::min<rlim_t>(limit.rlim_cur, 1 << 20));
  return std::max<std::int64_t>(descriptors - kDescriptorsKept, descriptors / 2);
}

}  // namespace saunter::api::server
