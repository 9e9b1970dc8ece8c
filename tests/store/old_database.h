// A database as an older build left it, for tests of what becomes of it.
//
// Errors: SQLite::Exception.
#pragma once

#include <string>

namespace saunter::store {

// Makes the file at `path`: the tables of schema `version`, filled by the statements of `rows`.
void MakeOldDatabase(const std::string& path, int version, const std::string& rows);

}  // namespace saunter::store
