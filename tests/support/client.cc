#include "tests/support/client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <charconv>

namespace saunter::support {
namespace {

class Socket {
 public:
  Socket() : descriptor_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  ~Socket() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

bool Connect(int descriptor, int port, std::chrono::milliseconds deadline) {
  const timeval limit{.tv_sec = deadline.count() / 1000,
                      .tv_usec = (deadline.count() % 1000) * 1000};
  setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

std::string ReadAll(int descriptor) {
  std::string text;
  std::array<char, 16384> piece{};
  for (;;) {
    const auto bytes = recv(descriptor, piece.data(), piece.size(), 0);
    if (bytes <= 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(bytes));
    const auto end = text.find("\r\n\r\n");
    if (end == std::string::npos) continue;
    const auto length = text.find("Content-Length: ");
    if (length == std::string::npos || length > end) continue;
    std::size_t wanted = 0;
    std::from_chars(text.data() + length + 16, text.data() + end, wanted);
    if (text.size() >= end + 4 + wanted) return text;
  }
}

std::optional<ClientAnswer> ParseAnswer(const std::string& text) {
  const auto end = text.find("\r\n\r\n");
  if (end == std::string::npos || !text.starts_with("HTTP/1.1 ")) return std::nullopt;
  ClientAnswer answer;
  std::from_chars(text.data() + 9, text.data() + 12, answer.status);
  std::size_t line = text.find("\r\n") + 2;
  while (line < end) {
    const auto next = text.find("\r\n", line);
    const auto colon = text.find(": ", line);
    if (colon != std::string::npos && colon < next) {
      std::string name = text.substr(line, colon - line);
      for (auto& letter : name) {
        letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
      }
      answer.headers[name] = text.substr(colon + 2, next - colon - 2);
    }
    line = next + 2;
  }
  answer.body = text.substr(end + 4);
  return answer;
}

std::optional<ClientAnswer> Exchange(int port, std::string_view request,
                                     std::chrono::milliseconds deadline) {
  const Socket socket;
  if (socket.descriptor() < 0 || !Connect(socket.descriptor(), port, deadline)) {
    return std::nullopt;
  }
  if (send(socket.descriptor(), request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size())) {
    return std::nullopt;
  }
  return ParseAnswer(ReadAll(socket.descriptor()));
}

}  // namespace

std::optional<ClientAnswer> Get(int port, std::string_view target, std::string_view extra_headers,
                                std::chrono::milliseconds deadline) {
  std::string request = "GET " + std::string(target) + " HTTP/1.1\r\nConnection: close\r\n";
  if (!extra_headers.starts_with("Host:")) request += "Host: 127.0.0.1\r\n";
  request.append(extra_headers).append("\r\n");
  return Exchange(port, request, deadline);
}

std::optional<ClientAnswer> PostJson(int port, std::string_view target,
                                     std::string_view extra_headers, std::string_view body,
                                     std::chrono::milliseconds deadline) {
  std::string request = "POST " + std::string(target) +
                        " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                        "Content-Length: " +
                        std::to_string(body.size()) + "\r\n";
  request.append(extra_headers).append("\r\n").append(body);
  return Exchange(port, request, deadline);
}

}  // namespace saunter::support
