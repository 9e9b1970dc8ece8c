#include "tests/support/origin.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <queue>
#include <shared_mutex>
#include <stdexcept>
#include <thread>
#include <unordered_map>

namespace saunter::support {
namespace {

using std::chrono::milliseconds;
using AnswerPointer = std::shared_ptr<const OriginAnswer>;

constexpr std::size_t kRequestBytesMax = 65536;
constexpr std::uint64_t kWakeId = 0;
constexpr std::uint64_t kListenerIds = 1;     // 1 and 2
constexpr std::uint64_t kConnectionIds = 16;  // and up

[[noreturn]] void Fail(const char* what) {
  throw std::runtime_error(std::string("origin: ") + what + ": " + std::strerror(errno));
}

std::int64_t NowMs() {
  return std::chrono::duration_cast<milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

bool SameWord(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::string_view FindHeader(const Headers& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (SameWord(key, name)) return value;
  }
  return {};
}

sockaddr* Generic(void* address) { return static_cast<sockaddr*>(address); }

// Listens on every IPv4 address, or on ::1; -1 if the port is taken.
int Listen(int family, int port) {
  const int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) Fail("socket");
  const int one = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);  // inherited by what is accepted
  sockaddr_storage storage{};
  socklen_t size = 0;
  if (family == AF_INET) {
    auto* address = reinterpret_cast<sockaddr_in*>(&storage);  // as the socket interface has it
    address->sin_family = AF_INET;
    address->sin_port = htons(static_cast<std::uint16_t>(port));
    size = sizeof *address;
  } else {
    auto* address = reinterpret_cast<sockaddr_in6*>(&storage);
    address->sin6_family = AF_INET6;
    address->sin6_addr = in6addr_loopback;
    address->sin6_port = htons(static_cast<std::uint16_t>(port));
    size = sizeof *address;
  }
  if (bind(fd, Generic(&storage), size) != 0 || listen(fd, 4096) != 0) {
    const int error = errno;
    close(fd);
    errno = error;
    return -1;
  }
  return fd;
}

int PortOf(int fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  if (getsockname(fd, Generic(&address), &size) != 0) Fail("getsockname");
  return ntohs(address.sin_port);
}

// The loopback address that this connection came in by, or nothing for any other.
std::optional<std::string> LocalAddress(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (getsockname(fd, Generic(&storage), &size) != 0) return std::nullopt;
  if (storage.ss_family == AF_INET6) return "::1";
  const auto* address = reinterpret_cast<const sockaddr_in*>(&storage);
  if ((ntohl(address->sin_addr.s_addr) >> 24) != 127) return std::nullopt;
  std::array<char, INET_ADDRSTRLEN> text{};
  inet_ntop(AF_INET, &address->sin_addr, text.data(), text.size());
  return std::string(text.data());
}

std::string_view ReasonPhrase(int status) {
  switch (status / 100) {
    case 2:
      return "OK";
    case 3:
      return "Elsewhere";
    case 4:
      return "No";
    default:
      return "Trouble";
  }
}

// Reads the request that ends before `end`; false if its first line is none.
bool ParseRequest(std::string_view text, OriginRequest& request) {
  request.raw = text;
  std::size_t line_end = text.find("\r\n");
  const std::string_view first = text.substr(0, line_end);
  const std::size_t method_end = first.find(' ');
  const std::size_t target_end = first.rfind(' ');
  if (method_end == std::string_view::npos || target_end <= method_end) return false;
  request.method = first.substr(0, method_end);
  request.target = first.substr(method_end + 1, target_end - method_end - 1);
  while (line_end + 2 < text.size()) {
    const std::size_t begin = line_end + 2;
    line_end = std::min(text.find("\r\n", begin), text.size());
    const std::string_view line = text.substr(begin, line_end - begin);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::size_t value = line.find_first_not_of(" \t", colon + 1);
    request.headers.emplace_back(line.substr(0, colon), value == std::string_view::npos
                                                            ? std::string_view()
                                                            : line.substr(value));
  }
  return true;
}

bool ValidatorsMatch(const OriginRequest& request, const OriginAnswer& answer) {
  const std::string_view none_match = request.Header("If-None-Match");
  if (!none_match.empty()) return none_match == FindHeader(answer.headers, "ETag");
  const std::string_view since = request.Header("If-Modified-Since");
  return !since.empty() && since == FindHeader(answer.headers, "Last-Modified");
}

bool IsDripping(OriginManner manner) {
  return manner == OriginManner::kDrip || manner == OriginManner::kRawDrip;
}

bool IsRaw(OriginManner manner) {
  return manner == OriginManner::kRaw || manner == OriginManner::kRawDrip;
}

std::string Chunked(const OriginAnswer& answer) {
  std::string text;
  const auto piece = static_cast<std::size_t>(std::max<std::int64_t>(answer.piece_bytes, 1));
  std::array<char, 24> size{};
  for (std::size_t at = 0; at < answer.body.size(); at += piece) {
    const std::size_t count = std::min(piece, answer.body.size() - at);
    std::snprintf(size.data(), size.size(), "%zx\r\n", count);
    text.append(size.data()).append(answer.body, at, count).append("\r\n");
  }
  return text + "0\r\n\r\n";
}

std::string Head(const OriginAnswer& answer, int status, bool closes) {
  std::string text = "HTTP/1.1 ";
  text.append(std::to_string(status)).append(" ").append(ReasonPhrase(status)).append("\r\n");
  for (const auto& [name, value] : answer.headers) {
    text.append(name).append(": ").append(value).append("\r\n");
  }
  const bool has_body = status != 304 && status != 204;
  if (has_body && answer.manner == OriginManner::kChunked) {
    text.append("Transfer-Encoding: chunked\r\n");
  } else if (has_body && answer.manner != OriginManner::kEndless) {
    const std::size_t factor = answer.manner == OriginManner::kCut ? 2 : 1;
    text.append("Content-Length: ").append(std::to_string(answer.body.size() * factor));
    text.append("\r\n");
  }
  if (closes) text.append("Connection: close\r\n");
  return text.append("\r\n");
}

struct Connection {
  int fd = -1;
  std::uint64_t id = 0;
  std::string address;
  std::string input;
  AnswerPointer answer;  // being sent, or nullptr
  std::string head;      // sent before the body
  std::size_t head_sent = 0;
  std::size_t body_size = 0;
  std::size_t body_sent = 0;
  std::size_t body_allowed = 0;  // what a drip has let out so far
  bool closes = false;
  bool wants_out = false;

  Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() {
    if (fd >= 0) close(fd);
  }
};

}  // namespace

