#include "api/server/server.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pistache/endpoint.h>
#include <pistache/peer.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <mutex>
#include <random>
#include <set>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

#include "api/http/answer.h"
#include "api/http/request.h"
#include "api/index/monotonic_seconds.h"
#include "api/routes/parameters.h"
#include "api/routes/routes.h"
#include "api/server/large_answer_sender.h"

namespace saunter::api::server {
namespace {

constexpr int kBacklog = 1024;
// Holds the largest answer and its headers whole for a reader that keeps up.
constexpr int kSendBufferExtraBytes = 65536;
// After a refused request the rest of what comes is read away, so that the answer is not lost to
// a reset; this much at most.
constexpr std::size_t kDiscardedBytesMax = 65536;
// Descriptors kept for the database, logs and connections that are just being closed.
constexpr std::int64_t kDescriptorsKept = 128;
constexpr std::size_t kOutputBytesKept = 65536;
constexpr std::chrono::milliseconds kDrainTimeMax{2000};
constexpr std::chrono::milliseconds kDrainInterval{5};
constexpr const char* kConnectionData = "saunter";

// What the workers share.
struct Shared {
  Shared(const schemas::Settings& settings_in, const index::Follower& follower_in,
         index::ErrorLog& errors_in)
      : settings(settings_in),
        follower(follower_in),
        errors(errors_in),
        large_answers({.stall = std::chrono::seconds(settings_in.api.keepalive_timeout_s)}) {}

  const schemas::Settings& settings;
  const index::Follower& follower;
  index::ErrorLog& errors;
  const std::shared_ptr<routes::SharedAnswers> answers = std::make_shared<routes::SharedAnswers>();
  LargeAnswerSender large_answers;
  std::int64_t connections_max = 0;
  std::atomic<bool> is_stopping = false;

  std::mutex mutex;
  std::multiset<int> descriptors;  // of open connections, guarded by mutex
};

}  // namespace

// Not in the unnamed namespace: tests/support/tsan.supp names it.
struct Connection {
  Connection(std::shared_ptr<Shared> shared_in, int descriptor_in)
      : shared(std::move(shared_in)), descriptor(descriptor_in) {
    const std::lock_guard lock(shared->mutex);
    shared->descriptors.insert(descriptor);
    is_one_too_many =
        static_cast<std::int64_t>(shared->descriptors.size()) > shared->connections_max;
  }
  ~Connection() {
    const std::lock_guard lock(shared->mutex);
    shared->descriptors.erase(shared->descriptors.find(descriptor));
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  const std::shared_ptr<Shared> shared;
  const int descriptor;
  bool is_one_too_many = false;
  std::string pending;             // the beginning of a request
  std::int64_t pending_since = 0;  // monotonic seconds
  std::int64_t active_at = 0;      // when Pistache's idle timer was last wound up
  std::size_t discarded_bytes = 0;
  bool is_closing = false;      // answered for the last time
  bool is_handed_over = false;  // the rest is for the sender of large answers
};

namespace {

class Handler : public Pistache::Http::Handler {
 public:
  explicit Handler(std::shared_ptr<Shared> shared)
      : shared_(std::move(shared)),
        routes_(shared_->settings, shared_->follower, shared_->errors, RandomSeed(),
                shared_->answers) {}

  // One handler a worker.
  std::shared_ptr<Pistache::Tcp::Handler> clone() const override {
    return std::make_shared<Handler>(shared_);
  }

  // Never called: onInput below does not use Pistache's parser.
  void onRequest(const Pistache::Http::Request&, Pistache::Http::ResponseWriter) override {}

 private:
  using PeerPointer = std::shared_ptr<Pistache::Tcp::Peer>;

  static std::uint64_t RandomSeed() {
    std::random_device device;
    return (std::uint64_t{device()} << 32) | device();
  }

