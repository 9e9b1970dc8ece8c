#include "crawler/fetch/lookup_limit.h"

#include <algorithm>
#include <fstream>
#include <string>

namespace saunter::crawler::fetch {
namespace {

// 0 if the kernel does not say.
std::size_t ThreadsOfProcess() {
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line)) {
    constexpr std::string_view kKey = "Threads:";
    if (line.starts_with(kKey)) return std::stoul(line.substr(kKey.size()));
  }
  return 0;
}

}  // namespace

LookupLimit::LookupLimit(std::int64_t lookups_max)
    : lookups_max_(static_cast<std::size_t>(std::max<std::int64_t>(lookups_max, 1))),
      threads_before_(ThreadsOfProcess()) {}

std::size_t LookupLimit::Room(std::size_t in_flight, std::size_t begun) {
  if (in_flight + given_up_ >= lookups_max_) {
    // Threads are counted only near the limit; those of transfers in flight are among them.
    const auto threads = ThreadsOfProcess();
    given_up_ = begun + (threads > threads_before_ ? threads - threads_before_ : 0);
    return lookups_max_ - std::min(lookups_max_, given_up_);
  }
  return lookups_max_ - in_flight - given_up_;
}

void LookupLimit::NoteEnd(schemas::FetchOutcome outcome, int status) {
  if (outcome == schemas::FetchOutcome::kTimeout && status == 0) ++given_up_;
}

}  // namespace saunter::crawler::fetch
