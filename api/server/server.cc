#include "api/server/server.h"

#include <pistache/endpoint.h>
#include <sys/socket.h>

#include <chrono>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>

#include "api/server/connection.h"
#include "api/server/listening_socket.h"
#include "api/server/worker_handler.h"
#include "schemas/settings_check.h"

namespace saunter::api::server {
namespace {

constexpr std::chrono::milliseconds kDrainTimeMax{2000};
constexpr std::chrono::milliseconds kDrainInterval{5};

}  // namespace

class Server::State {
 public:
  State(const schemas::Settings& settings, const index::Follower& follower, index::ErrorLog& errors)
      : settings_(settings), shared_(std::make_shared<Shared>(settings, follower, errors)) {}

  void Start() {
    const auto& api = settings_.api;
    const auto endpoint = schemas::ParseEndpoint(api.listen);
    if (!endpoint) {
      throw std::runtime_error("api.listen takes HOST:PORT or [IPV6]:PORT, not \"" + api.listen +
                               "\"");
    }
    host_ = endpoint->host;
    const auto& key_problem = shared_->answers->feedback.key_problem;
    if (!key_problem.empty()) shared_->errors.Report("links carry no receipts", key_problem);
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
    endpoint_->setHandler(std::make_shared<WorkerHandler>(shared_));
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
  // Shuts the connections for reading. Each worker then finishes its answer, reads the end of the
  // stream and closes. Pistache itself leaves connections open when it stops.
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
