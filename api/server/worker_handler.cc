#include "api/server/worker_handler.h"

#include <sys/socket.h>

#include <cstdint>
#include <ctime>
#include <exception>
#include <mutex>
#include <random>
#include <utility>

#include "api/http/network.h"
#include "api/index/monotonic_seconds.h"

namespace saunter::api::server {
namespace {

// After a refused request this much of what still comes is read and dropped, so that a reset does
// not destroy the answer.
constexpr std::size_t kDiscardedBytesMax = 65536;
constexpr std::size_t kOutputBytesKept = 65536;
constexpr const char* kConnectionData = "saunter";

std::uint64_t RandomSeed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

// Of a peer that has gone already, the address of nobody.
http::IpAddress PeerAddress(int descriptor) {
  sockaddr_storage end{};
  socklen_t size = sizeof(end);
  // The cast that the socket interface asks for.
  if (::getpeername(descriptor, reinterpret_cast<sockaddr*>(&end), &size) != 0) return {};
  return http::IpAddressOf(end).value_or(http::IpAddress{});
}

}  // namespace

WorkerHandler::WorkerHandler(std::shared_ptr<Shared> shared)
    : shared_(std::move(shared)),
      routes_(shared_->settings, shared_->follower, shared_->errors, RandomSeed(),
              shared_->answers) {}

std::shared_ptr<Pistache::Tcp::Handler> WorkerHandler::clone() const {
  return std::make_shared<WorkerHandler>(shared_);
}

void WorkerHandler::onConnection(const PeerPointer& peer) {
  // Pistache's idle timer reads the age of a connection from its parser.
  peer->putData(ParserData, std::make_shared<Pistache::Http::RequestParser>(1));
  auto connection = std::make_shared<Connection>(shared_, peer->fd());
  connection->active_at = index::MonotonicSeconds();
  // Pistache closes an idle connection in silence; otherwise it would send an answer of its own.
  peer->setIdle(true);
  if (connection->is_one_too_many || shared_->is_stopping) {
    output_.clear();
    Refuse(503, "Too many connections; try again.", *connection);
    ::shutdown(peer->fd(), SHUT_RDWR);
  }
  peer->putData(kConnectionData, std::move(connection));
}

void WorkerHandler::onInput(const char* data, std::size_t size, const PeerPointer& peer) {
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

void WorkerHandler::Take(std::string_view bytes, Connection& connection) {
  if (connection.is_closing) return Discard(bytes.size(), connection);
  const bool was_pending = !connection.pending.empty();
  if (was_pending) {
    connection.pending.append(bytes);
    bytes = connection.pending;
  }
  std::size_t consumed = 0;
  output_.clear();
  connection.is_body_pending = false;
  while (consumed < bytes.size() && !connection.is_closing) {
    const auto taken = TakeRequest(bytes.substr(consumed), connection);
    if (taken == 0) break;
    consumed += taken;
    if (output_.size() > kOutputBytesKept) Send(connection);
  }
  Send(connection);
  if (connection.is_closing) {
    connection.pending.clear();
    return;
  }
  KeepPending(bytes.substr(consumed), was_pending && consumed == 0, connection);
}

std::size_t WorkerHandler::TakeRequest(std::string_view bytes, Connection& connection) {
  const auto request_bytes_max = schemas::Limit(shared_->settings.api.max_request_bytes);
  const auto read = http::ReadRequest(bytes, request_bytes_max);
  if (read.status == http::ReadStatus::kIncomplete) return 0;
  if (read.status == http::ReadStatus::kRefused) {
    Refuse(read.code, read.detail, connection);
    return bytes.size();
  }
  const auto& request = read.request;
  switch (routes_.JudgeBody(request, answer_)) {
    case routes::BodyUse::kNotWanted:
      AnswerRequest(request, connection);
      return read.consumed;
    case routes::BodyUse::kRefused:
      EndWithAnswer(connection);
      return bytes.size();
    case routes::BodyUse::kWanted:
      break;
  }
  const auto body = bytes.substr(read.consumed, request.body_bytes);
  connection.is_body_pending = body.size() < request.body_bytes;
  if (connection.is_body_pending) return 0;
  AnswerBody(request, body, connection);
  return bytes.size();
}

void WorkerHandler::KeepPending(std::string_view rest, bool is_same_request,
                                Connection& connection) {
  const auto now = index::MonotonicSeconds();
  if (!is_same_request) {
    connection.pending = std::string(rest);
    connection.pending_since = now;
    return;
  }
  const auto& api = shared_->settings.api;
  const auto allowed_s =
      api.header_timeout_s + (connection.is_body_pending ? api.body_timeout_s : 0);
  if (now - connection.pending_since > allowed_s) {
    Refuse(408, "The request took too long to arrive.", connection);
    connection.pending.clear();
  }
}

void WorkerHandler::AnswerRequest(const http::Request& request, Connection& connection) {
  const auto now = static_cast<schemas::UnixSeconds>(std::time(nullptr));
  RenewDate(now);
  routes_.Respond(request, now, answer_);
  const bool is_head = request.method == http::Method::kHead;
  if (!is_head &&
      answer_.Body().size() > static_cast<std::size_t>(shared_->settings.api.max_response_bytes)) {
    return HandOver(connection);
  }
  http::AppendAnswer(output_, answer_, date_,
                     is_head ? http::BodyOnWire::kNo : http::BodyOnWire::kYes,
                     !request.keep_alive       ? http::AfterAnswer::kClose
                     : request.says_keep_alive ? http::AfterAnswer::kSayKeepAlive
                                               : http::AfterAnswer::kKeepAlive);
  if (!request.keep_alive) connection.is_closing = true;
}

void WorkerHandler::AnswerBody(const http::Request& request, std::string_view body,
                               Connection& connection) {
  const auto now = static_cast<schemas::UnixSeconds>(std::time(nullptr));
  auto feedback = routes_.TakeBody(request, body, PeerAddress(connection.descriptor), now, answer_);
  if (!feedback) return EndWithAnswer(connection);
  Send(connection);  // sends the answers to earlier requests
  if (connection.is_closing) return;
  if (!shared_->feedback->Send(connection.descriptor, std::move(*feedback))) {
    routes_.RefuseBody(request, answer_);
    return EndWithAnswer(connection);
  }
  connection.is_closing = true;
  connection.is_handed_over = true;
}

void WorkerHandler::EndWithAnswer(Connection& connection) {
  RenewDate(static_cast<schemas::UnixSeconds>(std::time(nullptr)));
  http::AppendAnswer(output_, answer_, date_, http::BodyOnWire::kYes, http::AfterAnswer::kClose);
  connection.is_closing = true;
}

void WorkerHandler::HandOver(Connection& connection) {
  auto body =
      answer_.shared_body ? answer_.shared_body : std::make_shared<const std::string>(answer_.body);
  Send(connection);  // sends the answers to earlier requests
  if (connection.is_closing) return;
  std::string head;
  http::AppendAnswer(head, answer_, date_, http::BodyOnWire::kNo, http::AfterAnswer::kClose);
  if (!shared_->large_answers.Send(connection.descriptor, std::move(head), std::move(body))) {
    return Refuse(503, "Too many large answers are being sent; try again.", connection);
  }
  connection.is_closing = true;
  connection.is_handed_over = true;
}

void WorkerHandler::Refuse(int code, std::string_view detail, Connection& connection) {
  RenewDate(static_cast<schemas::UnixSeconds>(std::time(nullptr)));
  http::SetProblem(answer_, code, detail);
  if (code == 503) {
    answer_.headers = "Retry-After: ";
    answer_.headers.append(std::to_string(shared_->settings.api.retry_after_s)).append("\r\n");
  }
  routes_.NoteRefusal(answer_);
  http::AppendAnswer(output_, answer_, date_, http::BodyOnWire::kYes, http::AfterAnswer::kClose);
  connection.is_closing = true;
  Send(connection);
}

void WorkerHandler::Send(Connection& connection) {
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

void WorkerHandler::Discard(std::size_t size, Connection& connection) {
  connection.discarded_bytes += size;
  if (connection.discarded_bytes > kDiscardedBytesMax) ::shutdown(connection.descriptor, SHUT_RDWR);
}

void WorkerHandler::RenewDate(schemas::UnixSeconds now) {
  if (now == date_at_) return;
  date_at_ = now;
  date_ = http::HttpDate(now);
}

}  // namespace saunter::api::server
