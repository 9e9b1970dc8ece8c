// Inside the crawler: what to stop while the write-ahead log is too large.
//
// A reader that stays in one snapshot, such as a shell or a backup, keeps the log from being
// emptied. The log then grows with every batch, and every read has more to search.
//
// Thread safety: pure. Errors: none.
#pragma once

#include <cstdint>

#include "schemas/settings.h"

namespace saunter::crawler::write {

enum class WalLevel { kFine, kWarn, kNoProbes, kNoFeeds };

[[nodiscard]] inline WalLevel WalLevelOf(std::int64_t wal_bytes,
                                         const schemas::StoreSettings& settings) {
  if (wal_bytes >= settings.wal_feeds_bytes_max) return WalLevel::kNoFeeds;
  if (wal_bytes >= settings.wal_probes_bytes_max) return WalLevel::kNoProbes;
  return wal_bytes >= settings.wal_warn_bytes ? WalLevel::kWarn : WalLevel::kFine;
}

}  // namespace saunter::crawler::write
