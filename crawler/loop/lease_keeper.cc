#include "crawler/loop/lease_keeper.h"

#include <pthread.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <utility>

#include "store/status.h"

namespace saunter::crawler::loop {
namespace {

// After a failure it is tried again so soon.
constexpr std::int64_t kAgainMs = 1000;
// Between this machine's clock and the database's.
constexpr std::int64_t kClockOffMaxS = 30;

}  // namespace

std::int64_t LeaseKeeper::SleepingMs() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1000 + now.tv_nsec / 1000000;
}

LeaseKeeper::LeaseKeeper(std::unique_ptr<store::Leases> leases, Open open, std::string name,
                         const schemas::StoreSettings& settings)
    : open_(std::move(open)),
      name_(std::move(name)),
      lease_ms_(settings.lease_s * 1000),
      renewal_ms_(settings.lease_renewal_s * 1000),
      is_shared_(leases != nullptr),
      leases_(std::move(leases)) {
  if (!is_shared_) return;
  sums_.is_shared = true;
  view_.shards = 0;
  Step();
  thread_ = std::thread([this] { Run(); });
}

LeaseView LeaseKeeper::View() const {
  const std::scoped_lock lock(mutex_);
  return view_;
}

LeaseSums LeaseKeeper::Sums() const {
  const std::scoped_lock lock(mutex_);
  auto sums = sums_;
  sums.shards = view_.shards;
  sums.crawlers = view_.crawlers;
  return sums;
}

void LeaseKeeper::NoteClear(const store::ShardSet& shards) {
  const std::scoped_lock lock(mutex_);
  if ((shards & ~clear_).none()) return;
  clear_ |= shards;
  changed_.notify_all();
}

void LeaseKeeper::Leave(store::Departure departure) {
  Stop();
  if (!is_shared_ || owner_ == 0 || leases_ == nullptr) return;
  const auto owner = std::exchange(owner_, 0);
  good_until_ms_ = 0;
  {
    const std::scoped_lock lock(mutex_);
    view_ = {.lease = {}, .leaving = {}, .shards = 0};
  }
  try {
    leases_->Leave(owner, departure);
  } catch (const store::StoreError& error) {
    spdlog::warn("the shards could not be given back, and go to others in {} s: {}",
                 lease_ms_ / 1000, error.what());
  }
}

void LeaseKeeper::Stop() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void LeaseKeeper::Run() {
  pthread_setname_np(pthread_self(), "leases");
  auto wait_ms = renewal_ms_;
  while (true) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, std::chrono::milliseconds(wait_ms),
                        [this] { return stopping_ || clear_.any(); });
      if (stopping_) return;
    }
    wait_ms = renewal_ms_;
    try {
      Step();
    } catch (const store::StoreError& error) {
      if (error.kind() == store::StoreErrorKind::kLost) leases_.reset();
      NoteTrouble(error.what());
      wait_ms = std::min(kAgainMs, renewal_ms_);
      // What is clear is still so; it does not wake the thread again.
      const std::scoped_lock lock(mutex_);
      clear_.reset();
    }
  }
}

void LeaseKeeper::NoteTrouble(const std::string& problem) {
  if (std::exchange(has_trouble_, true)) return;
  spdlog::warn("this crawler cannot tell the others that it lives, and tries again: {}", problem);
}

void LeaseKeeper::Step() {
  if (leases_ == nullptr) {
    auto opened = open_();
    if (!opened.leases) throw store::StoreError(store::StoreErrorKind::kLost, opened.detail);
    leases_ = std::move(opened.leases);
  }
  CheckClock();
  if (owner_ == 0) Join();
  store::ShardSet clear;
  {
    const std::scoped_lock lock(mutex_);
    clear = std::exchange(clear_, {});
  }
  const auto asked_at_ms = SleepingMs();
  const auto held = leases_->Renew(owner_, clear);
  // Whoever saw that it was over has dropped what was asked under it.
  if (held && !IsOver()) return Publish(*held, asked_at_ms);
  Lose();
  Join();
  const auto joined_at_ms = SleepingMs();
  if (const auto anew = leases_->Renew(owner_, {})) Publish(*anew, joined_at_ms);
}

void LeaseKeeper::CheckClock() {
  const auto ahead_s = std::time(nullptr) - leases_->ClockNow();
  if (std::abs(ahead_s) <= kClockOffMaxS) return;
  if (owner_ != 0) Lose();
  throw store::StoreError(store::StoreErrorKind::kOther,
                          "this machine's clock is " + std::to_string(std::abs(ahead_s)) +
                              (ahead_s > 0 ? " s ahead of" : " s behind") +
                              " the database's; set the wrong one right, it holds no shards until "
                              "then");
}

void LeaseKeeper::Join() {
  const auto asked_at_ms = SleepingMs();
  owner_ = leases_->Join(name_);
  good_until_ms_ = asked_at_ms + lease_ms_;
}

// The server may have heard of it just now: until it has left there, it holds what it held.
void LeaseKeeper::Lose() {
  good_until_ms_ = 0;
  leases_->Leave(owner_, store::Departure::kUnfinished);
  owner_ = 0;
  {
    const std::scoped_lock lock(mutex_);
    view_ = {.lease = {}, .leaving = {}, .shards = 0};
    ++sums_.lost;
  }
  spdlog::warn(
      "this crawler has lost its shards: it was not heard of for too long (store.lease_s), or its "
      "clock is wrong; what it asked and did not write is dropped, and it joins anew");
}

void LeaseKeeper::Publish(const store::HeldShards& held, std::int64_t asked_at_ms) {
  good_until_ms_ = asked_at_ms + lease_ms_;
  if (std::exchange(has_trouble_, false)) spdlog::info("the other crawlers hear of this one again");
  if (held.removed > 0) {
    spdlog::warn("{} crawlers were not heard of for {} s; the others share what they held",
                 held.removed, lease_ms_ / 1000);
  }
  const auto shards = static_cast<std::int64_t>((held.held & ~held.leaving).count());
  const std::scoped_lock lock(mutex_);
  if (shards != view_.shards || held.crawlers != view_.crawlers) {
    spdlog::info("this crawler holds {} of {} shards; crawlers: {}", shards, held.held.size(),
                 held.crawlers);
  }
  view_ = {.lease = held.lease,
           .leaving = held.leaving,
           .shards = shards,
           .crawlers = held.crawlers,
           .silent_until_ms = held.silent_s > 0 ? SleepingMs() + held.silent_s * 1000 : 0};
}

}  // namespace saunter::crawler::loop
