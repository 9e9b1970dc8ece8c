#include "crawler/fetch/name_checks.h"

#include <netdb.h>
#include <pthread.h>
#include <resolv.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "crawler/fetch/clock.h"

namespace saunter::crawler::fetch {
namespace {

constexpr std::size_t kThreads = 2;
constexpr std::size_t kNamesMax = 256;  // waiting at once
// Of a name server for one answer; each is asked once, and the C library knows at most three.
constexpr int kAnswerSeconds = 2;

// Before its first use a thread's resolver is all zeros. To close it then would close descriptor 0,
// whose ever that is.
void CloseResolver() {
  if ((_res.options & RES_INIT) != 0) res_nclose(&_res);
}

// The thread's own resolver: with the name servers of today, and so impatient that no end of a
// program waits long for it.
void RenewResolver() {
  CloseResolver();
  if (res_ninit(&_res) != 0) return;  // it tries by itself at the lookup
  _res.retrans = kAnswerSeconds;
  _res.retry = 1;
}

bool LacksAddress(const std::string& name, int family) {
  addrinfo hints{};
  hints.ai_family = family;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(name.c_str(), nullptr, &hints, &found);
  if (error == 0) freeaddrinfo(found);
  return error == EAI_NONAME || error == EAI_NODATA;
}

NameFinding Find(const std::string& host) {
  RenewResolver();
  // With the dot no search list makes other names of it.
  const std::string name = host + ".";
  const bool absent = LacksAddress(name, AF_INET) && LacksAddress(name, AF_INET6);
  return absent ? NameFinding::kAbsent : NameFinding::kNotKnown;
}

}  // namespace

NameChecks::NameChecks(std::int64_t wait_ms, std::function<void()> wake)
    : wait_ms_(wait_ms), wake_(std::move(wake)) {
  for (std::size_t i = 0; i < kThreads; ++i) {
    threads_.emplace_back([this](const std::stop_token& stop) { Run(stop); });
  }
}

// All of them are told before the first is waited for.
NameChecks::~NameChecks() {
  for (auto& thread : threads_) thread.request_stop();
}

bool NameChecks::Ask(const std::string& host) {
  if (deadlines_.contains(host)) return true;
  if (deadlines_.size() >= kNamesMax) return false;
  deadlines_.emplace(host, SteadyMs() + wait_ms_);
  const std::lock_guard lock(mutex_);
  queue_.push_back(host);
  work_.notify_one();
  return true;
}

std::vector<NameChecks::Checked> NameChecks::Take() {
  std::vector<Checked> taken;
  if (deadlines_.empty()) return taken;
  const std::lock_guard lock(mutex_);
  for (auto& checked : std::exchange(checked_, {})) {
    // One that was given up is nobody's any more.
    if (deadlines_.erase(checked.host) > 0) taken.push_back(std::move(checked));
  }
  const auto now_ms = SteadyMs();
  for (auto name = deadlines_.begin(); name != deadlines_.end();) {
    if (now_ms < name->second) {
      ++name;
      continue;
    }
    std::erase(queue_, name->first);
    taken.push_back({name->first, NameFinding::kNotKnown});
    name = deadlines_.erase(name);
  }
  return taken;
}

std::optional<std::int64_t> NameChecks::NextDeadlineMs() const {
  const auto first =
      std::ranges::min_element(deadlines_, {}, [](const auto& name) { return name.second; });
  if (first == deadlines_.end()) return std::nullopt;
  return first->second;
}

void NameChecks::Run(const std::stop_token& stop) {
  pthread_setname_np(pthread_self(), "names");
  std::unique_lock lock(mutex_);
  while (work_.wait(lock, stop, [this] { return !queue_.empty(); })) {
    const auto host = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    const auto finding = Find(host);
    lock.lock();
    checked_.push_back({host, finding});
    lock.unlock();
    wake_();
    lock.lock();
    if (stop.stop_requested()) break;
  }
  CloseResolver();
}

}  // namespace saunter::crawler::fetch
