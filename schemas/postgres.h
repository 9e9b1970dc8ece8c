// The numbered SQL scripts of postgres/, compiled in. Script n makes version n of the schema, which
// stands in the table "meta"; a script, once landed, is never edited. The numbers are PostgreSQL's
// own: its first script makes what took SQLite fifteen.
#pragma once

#include <span>
#include <string_view>

namespace saunter::schemas {

// In order: element 0 makes version 1 of an empty database.
std::span<const std::string_view> PostgresScripts();

// The version that this build reads and writes.
inline int PostgresSchemaVersion() { return static_cast<int>(PostgresScripts().size()); }

}  // namespace saunter::schemas