std::string_view OriginRequest::Header(std::string_view name) const {
  return FindHeader(headers, name);
}

OriginAnswer Redirect(int status, std::string location) {
  OriginAnswer answer;
  answer.status = status;
  answer.headers = {{"Location", std::move(location)}};
  return answer;
}

// --- What the threads share ----------------------------------------------------------------------

struct Origin::State {
  State(OriginOptions options_in, Handler handler_in);
  void Start();
  ~State();
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  AnswerPointer AnswerTo(const OriginRequest& request);
  void NoteConnection(const std::string& address);
  void NoteRequest(OriginRequest request);

  const OriginOptions options;
  const Handler handler;
  std::array<int, 2> listeners = {-1, -1};
  int port = 0;
  int stop_fd = -1;

  std::atomic<std::uint64_t> connection_ids = kConnectionIds;
  std::atomic<std::uint64_t> requests = 0;
  std::atomic<std::uint64_t> connections = 0;
  std::atomic<std::uint64_t> sent_bytes = 0;

  std::shared_mutex answers_mutex;
  std::unordered_map<std::string, AnswerPointer> answers;  // guarded by answers_mutex

  mutable std::mutex log_mutex;
  mutable std::condition_variable log_grew;
  std::vector<OriginRequest> log;                   // guarded by log_mutex
  std::map<std::string, std::uint64_t> by_address;  // guarded by log_mutex

  std::vector<std::jthread> threads;
};

