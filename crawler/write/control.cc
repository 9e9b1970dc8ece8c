#include "crawler/write/control.h"

#include <poll.h>
#include <pthread.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

#include "crawler/write/change_json.h"
#include "crawler/write/unix_socket.h"

namespace saunter::crawler::write {
namespace {

using std::chrono::milliseconds;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr std::uint32_t kMessageBytesMax = 67108864;
constexpr std::size_t kHeaderBytes = sizeof(std::uint32_t);  // length, most significant byte first
constexpr std::size_t kConnectionsMax = 16;
constexpr mode_t kSocketMode = 0600;
// A client sends and reads at once what it has to; one that stalls is dropped.
constexpr milliseconds kStallMax(5000);
// How long the CLI waits for a commit.
constexpr milliseconds kAnswerMax(120000);
// How long the server's end waits for clients to read their answers.
constexpr milliseconds kEndMax(2000);
constexpr std::size_t kReadBytes = 65536;

std::string WithHeader(const std::string& text) {
  std::string message;
  for (int shift = 24; shift >= 0; shift -= 8) {
    message.push_back(static_cast<char>((text.size() >> shift) & 0xff));
  }
  return message + text;
}

// The length in a message's header; nullopt until the whole header is there.
std::optional<std::uint32_t> LengthOf(std::string_view message) {
  if (message.size() < kHeaderBytes) return std::nullopt;
  std::uint32_t length = 0;
  for (const char byte : message.substr(0, kHeaderBytes)) {
    length = (length << 8) | static_cast<unsigned char>(byte);
  }
  return length;
}

bool IsWhole(std::string_view message) {
  const auto length = LengthOf(message);
  return length && message.size() >= kHeaderBytes + *length;
}

enum class Transfer { kGoesOn, kEnded };

// Appends the bytes that are there; says when the stream has ended or failed.
Transfer ReadSome(int descriptor, std::string& in) {
  std::array<char, kReadBytes> buffer;
  const auto bytes = recv(descriptor, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (bytes > 0) {
    in.append(buffer.data(), static_cast<std::size_t>(bytes));
    return Transfer::kGoesOn;
  }
  const bool later = bytes < 0 && (errno == EAGAIN || errno == EINTR);
  return later ? Transfer::kGoesOn : Transfer::kEnded;
}

// Sends what fits and takes it off `out`.
Transfer WriteSome(int descriptor, std::string_view& out) {
  const auto bytes = send(descriptor, out.data(), out.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (bytes >= 0) {
    out.remove_prefix(static_cast<std::size_t>(bytes));
    return Transfer::kGoesOn;
  }
  return errno == EAGAIN || errno == EINTR ? Transfer::kGoesOn : Transfer::kEnded;
}

// Waits until the descriptor is ready for `events`; false at the deadline.
bool WaitFor(int descriptor, short events, SteadyTime deadline) {
  while (true) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd polled{descriptor, events, 0};
    const int ready = poll(&polled, 1, static_cast<int>(left.count()));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

struct Connection {
  Descriptor descriptor;
  std::string in;
  std::string answer;
  std::string_view unsent;  // of `answer`
  SteadyTime deadline;

  [[nodiscard]] bool Answering() const { return !answer.empty(); }
};

}  // namespace

std::string ControlPath(const std::string& database_path) { return database_path + ".control"; }

class ControlServer::State {
 public:
  State(const std::string& database_path, WriterThread& writer);
  ~State();
  State(const State&) = delete;
  State& operator=(const State&) = delete;

 private:
  void Run(const std::stop_token& stop);
  void Round();
  void Accept();
  // Nobody is left without an answer: who was not served is told so.
  void End();
  Transfer Serve(Connection& connection, short events);
  [[nodiscard]] std::string AnswerTo(std::string_view message);

  WriterThread& writer_;
  Listener listener_;
  Wake wake_;
  std::vector<std::unique_ptr<Connection>> connections_;  // of the thread
  std::jthread thread_;
};

ControlServer::State::State(const std::string& database_path, WriterThread& writer)
    : writer_(writer),
      listener_(ControlPath(database_path),
                {.mode = kSocketMode, .backlog = kConnectionsMax, .name = "the control socket"}) {
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

ControlServer::State::~State() {
  thread_.request_stop();
  wake_.Call();
  thread_.join();
}

void ControlServer::State::Run(const std::stop_token& stop) {
  pthread_setname_np(pthread_self(), "control");
  try {
    while (!stop.stop_requested()) Round();
    End();
  } catch (const std::exception& exception) {
    // The crawl goes on without the socket; the CLI finds that nobody listens.
    spdlog::error("the control socket is closed: {}", exception.what());
    connections_.clear();
    listener_.Close();
  }
}

// Waits for whatever comes first, then serves all that is ready.
void ControlServer::State::Round() {
  std::vector<pollfd> polled;
  const bool full = connections_.size() >= kConnectionsMax;
  polled.push_back({wake_.get(), POLLIN, 0});
  const auto now = std::chrono::steady_clock::now();
  polled.push_back({full ? -1 : listener_.DescriptorAt(now), POLLIN, 0});
  auto deadline = now + kStallMax;
  if (now < listener_.accept_at()) deadline = std::min(deadline, listener_.accept_at());
  for (const auto& connection : connections_) {
    const short events = connection->Answering() ? POLLOUT : POLLIN;
    polled.push_back({connection->descriptor.get(), events, 0});
    deadline = std::min(deadline, connection->deadline);
  }
  const auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
  const auto wait_ms = std::max<milliseconds::rep>(0, left.count());
  if (poll(polled.data(), polled.size(), static_cast<int>(wait_ms)) < 0 && errno != EINTR) {
    throw std::runtime_error("poll: " + ErrorText(errno));
  }
  constexpr std::size_t kFirstConnection = 2;
  for (std::size_t i = kFirstConnection; i < polled.size(); ++i) {
    auto& connection = connections_[i - kFirstConnection];
    const bool late = std::chrono::steady_clock::now() >= connection->deadline;
    const auto transfer = polled[i].revents != 0 ? Serve(*connection, polled[i].revents)
                          : late                 ? Transfer::kEnded
                                                 : Transfer::kGoesOn;
    if (transfer == Transfer::kEnded) connection.reset();
  }
  std::erase(connections_, nullptr);
  if (polled[1].revents != 0) Accept();
}

void ControlServer::State::Accept() {
  auto descriptor = listener_.Accept();
  if (descriptor.get() < 0) return;
  auto connection = std::make_unique<Connection>();
  connection->descriptor = std::move(descriptor);
  connection->deadline = std::chrono::steady_clock::now() + kStallMax;
  connections_.push_back(std::move(connection));
}

void ControlServer::State::End() {
  std::size_t before = 0;
  do {
    before = connections_.size();
    Accept();
  } while (connections_.size() > before);
  const auto deadline = std::chrono::steady_clock::now() + kEndMax;
  for (auto& connection : connections_) {
    if (!connection->Answering()) {
      connection->answer = WithHeader(PrintReceipt(
          {.problem = "the crawler is stopping; nothing was changed", .outcomes = {}}));
      connection->unsent = connection->answer;
    }
    while (!connection->unsent.empty() &&
           WaitFor(connection->descriptor.get(), POLLOUT, deadline)) {
      if (WriteSome(connection->descriptor.get(), connection->unsent) == Transfer::kEnded) break;
    }
  }
  connections_.clear();
}

Transfer ControlServer::State::Serve(Connection& connection, short events) {
  const int descriptor = connection.descriptor.get();
  if (connection.Answering()) {
    const auto before = connection.unsent.size();
    if (WriteSome(descriptor, connection.unsent) == Transfer::kEnded) return Transfer::kEnded;
    if (connection.unsent.empty()) return Transfer::kEnded;
    if (connection.unsent.size() < before) {
      connection.deadline = std::chrono::steady_clock::now() + kStallMax;
    }
    return Transfer::kGoesOn;
  }
  if ((events & (POLLIN | POLLHUP)) == 0) return Transfer::kEnded;
  if (ReadSome(descriptor, connection.in) == Transfer::kEnded) return Transfer::kEnded;
  connection.deadline = std::chrono::steady_clock::now() + kStallMax;
  const auto length = LengthOf(connection.in);
  const bool too_large = length && *length > kMessageBytesMax;
  if (!too_large && !IsWhole(connection.in)) return Transfer::kGoesOn;
  connection.answer = WithHeader(
      too_large ? PrintReceipt({.problem = "the request is too large; send fewer "
                                           "changes at once",
                                .outcomes = {}})
                : AnswerTo(std::string_view(connection.in).substr(kHeaderBytes, *length)));
  connection.unsent = connection.answer;
  connection.in = {};
  connection.deadline = std::chrono::steady_clock::now() + kStallMax;
  return Transfer::kGoesOn;
}

std::string ControlServer::State::AnswerTo(std::string_view message) {
  auto parsed = ParseChanges(message);
  if (!parsed.changes) return PrintReceipt({.problem = parsed.problem, .outcomes = {}});
  return PrintReceipt(writer_.Change(std::move(*parsed.changes)));
}

ControlServer::ControlServer(const std::string& database_path, WriterThread& writer)
    : state_(std::make_unique<State>(database_path, writer)) {}
ControlServer::~ControlServer() = default;

namespace {

SubmitResult Failed(std::string problem) {
  return {SubmitStatus::kFailed, {.problem = std::move(problem), .outcomes = {}}};
}

// The message that came back, without its header; nothing if it did not come in time.
std::optional<std::string> Exchange(int descriptor, std::string_view request) {
  auto deadline = std::chrono::steady_clock::now() + kStallMax;
  while (!request.empty()) {
    if (!WaitFor(descriptor, POLLOUT, deadline)) return std::nullopt;
    const auto before = request.size();
    // A server that refuses closes early, and its answer says why.
    if (WriteSome(descriptor, request) == Transfer::kEnded) break;
    if (request.size() < before) deadline = std::chrono::steady_clock::now() + kStallMax;
  }
  deadline = std::chrono::steady_clock::now() + kAnswerMax;
  std::string in;
  while (!IsWhole(in)) {
    const auto length = LengthOf(in);
    if (length && *length > kMessageBytesMax) return std::nullopt;
    if (!WaitFor(descriptor, POLLIN, deadline)) return std::nullopt;
    if (ReadSome(descriptor, in) == Transfer::kEnded) return std::nullopt;
  }
  return in.substr(kHeaderBytes);
}

}  // namespace

SubmitResult SubmitChanges(const std::string& database_path,
                           const std::vector<schemas::OperatorChange>& changes) {
  const auto path = ControlPath(database_path);
  const auto address = AddressOf(path);
  // The crawler could not listen there either.
  if (!address) return {SubmitStatus::kNoCrawler, {}};
  const Descriptor descriptor(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (descriptor.get() < 0) return Failed("cannot open a socket: " + ErrorText(errno));
  if (connect(descriptor.get(), Generic(*address), sizeof(*address)) != 0) {
    if (errno == ENOENT || errno == ECONNREFUSED) return {SubmitStatus::kNoCrawler, {}};
    return Failed("cannot reach the crawler at " + path + ": " + ErrorText(errno));
  }
  const auto text = PrintChanges(changes);
  if (text.size() > kMessageBytesMax) return Failed("too many changes at once; send fewer");
  const auto answer = Exchange(descriptor.get(), WithHeader(text));
  if (!answer) {
    return Failed("the crawler gave no answer; it is not known whether it made the changes");
  }
  const auto receipt = ParseReceipt(*answer);
  if (!receipt) return Failed("the crawler's answer is not understood; is it the same version?");
  return {receipt->committed ? SubmitStatus::kDone : SubmitStatus::kFailed, *receipt};
}

}  // namespace saunter::crawler::write
