// A small HTTP/1.1 client for tests of our own servers on loopback: blocking, one deadline.
//
// Thread safety: all functions. Errors: no answer within the deadline, or none that is HTTP, is
// std::nullopt.
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

// GET on a connection of its own to 127.0.0.1. `extra_headers` are whole lines, each with CR LF.
[[nodiscard]] std::optional<ClientAnswer> Get(int port, std::string_view target,
                                              std::string_view extra_headers,
                                              std::chrono::milliseconds deadline);

}  // namespace saunter::support