AnswerPointer Origin::State::AnswerTo(const OriginRequest& request) {
  static const AnswerPointer not_found = [] {
    OriginAnswer answer;
    answer.status = 404;
    return std::make_shared<const OriginAnswer>(std::move(answer));
  }();
  {
    const std::shared_lock lock(answers_mutex);
    if (!answers.empty()) {
      auto found = answers.find(request.address + " " + request.target);
      if (found == answers.end()) found = answers.find(" " + request.target);
      if (found != answers.end()) return found->second;
    }
  }
  if (!handler) return not_found;
  return std::make_shared<const OriginAnswer>(handler(request));
}

void Origin::State::NoteConnection(const std::string& address) {
  ++connections;
  if (!options.logs_requests) return;
  const std::lock_guard lock(log_mutex);
  ++by_address[address];
}

void Origin::State::NoteRequest(OriginRequest request) {
  ++requests;
  if (!options.logs_requests) return;
  const std::lock_guard lock(log_mutex);
  log.push_back(std::move(request));
  log_grew.notify_all();
}

// --- One thread ----------------------------------------------------------------------------------

namespace {

// A share of the connections, from accept to close, on one epoll set. `Shared` is Origin::State.
template <typename Shared>
class Worker {
 public:
  explicit Worker(Shared& shared) : shared_(shared), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    if (epoll_ < 0) Fail("epoll_create1");
    Watch(shared_.stop_fd, kWakeId, EPOLLIN, EPOLL_CTL_ADD);
    for (std::size_t i = 0; i < shared_.listeners.size(); ++i) {
      if (shared_.listeners[i] < 0) continue;
      Watch(shared_.listeners[i], kListenerIds + i, EPOLLIN | EPOLLEXCLUSIVE, EPOLL_CTL_ADD);
    }
  }
  ~Worker() { close(epoll_); }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void Run() {
    std::array<epoll_event, 256> events{};
    while (true) {
      const int count = epoll_wait(epoll_, events.data(), events.size(), MsToNextAlarm());
      for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        if (event.data.u64 == kWakeId) return;
        if (event.data.u64 < kConnectionIds) {
          Accept(shared_.listeners[event.data.u64 - kListenerIds]);
        } else {
          Serve(event.data.u64, event.events);
        }
      }
      RingAlarms();
    }
  }

 private:
  struct Alarm {
    std::int64_t at_ms = 0;
    std::uint64_t id = 0;
    bool operator>(const Alarm& other) const { return at_ms > other.at_ms; }
  };

  void Watch(int fd, std::uint64_t id, std::uint32_t events, int operation) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = id;
    if (epoll_ctl(epoll_, operation, fd, &event) != 0) Fail("epoll_ctl");
  }

  int MsToNextAlarm() const {
    if (alarms_.empty()) return -1;
    return static_cast<int>(std::clamp<std::int64_t>(alarms_.top().at_ms - NowMs(), 0, 60000));
  }

  void RingAlarms() {
    while (!alarms_.empty() && alarms_.top().at_ms <= NowMs()) {
      const std::uint64_t id = alarms_.top().id;
      alarms_.pop();
      const auto found = connections_.find(id);
      if (found == connections_.end() || found->second->answer == nullptr) continue;
      Connection& connection = *found->second;
      if (IsDripping(connection.answer->manner)) {
        connection.body_allowed = std::min(
            connection.body_size,
            connection.body_allowed + static_cast<std::size_t>(connection.answer->piece_bytes));
        if (connection.body_allowed < connection.body_size) {
          alarms_.push({NowMs() + connection.answer->interval_ms, id});
        }
      }
      if (!Send(connection)) connections_.erase(id);
    }
  }

  void Accept(int listener) {
    for (int i = 0; i < 64; ++i) {
      const int fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      auto connection = std::make_unique<Connection>();
      connection->fd = fd;
      std::optional<std::string> address = LocalAddress(fd);
      if (!address) continue;
      connection->address = std::move(*address);
      connection->id = shared_.connection_ids++;
      shared_.NoteConnection(connection->address);
      Watch(fd, connection->id, EPOLLIN, EPOLL_CTL_ADD);
      connections_.emplace(connection->id, std::move(connection));
    }
  }

  void Serve(std::uint64_t id, std::uint32_t events) {
    const auto found = connections_.find(id);
    if (found == connections_.end()) return;
    Connection& connection = *found->second;
    bool open = true;
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) open = Read(connection);
    if (open && (events & EPOLLOUT) != 0 && connection.answer != nullptr) open = Send(connection);
    if (open && connection.answer == nullptr) open = Next(connection);
    if (!open) connections_.erase(found);
  }

  static bool Read(Connection& connection) {
    std::array<char, 16384> buffer;
    const ssize_t count = recv(connection.fd, buffer.data(), buffer.size(), 0);
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    if (count == 0 || connection.input.size() > kRequestBytesMax) return false;
    connection.input.append(buffer.data(), static_cast<std::size_t>(count));
    return true;
  }

  // Takes up requests until one is answered later or the input is used up.
  bool Next(Connection& connection) {
    while (connection.answer == nullptr) {
      const std::size_t end = connection.input.find("\r\n\r\n");
      if (end == std::string::npos) return true;
      OriginRequest request;
      request.address = connection.address;
      request.connection = connection.id;
      request.at_ms = NowMs();
      if (!ParseRequest(std::string_view(connection.input).substr(0, end + 2), request)) {
        return false;
      }
      connection.input.erase(0, end + 4);
      Begin(connection, request);
      shared_.NoteRequest(std::move(request));
      if (connection.answer->manner == OriginManner::kClose) return false;
      if (connection.answer->delay_ms > 0) {
        alarms_.push({NowMs() + connection.answer->delay_ms, connection.id});
        return true;
      }
      if (IsDripping(connection.answer->manner)) alarms_.push({NowMs(), connection.id});
      if (!Send(connection)) return false;
    }
    return true;
  }

  void Begin(Connection& connection, const OriginRequest& request) {
    connection.answer = shared_.AnswerTo(request);
    const OriginAnswer& answer = *connection.answer;
    const bool fresh = answer.honours_validators && ValidatorsMatch(request, answer);
    const int status = fresh ? 304 : answer.status;
    const bool has_body = status != 304 && status != 204 && request.method != "HEAD";
    connection.closes = answer.closes || SameWord(request.Header("Connection"), "close") ||
                        IsRaw(answer.manner) || answer.manner == OriginManner::kEndless ||
                        answer.manner == OriginManner::kCut;
    connection.head = IsRaw(answer.manner) ? "" : Head(answer, status, connection.closes);
    connection.body_size = has_body || IsRaw(answer.manner) ? answer.body.size() : 0;
    if (has_body && answer.manner == OriginManner::kChunked) {
      connection.head += Chunked(answer);
      connection.body_size = 0;
    }
    connection.head_sent = 0;
    connection.body_sent = 0;
    connection.body_allowed = IsDripping(answer.manner) ? 0 : connection.body_size;
  }

  // Sends what may be sent now; false if the connection is to end.
  bool Send(Connection& connection) {
    const OriginAnswer& answer = *connection.answer;
    if (answer.manner == OriginManner::kSilent) return true;
    while (true) {
      if (answer.manner == OriginManner::kEndless && connection.body_size > 0 &&
          connection.body_sent == connection.body_size) {
        connection.body_sent = 0;
      }
      std::array<iovec, 2> parts = {
          iovec{connection.head.data() + connection.head_sent,
                connection.head.size() - connection.head_sent},
          iovec{const_cast<char*>(answer.body.data()) + connection.body_sent,  // only read
                connection.body_allowed - connection.body_sent}};
      if (parts[0].iov_len + parts[1].iov_len == 0) return Rest(connection);
      msghdr message{};
      message.msg_iov = parts.data();
      message.msg_iovlen = parts.size();
      const ssize_t count = sendmsg(connection.fd, &message, MSG_NOSIGNAL);
      if (count < 0 && errno == EAGAIN) {
        WantOut(connection, true);
        return true;
      }
      if (count < 0) return false;
      const auto sent = static_cast<std::size_t>(count);
      shared_.sent_bytes += sent;
      const std::size_t of_head = std::min(sent, parts[0].iov_len);
      connection.head_sent += of_head;
      connection.body_sent += sent - of_head;
    }
  }

  // All that is allowed was sent: the answer is done, or a drip waits for its next drop.
  bool Rest(Connection& connection) {
    WantOut(connection, false);
    if (connection.body_sent < connection.body_size) return true;
    connection.answer = nullptr;
    return !connection.closes;
  }

  void WantOut(Connection& connection, bool wanted) {
    if (connection.wants_out == wanted) return;
    connection.wants_out = wanted;
    Watch(connection.fd, connection.id,
          wanted ? std::uint32_t{EPOLLIN | EPOLLOUT} : std::uint32_t{EPOLLIN}, EPOLL_CTL_MOD);
  }

  Shared& shared_;
  const int epoll_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Connection>> connections_;
  std::priority_queue<Alarm, std::vector<Alarm>, std::greater<>> alarms_;
};

}  // namespace