  void onConnection(const PeerPointer& peer) override {
    // Pistache's idle timer reads the age of a connection from its parser.
    peer->putData(ParserData, std::make_shared<Pistache::Http::RequestParser>(1));
    auto connection = std::make_shared<Connection>(shared_, peer->fd());
    connection->active_at = index::MonotonicSeconds();
    // An idle connection is closed in silence, one that is not gets an answer of Pistache's own.
    peer->setIdle(true);
    if (connection->is_one_too_many || shared_->is_stopping) {
      output_.clear();
      Refuse(503, "Too many connections; try again.", *connection);
      ::shutdown(peer->fd(), SHUT_RDWR);
    }
    peer->putData(kConnectionData, std::move(connection));
  }

  void onInput(const char* data, std::size_t size, const PeerPointer& peer) override {
    const auto connection = std::static_pointer_cast<Connection>(peer->getData(kConnectionData));
    try {
      Take({data, size}, *connection);
    } catch (const std::exception& error) {
      shared_->errors.Report("a request failed", error.what());
      if (!connection->is_closing) {
        output_.clear();
        Refuse(503, "This request could not be answered; try again.", *connection);
      }
    }
    const auto now = index::MonotonicSeconds();
    if (connection->pending.empty() && now != connection->active_at) {
      connection->active_at = now;
      Pistache::Http::Handler::getParser(peer)->reset();
    }
  }

  void Take(std::string_view bytes, Connection& connection) {
    if (connection.is_closing) return Discard(bytes.size(), connection);
    const bool was_pending = !connection.pending.empty();
    if (was_pending) {
      connection.pending.append(bytes);
      bytes = connection.pending;
    }
    const auto request_bytes_max =
        static_cast<std::size_t>(shared_->settings.api.max_request_bytes);
    std::size_t consumed = 0;
    output_.clear();
    while (consumed < bytes.size() && !connection.is_closing) {
      const auto read = http::ReadRequest(bytes.substr(consumed), request_bytes_max);
      if (read.status == http::ReadStatus::kIncomplete) break;
      if (read.status == http::ReadStatus::kRefused) {
        Refuse(read.code, read.detail, connection);
        break;
      }
      consumed += read.consumed;
      AnswerRequest(read.request, connection);
      if (output_.size() > kOutputBytesKept) Send(connection);
    }
    Send(connection);
    if (connection.is_closing) {
      connection.pending.clear();
      return;
    }
    KeepPending(bytes.substr(consumed), was_pending && consumed == 0, connection);
  }

  // `rest` may lie in connection.pending.
  void KeepPending(std::string_view rest, bool is_same_request, Connection& connection) {
    const auto now = index::MonotonicSeconds();
    if (!is_same_request) {
      connection.pending = std::string(rest);
      connection.pending_since = now;
      return;
    }
    if (now - connection.pending_since > shared_->settings.api.header_timeout_s) {
      Refuse(408, "The request took too long to arrive.", connection);
      connection.pending.clear();
    }
  }

  void AnswerRequest(const http::Request& request, Connection& connection) {
    const auto now = static_cast<schemas::UnixSeconds>(std::time(nullptr));
    RenewDate(now);
    routes_.Respond(request, now, answer_);
    const bool is_head = request.method == http::Method::kHead;
    if (!is_head && answer_.Body().size() >
                        static_cast<std::size_t>(shared_->settings.api.max_response_bytes)) {
      return HandOver(connection);
    }
    http::AppendAnswer(output_, answer_, date_,
                       is_head ? http::BodyOnWire::kNo : http::BodyOnWire::kYes,
                       !request.keep_alive       ? http::AfterAnswer::kClose
                       : request.says_keep_alive ? http::AfterAnswer::kSayKeepAlive
                                                 : http::AfterAnswer::kKeepAlive);
    if (!request.keep_alive) connection.is_closing = true;
  }

  // An answer too large for the socket's buffer goes out beside this worker and ends the
  // connection.
  void HandOver(Connection& connection) {
    auto body = answer_.shared_body ? answer_.shared_body
                                    : std::make_shared<const std::string>(answer_.body);
    Send(connection);  // what was answered before
    if (connection.is_closing) return;
    std::string head;
    http::AppendAnswer(head, answer_, date_, http::BodyOnWire::kNo, http::AfterAnswer::kClose);
    if (!shared_->large_answers.Send(connection.descriptor, std::move(head), std::move(body))) {
      return Refuse(503, "Too many large answers are under way; try again.", connection);
    }
    connection.is_closing = true;
    connection.is_handed_over = true;
  }

