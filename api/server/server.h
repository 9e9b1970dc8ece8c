// Routes on a port: Pistache's listener, workers and timers under an HTTP handler of our own.
//
// The handler (worker_handler.h) reads a connection's bytes as they come and writes answers
// straight to the socket, without Pistache's parser and write queue. So odd but legal headers,
// pipelined requests, unknown methods and HEAD are handled right, and every answer has its headers.
// A reader that stalls cannot hold a worker: an answer that the socket's buffer does not take whole
// ends the connection, and larger answers are sent by a thread of their own
// (large_answer_sender.h).
//
// Thread safety: Start and Stop from one thread. Ownership: Follower and ErrorLog must outlive it.
// Errors: a server that cannot start throws std::runtime_error.
#pragma once

#include <memory>
#include <string>

#include "api/index/error_log.h"
#include "api/index/follower.h"
#include "schemas/settings.h"

namespace saunter::api::server {

class Server {
 public:
  Server(const schemas::Settings& settings, const index::Follower& follower,
         index::ErrorLog& errors);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // When it returns, the port is open; the workers run on threads of their own.
  void Start();
  // Ends the workers and closes the connections.
  void Stop();
  // The port it listens on.
  [[nodiscard]] int port() const;
  // "http://127.0.0.1:8080"
  [[nodiscard]] std::string Address() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace saunter::api::server
