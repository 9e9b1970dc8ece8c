// The address of a PostgreSQL database as libpq takes it: "postgresql://USER@HOST/NAME" or
// "host=HOST dbname=NAME".
//
// Thread safety: all functions. Errors: values.
#pragma once

#include <string>
#include <string_view>

#include "schemas/settings.h"

namespace saunter::schemas {

// By its form alone: libpq knows whether it knows each key.
[[nodiscard]] bool IsDatabaseUrl(std::string_view text);

// With "***" for each password, wherever it stands. What is no such address is hidden whole, since
// nobody can say where in it a password begins.
[[nodiscard]] std::string WithoutPassword(std::string_view text);

// What a person knows the database by that crawler and CLI use: store.url without its password, or
// store.path.
[[nodiscard]] std::string DatabaseName(const StoreSettings& settings);

}  // namespace saunter::schemas