  void Refuse(int code, std::string_view detail, Connection& connection) {
    RenewDate(static_cast<schemas::UnixSeconds>(std::time(nullptr)));
    http::SetProblem(answer_, code, detail);
    if (code == 503) {
      answer_.headers = "Retry-After: ";
      answer_.headers.append(std::to_string(shared_->settings.api.retry_after_s)).append("\r\n");
    }
    http::AppendAnswer(output_, answer_, date_, http::BodyOnWire::kYes, http::AfterAnswer::kClose);
    connection.is_closing = true;
    Send(connection);
  }

  // Sends all of output_ at once or ends the connection.
  void Send(Connection& connection) {
    if (!output_.empty()) {
      const auto sent = ::send(connection.descriptor, output_.data(), output_.size(), MSG_NOSIGNAL);
      const bool is_whole = sent == static_cast<ssize_t>(output_.size());
      output_.clear();
      if (output_.capacity() > 4 * kOutputBytesKept) output_ = {};
      if (!is_whole) {
        // Pistache reads the end of the stream next and closes the descriptor.
        connection.is_closing = true;
        ::shutdown(connection.descriptor, SHUT_RDWR);
        return;
      }
    }
    if (connection.is_closing && !connection.is_handed_over) {
      ::shutdown(connection.descriptor, SHUT_WR);
    }
  }

  static void Discard(std::size_t size, Connection& connection) {
    connection.discarded_bytes += size;
    if (connection.discarded_bytes > kDiscardedBytesMax)
      ::shutdown(connection.descriptor, SHUT_RDWR);
  }

  void RenewDate(schemas::UnixSeconds now) {
    if (now == date_at_) return;
    date_at_ = now;
    date_ = http::HttpDate(now);
  }

  const std::shared_ptr<Shared> shared_;
  // Confined to the worker.
  routes::Routes routes_;
  http::Answer answer_;
  std::string output_;
  std::string date_;
  schemas::UnixSeconds date_at_ = -1;
};

// The descriptor on which this process listens at `port`. Pistache keeps it to itself.
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
    // sin_port and sin6_port lie at the same place.
    if (address.ss_family != AF_INET && address.ss_family != AF_INET6) continue;
    if (ntohs(reinterpret_cast<sockaddr_in*>(&address)->sin_port) == port) return descriptor;
  }
  return std::nullopt;
}

// Options that accepted sockets inherit, and the backlog that Pistache does not pass on.
void TuneListeningSocket(int descriptor, const schemas::ApiSettings& settings) {
  const auto set = [&](int level, int option, int value) {
    if (::setsockopt(descriptor, level, option, &value, sizeof(value)) != 0) {
      throw std::system_error(errno, std::generic_category(), "setsockopt on the listening socket");
    }
  };
  // A peer that acknowledges nothing is gone after this, whatever is unsent.
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(settings.keepalive_timeout_s * 1000));
  set(SOL_SOCKET, SO_SNDBUF, static_cast<int>(settings.max_response_bytes) + kSendBufferExtraBytes);
  if (::listen(descriptor, kBacklog) != 0) {
    throw std::system_error(errno, std::generic_category(), "listen");
  }
}

// Connections that the descriptor limit, raised as far as it goes, has room for.
std::int64_t ConnectionsMax() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 256;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const auto descriptors = static_cast<std::int64_t>(std::min<rlim_t>(limit.rlim_cur, 1 << 20));
  return std::max<std::int64_t>(descriptors - kDescriptorsKept, descriptors / 2);
}

}  // namespace

