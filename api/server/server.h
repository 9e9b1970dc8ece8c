// Routes on a port: Pistache's listener, workers and timers under an HTTP handler of our own.
//
// The handler takes a worker's bytes as they come and writes answers straight to the socket,
// instead of going through Pistache's parser and write queue. That is what keeps odd but legal
// headers, pipelined requests, unknown methods and HEAD right, gives every answer its headers, and
// bounds a reader that stalls: an answer that the socket's buffer does not take whole ends the
// connection, so nothing ever waits for a reader.
//
// Thread safety: Start and Stop from one thread. Ownership: Follower and ErrorLog must outlive it.
// Errors: what keeps a server from starting is thrown as std::runtime_error.
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

  // Listens from its return on; the workers run on threads of their own.
  void Start();
  // Ends the workers; connections are closed.
  void Stop();
  // The port that is listened on.
  [[nodiscard]] int port() const;
  // "http://127.0.0.1:8080"
  [[nodiscard]] std::string Address() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace saunter::api::server