Origin::State::State(OriginOptions options_in, Handler handler_in)
    : options(options_in), handler(std::move(handler_in)) {
  // A free IPv4 port may be taken on ::1, so a few are tried.
  for (int attempt = 0; attempt < 16 && listeners[1] < 0; ++attempt) {
    if (listeners[0] >= 0) close(listeners[0]);
    listeners[0] = Listen(AF_INET, options.port);
    if (listeners[0] < 0) Fail("listen");
    port = PortOf(listeners[0]);
    listeners[1] = Listen(AF_INET6, port);
    if (listeners[1] < 0 && errno == EADDRNOTAVAIL) break;  // a machine without IPv6
  }
  stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (stop_fd < 0) Fail("eventfd");
}

void Origin::State::Start() {
  for (int i = 0; i < options.threads; ++i) {
    threads.emplace_back([this] { Worker<State>(*this).Run(); });
  }
}

Origin::State::~State() {
  (void)eventfd_write(stop_fd, 1);  // level-triggered and never read: it stops every thread
  threads.clear();
  for (const int fd : {listeners[0], listeners[1], stop_fd}) {
    if (fd >= 0) close(fd);
  }
}

// --- The public face -----------------------------------------------------------------------------

Origin::Origin(OriginOptions options, Handler handler)
    : state_(std::make_unique<State>(options, std::move(handler))) {
  state_->Start();  // last: a handler may ask this origin for its port
}
Origin::~Origin() = default;

