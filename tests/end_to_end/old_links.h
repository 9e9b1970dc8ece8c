// A database of an older schema with links of every kind, and what became of them.
//
// Errors: SQLite::Exception.
#pragma once

#include <string>
#include <vector>

namespace saunter::end_to_end {

// Makes the file at `path`. Nothing in it is due for a day, so that a crawler leaves it as it is,
// and its links are as many and as long as it takes to migrate them for some hundred milliseconds.
void MakeOldLinks(const std::string& path);

// What in the migrated database at `path` is not as the rows of `old_path` have it: one line for
// each kind of difference.
[[nodiscard]] std::vector<std::string> Differences(const std::string& old_path,
                                                   const std::string& path);

}  // namespace saunter::end_to_end