std::optional<Endpoint> ParseEndpoint(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  auto host = text.substr(0, colon);
  const auto port = routes::ReadNumber(text.substr(colon + 1), 0, 65535);
  if (!port) return std::nullopt;
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
    if (host.find(':') == std::string_view::npos) return std::nullopt;
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;
  }
  if (host.empty()) return std::nullopt;
  return Endpoint{std::string(host), static_cast<int>(*port)};
}

class Server::State {
 public:
  State(const schemas::Settings& settings, const index::Follower& follower, index::ErrorLog& errors)
      : settings_(settings), shared_(std::make_shared<Shared>(settings, follower, errors)) {}

  void Start() {
    const auto& api = settings_.api;
    const auto endpoint = ParseEndpoint(api.listen);
    if (!endpoint) {
      throw std::runtime_error("api.listen takes HOST:PORT or [IPV6]:PORT, not \"" + api.listen +
                               "\"");
    }
    host_ = endpoint->host;
    shared_->connections_max = ConnectionsMax();
    const bool is_ipv6 = host_.find(':') != std::string::npos;
    const Pistache::Address address(is_ipv6 ? "[" + host_ + "]" : host_,
                                    Pistache::Port(static_cast<std::uint16_t>(endpoint->port)));
    endpoint_ = std::make_unique<Pistache::Http::Endpoint>(address);
    using Options = Pistache::Tcp::Options;
    endpoint_->init(Pistache::Http::Endpoint::options()
                        .threads(static_cast<int>(api.threads))
                        .threadsName("worker")
                        .flags(Options::ReuseAddr | Options::CloseOnExec | Options::NoDelay)
                        .maxRequestSize(static_cast<std::size_t>(api.max_request_bytes))
                        .maxResponseSize(static_cast<std::size_t>(api.max_response_bytes))
                        .headerTimeout(std::chrono::seconds(api.header_timeout_s))
                        .bodyTimeout(std::chrono::seconds(api.body_timeout_s))
                        .keepaliveTimeout(std::chrono::seconds(api.keepalive_timeout_s)));
    endpoint_->setHandler(std::make_shared<Handler>(shared_));
    try {
      endpoint_->serveThreaded();
    } catch (const std::exception& error) {
      throw std::runtime_error("cannot listen on " + api.listen + ": " + error.what());
    }
    const auto descriptor = FindListeningSocket(port());
    if (!descriptor) throw std::runtime_error("the listening socket cannot be found");
    TuneListeningSocket(*descriptor, api);
  }

  void Stop() {
    if (!endpoint_) return;
    shared_->is_stopping = true;
    Drain();
    endpoint_->shutdown();
    endpoint_.reset();
  }

  [[nodiscard]] int port() const {
    return endpoint_ ? static_cast<std::uint16_t>(endpoint_->getPort()) : 0;
  }
  [[nodiscard]] const std::string& host() const { return host_; }

 private:
  // Ends what comes in, so that each worker answers what it has begun, reads the end and closes.
  // Pistache itself leaves connections open when it stops.
  void Drain() {
    const auto deadline = std::chrono::steady_clock::now() + kDrainTimeMax;
    while (std::chrono::steady_clock::now() < deadline) {
      {
        const std::lock_guard lock(shared_->mutex);
        if (shared_->descriptors.empty()) return;
        for (const int descriptor : shared_->descriptors) ::shutdown(descriptor, SHUT_RD);
      }
      std::this_thread::sleep_for(kDrainInterval);
    }
  }

  const schemas::Settings& settings_;
  std::shared_ptr<Shared> shared_;
  std::string host_;
  std::unique_ptr<Pistache::Http::Endpoint> endpoint_;
};

Server::Server(const schemas::Settings& settings, const index::Follower& follower,
               index::ErrorLog& errors)
    : state_(std::make_unique<State>(settings, follower, errors)) {}

Server::~Server() { Stop(); }

void Server::Start() { state_->Start(); }

void Server::Stop() { state_->Stop(); }

int Server::port() const { return state_->port(); }

std::string Server::Address() const {
  const auto& host = state_->host();
  const auto shown = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return "http://" + shown + ":" + std::to_string(port());
}

}  // namespace saunter::api::server
