// The numbered SQL scripts of this folder, compiled in. Script n raises PRAGMA user_version to n;
// a script, once landed, is never edited.
#pragma once

#include <span>
#include <string_view>

namespace saunter::schemas {

// In order: element 0 makes version 1 of an empty database.
std::span<const std::string_view> SqlScripts();

// PRAGMA user_version of a database that this build reads and writes.
inline int SchemaVersion() { return static_cast<int>(SqlScripts().size()); }

// PRAGMA application_id of every Saunter database: "SNTR".
inline constexpr int kApplicationId = 0x534e5452;

}  // namespace saunter::schemas
