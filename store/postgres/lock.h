// Inside store/postgres/ only: the locks of those who write.
//
// Both are advisory locks. A turn is a transaction's: the server lets go of it after the commit, or
// when the connection ends in any way. Migrating is for one connection alone, from its beginning to
// its end. Who holds one is told by the name that its connection gave itself.
//
// Thread safety: as Database. Errors: StoreError.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "store/postgres/connection.h"

namespace saunter::store::postgres {

// "SNTR", and one more.
inline constexpr std::int64_t kMigrationLock = 1397642322;
inline constexpr std::int64_t kTurnLock = 1397642323;

// "saunter-crawler, process 12 on box": what the connection of a program calls itself.
[[nodiscard]] std::string ConnectionName(std::string_view program);

// Who holds the lock now, or "another program".
[[nodiscard]] std::string HolderOf(Database& database, std::int64_t lock);

// Ends the connection that holds it where the server has waited for its program for so long, in the
// middle of a transaction, and where this role may: the program sleeps, or its machine is gone. One
// that holds it for longer than a transaction, as `saunter db move` does, is left alone.
inline constexpr std::int64_t kSleepS = 10;
void EndSleeper(Database& database, std::int64_t lock, std::int64_t waited_s = kSleepS);

// Waits for it as long as for any lock. nullopt: it is taken. Otherwise who holds it.
[[nodiscard]] std::optional<std::string> TakeMigrationLock(Database& database);
void LeaveMigrationLock(Database& database);

}  // namespace saunter::store::postgres
