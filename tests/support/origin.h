// A scripted web on loopback: one HTTP/1.1 server that is every address of 127.0.0.0/8, and ::1.
//
// It listens once on all addresses and tells sites apart by the address that was asked, so that
// thousands of hosts cost one socket. Connections that come in by any address that is not loopback
// are dropped unread. Every request is logged as it came; every answer comes from a table
// (SetAnswer) or, where the table has none, from a handler.
//
// Thread safety: all functions, at any time; the handler is called on the origin's threads, several
// at once if there are several. Ownership: the origin owns its threads and connections. Errors: an
// origin that cannot listen throws std::runtime_error when it is constructed.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace saunter::support {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct OriginRequest {
  std::string address;  // asked: "127.0.1.7", or "::1"
  std::string method;
  std::string target;            // as it stands in the request line
  Headers headers;               // in order, names as sent
  std::string raw;               // all of it, byte for byte
  std::int64_t at_ms = 0;        // steady clock, when it was complete
  std::uint64_t connection = 0;  // requests of one connection share its number

  // The first header of that name, whatever its case, or an empty text.
  [[nodiscard]] std::string_view Header(std::string_view name) const;
};

enum class OriginManner {
  kWhole,    // status line, headers, Content-Length, body
  kChunked,  // the body in chunks of `piece_bytes`
  kDrip,     // headers at once, then `piece_bytes` of the body every `interval_ms`
  kEndless,  // headers without a length, then the body over and over
  kCut,      // a Content-Length twice the body's, the body, then the end of the connection
  kRaw,      // `body` is all that is sent, byte for byte, then the end of the connection
  kRawDrip,  // the same, `piece_bytes` every `interval_ms`
  kSilent,   // never an answer
  kClose,    // the connection ends without an answer
};

struct OriginAnswer {
  int status = 200;
  Headers headers;  // sent as they are; the length is added where the manner has one
  std::string body;
  OriginManner manner = OriginManner::kWhole;
  std::int64_t piece_bytes = 1;
  std::int64_t interval_ms = 100;
  std::int64_t delay_ms = 0;  // before the first byte
  // Answers 304 without the body where If-None-Match equals the ETag of `headers` or, if none was
  // sent, If-Modified-Since equals its Last-Modified.
  bool honours_validators = false;
  bool closes = false;  // ends the connection after the answer, and says so
};

[[nodiscard]] OriginAnswer Redirect(int status, std::string location);

struct OriginOptions {
  int port = 0;  // 0: any free one
  int threads = 1;
  // Off for benchmarks: requests() and connections() count all the same, but Log() stays empty,
  // Connections(address) 0, and WaitForRequests looks again only at its deadline.
  bool logs_requests = true;
};

class Origin {
 public:
  using Handler = std::function<OriginAnswer(const OriginRequest&)>;

  explicit Origin(OriginOptions options = {}, Handler handler = {});
  ~Origin();  // ends all connections
  Origin(const Origin&) = delete;
  Origin& operator=(const Origin&) = delete;

  [[nodiscard]] int port() const;
  // "http://ADDRESS:PORT" + target; brackets are added to an IPv6 address.
  [[nodiscard]] std::string Url(std::string_view address, std::string_view target) const;

  // What this address answers at this target from now on; an empty address means every one. With
  // neither an answer nor a handler it is 404.
  void SetAnswer(std::string_view address, std::string_view target, OriginAnswer answer);

  [[nodiscard]] std::vector<OriginRequest> Log() const;
  [[nodiscard]] std::vector<OriginRequest> Log(std::string_view address) const;
  void ClearLog();
  [[nodiscard]] std::uint64_t requests() const;
  [[nodiscard]] std::uint64_t connections() const;
  // Connections accepted by this address, whether or not anything was asked.
  [[nodiscard]] std::uint64_t Connections(std::string_view address) const;
  [[nodiscard]] std::uint64_t sent_bytes() const;
  // True once that many requests were answered or begun to be, false at the deadline.
  [[nodiscard]] bool WaitForRequests(std::uint64_t count, std::chrono::milliseconds deadline) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace saunter::support
