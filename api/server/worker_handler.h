// Takes a worker's bytes as they come and writes its answers straight to the socket.
//
// Pistache calls it for each connection and each read; server.h says why its parser and write
// queue are not used.
//
// Thread safety: each worker has a clone of its own, confined to its thread. Errors: what a request
// throws is logged and answered 503; a peer that misbehaves is refused or dropped.
#pragma once

#include <pistache/endpoint.h>
#include <pistache/peer.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "api/http/answer.h"
#include "api/http/request.h"
#include "api/routes/routes.h"
#include "api/server/connection.h"
#include "schemas/units.h"

namespace saunter::api::server {

class WorkerHandler : public Pistache::Http::Handler {
 public:
  explicit WorkerHandler(std::shared_ptr<Shared> shared);

  // One handler a worker.
  std::shared_ptr<Pistache::Tcp::Handler> clone() const override;
  // Never called: onInput() does not use Pistache's parser.
  void onRequest(const Pistache::Http::Request&, Pistache::Http::ResponseWriter) override {}

 private:
  using PeerPointer = std::shared_ptr<Pistache::Tcp::Peer>;

  void onConnection(const PeerPointer& peer) override;
  void onInput(const char* data, std::size_t size, const PeerPointer& peer) override;

  // What one request of `bytes` takes of them, once it is answered; 0 while bytes are missing.
  std::size_t TakeRequest(std::string_view bytes, Connection& connection);
  // Answers all whole requests in the bytes and keeps the rest.
  void Take(std::string_view bytes, Connection& connection);
  // `rest` may lie in connection.pending.
  void KeepPending(std::string_view rest, bool is_same_request, Connection& connection);
  void AnswerRequest(const http::Request& request, Connection& connection);
  // Passes on what a request's body says; the connection ends with the answer, whatever that is.
  void AnswerBody(const http::Request& request, std::string_view body, Connection& connection);
  // Sends answer_ as the last one of the connection.
  void EndWithAnswer(Connection& connection);
  // An answer too large for the socket's buffer goes out beside this worker and ends the
  // connection.
  void HandOver(Connection& connection);
  // Answers with a problem and ends the connection.
  void Refuse(int code, std::string_view detail, Connection& connection);
  // Sends all of output_ at once or ends the connection.
  void Send(Connection& connection);
  static void Discard(std::size_t size, Connection& connection);
  void RenewDate(schemas::UnixSeconds now);

  const std::shared_ptr<Shared> shared_;
  // Confined to the worker.
  routes::Routes routes_;
  http::Answer answer_;
  std::string output_;
  std::string date_;
  schemas::UnixSeconds date_at_ = -1;
};

}  // namespace saunter::api::server
