// A small HTTP/1.1 client for tests of our own servers on loopback: blocking, with a deadline for
// each send and receive, not for the whole.
//
// Thread safety: all functions. Errors: std::nullopt if no whole head of an HTTP answer came; a
// body that was cut short is given as far as it came.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace saunter::support {

struct ClientAnswer {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

// GET on a connection of its own to 127.0.0.1. `extra_headers` are whole lines, each with CR LF; a
// Host line, first of them, stands for the one that would be sent.
[[nodiscard]] std::optional<ClientAnswer> Get(int port, std::string_view target,
                                              std::string_view extra_headers,
                                              std::chrono::milliseconds deadline);
// The same with POST and a body of JSON.
[[nodiscard]] std::optional<ClientAnswer> PostJson(int port, std::string_view target,
                                                   std::string_view extra_headers,
                                                   std::string_view body,
                                                   std::chrono::milliseconds deadline);

}  // namespace saunter::support
