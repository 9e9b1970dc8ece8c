#include "api/receipt/allowance.h"

#include <sodium.h>

#include <algorithm>
#include <stdexcept>

namespace saunter::api::receipt {
namespace {

constexpr std::chrono::nanoseconds kHour = std::chrono::hours(1);
constexpr std::int64_t kDayS = 86400;
constexpr std::size_t kBuckets = 65536;

}  // namespace

Allowance::Allowance(std::int64_t per_hour) : gap_(kHour / per_hour), empty_at_(kBuckets) {
  if (sodium_init() < 0) throw std::runtime_error("libsodium cannot be used on this machine");
}

Allowance::Taken Allowance::Take(std::uint64_t network, schemas::UnixSeconds now,
                                 Clock::time_point moment) {
  std::array<unsigned char, sizeof(network)> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<unsigned char>(network >> (8 * i));
  }
  const std::lock_guard lock(mutex_);
  if (now / kDayS != day_) BeginDay(now / kDayS);
  std::array<unsigned char, crypto_shorthash_BYTES> hash{};
  static_assert(sizeof(salt_) == crypto_shorthash_KEYBYTES);
  crypto_shorthash(hash.data(), bytes.data(), bytes.size(), salt_.data());
  Taken taken;
  for (const auto byte : hash) taken.network_hash = (taken.network_hash << 8) | byte;
  auto& empty_at = empty_at_[taken.network_hash % kBuckets];
  const auto empty_then = std::max(empty_at, moment) + gap_;
  if (const auto over = empty_then - (moment + kHour); over > std::chrono::nanoseconds(0)) {
    taken.retry_after_s = std::chrono::ceil<std::chrono::seconds>(over).count();
    return taken;
  }
  empty_at = empty_then;
  return taken;
}

void Allowance::BeginDay(std::int64_t day) {
  day_ = day;
  randombytes_buf(salt_.data(), salt_.size());
  // The new hashes lead to other buckets.
  std::fill(empty_at_.begin(), empty_at_.end(), Clock::time_point());
}

}  // namespace saunter::api::receipt
