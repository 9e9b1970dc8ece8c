#include "crawler/daemon/signals.h"

#include <atomic>
#include <csignal>

namespace saunter::crawler::daemon {
namespace {

std::atomic<bool> stop_requested = false;
std::atomic<bool> reload_requested = false;

void OnSignal(int signal) {
  if (signal == SIGHUP) {
    reload_requested = true;
  } else {
    stop_requested = true;
  }
}

}  // namespace

void TakeSignals() {
  struct sigaction action{};
  action.sa_handler = OnSignal;
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaction(signal, &action, nullptr);
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, nullptr);
}

bool IsToStop() { return stop_requested; }
bool TakeReloadRequest() { return reload_requested.exchange(false); }

}  // namespace saunter::crawler::daemon
