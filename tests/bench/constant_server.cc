// constant_server THREADS BYTES: the yardstick for the API: Pistache as it comes, with a handler
// that answers a constant body, at a free port of loopback that it prints. Runs until it is killed.
#include <pistache/endpoint.h>
#include <pistache/http.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

namespace {

class Constant : public Pistache::Http::Handler {
 public:
  HTTP_PROTOTYPE(Constant)
  explicit Constant(std::size_t bytes) : body_(bytes, 'x') {}

  void onRequest(const Pistache::Http::Request&, Pistache::Http::ResponseWriter response) override {
    // Without this Pistache says "Connection: Close" to clients that do not ask otherwise.
    response.headers().remove<Pistache::Http::Header::Connection>();
    response.send(Pistache::Http::Code::Ok, body_, MIME(Application, Json));
  }

 private:
  std::string body_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: constant_server THREADS BYTES\n");
    return 2;
  }
  const auto threads = static_cast<int>(std::strtol(argv[1], nullptr, 10));
  const auto bytes = static_cast<std::size_t>(std::strtoll(argv[2], nullptr, 10));
  Pistache::Http::Endpoint endpoint(Pistache::Address("127.0.0.1", Pistache::Port(0)));
  using Options = Pistache::Tcp::Options;
  endpoint.init(Pistache::Http::Endpoint::options().threads(threads).flags(
      Options::ReuseAddr | Options::CloseOnExec | Options::NoDelay));
  endpoint.setHandler(std::make_shared<Constant>(bytes));
  endpoint.serveThreaded();
  std::printf("%d\n", static_cast<int>(static_cast<std::uint16_t>(endpoint.getPort())));
  std::fflush(stdout);
  for (;;) pause();
}