int Origin::port() const { return state_->port; }

std::string Origin::Url(std::string_view address, std::string_view target) const {
  const bool brackets = address.find(':') != std::string_view::npos;
  std::string url = "http://";
  url.append(brackets ? "[" : "").append(address).append(brackets ? "]:" : ":");
  return url.append(std::to_string(port())).append(target);
}

void Origin::SetAnswer(std::string_view address, std::string_view target, OriginAnswer answer) {
  std::string key(address);
  key.append(" ").append(target);
  auto pointer = std::make_shared<const OriginAnswer>(std::move(answer));
  const std::unique_lock lock(state_->answers_mutex);
  state_->answers.insert_or_assign(std::move(key), std::move(pointer));
}

std::vector<OriginRequest> Origin::Log() const {
  const std::lock_guard lock(state_->log_mutex);
  return state_->log;
}

std::vector<OriginRequest> Origin::Log(std::string_view address) const {
  const std::lock_guard lock(state_->log_mutex);
  std::vector<OriginRequest> found;
  std::ranges::copy_if(state_->log, std::back_inserter(found),
                       [&](const OriginRequest& request) { return request.address == address; });
  return found;
}

void Origin::ClearLog() {
  const std::lock_guard lock(state_->log_mutex);
  state_->log.clear();
}

std::uint64_t Origin::requests() const { return state_->requests; }
std::uint64_t Origin::connections() const { return state_->connections; }
std::uint64_t Origin::sent_bytes() const { return state_->sent_bytes; }

std::uint64_t Origin::Connections(std::string_view address) const {
  const std::lock_guard lock(state_->log_mutex);
  const auto found = state_->by_address.find(std::string(address));
  return found == state_->by_address.end() ? 0 : found->second;
}

bool Origin::WaitForRequests(std::uint64_t count, milliseconds deadline) const {
  std::unique_lock lock(state_->log_mutex);
  return state_->log_grew.wait_for(lock, deadline, [&] { return state_->requests >= count; });
}

}  // namespace saunter::support
