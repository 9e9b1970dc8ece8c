// A client that sends just the bytes it is told to, and reads answers strictly.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace saunter::api::server {

struct RawAnswer {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

enum class BodyExpected { kYes, kNo };

// One connection to a port on 127.0.0.1. All waits end after ten seconds.
class RawClient {
 public:
  explicit RawClient(int port);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  // False: the peer closed or reset the connection.
  bool Send(std::string_view bytes);
  // nullopt: the connection ended, or no whole answer came, or it is not well formed.
  std::optional<RawAnswer> Read(BodyExpected body = BodyExpected::kYes);
  // "GET TARGET" with a Host, then Read.
  std::optional<RawAnswer> Get(std::string_view target, std::string_view more_headers = "");
  // True once the peer has closed its side; unread bytes are dropped.
  bool IsClosedByPeer();
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  bool Fill();

  int descriptor_;
  std::string buffer_;
};

// Get on a connection of its own.
std::optional<RawAnswer> GetOnce(int port, std::string_view target);

}  // namespace saunter::api::server
