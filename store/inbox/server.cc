#include "store/inbox/server.h"

#include <poll.h>
#include <pthread.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <future>
#include <map>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "store/inbox/unix_socket.h"
#include "store/inbox/wire.h"

namespace saunter::store::inbox {
namespace {

using schemas::FeedbackOutcome;

constexpr std::size_t kInboxConnectionsMax = 8;
// Frames of one connection that wait for their commit.
constexpr std::size_t kWaitingMax = 256;
constexpr mode_t kInboxMode = 0660;

AnswerOutcome ToAnswer(FeedbackOutcome outcome) {
  switch (outcome) {
    case FeedbackOutcome::kCommitted:
      return AnswerOutcome::kCommitted;
    case FeedbackOutcome::kUsed:
      return AnswerOutcome::kUsed;
  }
  return AnswerOutcome::kFull;
}

struct InboxConnection {
  Descriptor descriptor;
  std::size_t waiting = 0;
};

// Whom a frame's answer goes to.
struct Sender {
  std::uint64_t connection_id = 0;
  std::uint64_t sequence = 0;
};

// What came in one round and waits for its commit.
struct Waiting {
  std::vector<Sender> senders;  // one for each of the ticket's feedback
  std::future<std::vector<FeedbackOutcome>> outcomes;
};

}  // namespace

class Server::State {
 public:
  State(const std::string& database_path, Desk& desk);
  ~State();
  State(const State&) = delete;
  State& operator=(const State&) = delete;

 private:
  void Run(const std::stop_token& stop);
  void Round();
  void Accept();
  // Appends what has come. False: the connection has ended, or sent what is none.
  [[nodiscard]] bool Read(std::uint64_t connection_id, InboxConnection& connection);
  void HandOver();
  void AnswerWhatIsCommitted();
  void Answer(const Sender& sender, AnswerOutcome outcome);

  Desk& desk_;
  Listener listener_;
  const std::shared_ptr<const Wake> wake_ = std::make_shared<const Wake>();

  // Confined to the thread.
  std::map<std::uint64_t, InboxConnection> connections_;
  std::uint64_t next_id_ = 1;
  std::vector<Sender> senders_;
  std::vector<schemas::Feedback> feedback_;  // of this round
  std::vector<Waiting> waiting_;

  std::jthread thread_;
};

Server::State::State(const std::string& database_path, Desk& desk)
    : desk_(desk),
      listener_(InboxPath(database_path), {.type = SOCK_SEQPACKET,
                                           .mode = kInboxMode,
                                           .backlog = kInboxConnectionsMax,
                                           .name = "the inbox"}) {
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

Server::State::~State() {
  thread_.request_stop();
  wake_->Call();
  thread_.join();
}

void Server::State::Run(const std::stop_token& stop) {
  pthread_setname_np(pthread_self(), "inbox");
  try {
    while (!stop.stop_requested()) Round();
    AnswerWhatIsCommitted();
  } catch (const std::exception& exception) {
    // The program goes on without it; the API finds that nobody listens.
    spdlog::error("the inbox is closed: {}", exception.what());
    listener_.Close();
  }
  connections_.clear();
}

void Server::State::Round() {
  std::vector<pollfd> polled;
  std::vector<std::uint64_t> ids;
  const auto now = std::chrono::steady_clock::now();
  const bool is_full = connections_.size() >= kInboxConnectionsMax;
  polled.push_back({wake_->get(), POLLIN, 0});
  polled.push_back({is_full ? -1 : listener_.DescriptorAt(now), POLLIN, 0});
  for (const auto& [id, connection] : connections_) {
    const bool may_read = connection.waiting < kWaitingMax;
    polled.push_back({connection.descriptor.get(), static_cast<short>(may_read ? POLLIN : 0), 0});
    ids.push_back(id);
  }
  const auto accept_in = std::chrono::ceil<std::chrono::milliseconds>(listener_.accept_at() - now);
  const int wait_ms = accept_in.count() > 0 ? static_cast<int>(accept_in.count()) : -1;
  if (poll(polled.data(), polled.size(), wait_ms) < 0 && errno != EINTR) {
    throw std::runtime_error("poll: " + ErrorText(errno));
  }
  if (polled[0].revents != 0) wake_->Heard();
  AnswerWhatIsCommitted();
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto connection = connections_.find(ids[i]);
    const auto events = polled[i + 2].revents;
    if (events == 0 || connection == connections_.end()) continue;
    // One that waits for so much is not read, and poll() would tell of its end again and again.
    const bool has_left = (events & POLLIN) == 0;
    if (has_left || !Read(ids[i], connection->second)) connections_.erase(connection);
  }
  HandOver();
  if (polled[1].revents != 0) Accept();
}

void Server::State::Accept() {
  auto descriptor = listener_.Accept();
  if (descriptor.get() < 0) return;
  connections_[next_id_++].descriptor = std::move(descriptor);
}

bool Server::State::Read(std::uint64_t connection_id, InboxConnection& connection) {
  std::array<char, kFrameBytesMax> frame;
  while (connection.waiting < kWaitingMax) {
    // The whole length, also of a frame that does not fit.
    const auto bytes =
        recv(connection.descriptor.get(), frame.data(), frame.size(), MSG_DONTWAIT | MSG_TRUNC);
    if (bytes < 0) return errno == EAGAIN || errno == EINTR;
    const auto size = static_cast<std::size_t>(bytes);
    if (size == 0 || size > frame.size()) return false;
    auto request = DecodeRequest({frame.data(), size});
    if (!request) return false;
    senders_.push_back({.connection_id = connection_id, .sequence = request->sequence});
    feedback_.push_back(std::move(request->feedback));
    ++connection.waiting;
  }
  return true;
}

void Server::State::HandOver() {
  if (feedback_.empty()) return;
  auto ticket = std::make_shared<FeedbackTicket>(std::exchange(feedback_, {}), wake_);
  Waiting waiting{.senders = std::exchange(senders_, {}), .outcomes = ticket->Outcomes()};
  // While the database takes no writes, readers are told to come back.
  if (desk_.Take(std::move(ticket))) {
    waiting_.push_back(std::move(waiting));
    return;
  }
  for (const auto& sender : waiting.senders) Answer(sender, AnswerOutcome::kFull);
}

void Server::State::AnswerWhatIsCommitted() {
  std::erase_if(waiting_, [&](Waiting& waiting) {
    if (waiting.outcomes.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
      return false;
    }
    try {
      const auto outcomes = waiting.outcomes.get();
      for (std::size_t i = 0; i < waiting.senders.size(); ++i) {
        Answer(waiting.senders[i], ToAnswer(outcomes.at(i)));
      }
    } catch (const std::future_error&) {
      // The writer has given it up; nothing of it was written.
      for (const auto& sender : waiting.senders) Answer(sender, AnswerOutcome::kFull);
    }
    return true;
  });
}

void Server::State::Answer(const Sender& sender, AnswerOutcome outcome) {
  const auto connection = connections_.find(sender.connection_id);
  if (connection == connections_.end()) return;
  --connection->second.waiting;
  const auto frame = EncodeAnswer({.sequence = sender.sequence, .outcome = outcome});
  const auto sent = send(connection->second.descriptor.get(), frame.data(), frame.size(),
                         MSG_DONTWAIT | MSG_NOSIGNAL);
  // It has gone, or it does not read.
  if (sent != std::ssize(frame)) connections_.erase(connection);
}

Server::Server(const std::string& database_path, Desk& desk)
    : state_(std::make_unique<State>(database_path, desk)) {}
Server::~Server() = default;

}  // namespace saunter::store::inbox
