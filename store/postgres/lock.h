// Inside store/postgres/ only: the lock that names the one writer.
//
// It is an advisory lock of the connection: the server lets go of it when the connection ends in
// any way. Who holds it is told by the name that the connection gave itself.
//
// Thread safety: as Database. Errors: StoreError.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "store/postgres/connection.h"

namespace saunter::store::postgres {

// "saunter-crawler, process 12 on box": what the connection of a program calls itself.
[[nodiscard]] std::string ConnectionName(std::string_view program);

// nullopt: it is taken, until the connection ends. Otherwise who holds it.
[[nodiscard]] std::optional<std::string> TakeWriterLock(Database& database);

}  // namespace saunter::store::postgres
