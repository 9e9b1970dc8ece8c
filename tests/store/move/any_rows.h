// Rows of any kind in every table of a file of SQLite, and all rows of such a file as text.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace saunter::store::move {

// A new file with so many rows in each table; the same for the same seed. Foreign keys hold, and
// that is all that makes sense in it: numbers are of every size, texts of every kind that is UTF-8
// without a NUL.
void FillAnyhow(const std::string& path, std::int64_t rows, unsigned seed);

// The rows of each table in some order that is always the same, each as one text. What a copy
// begins anew is not among them.
[[nodiscard]] std::map<std::string, std::vector<std::string>> AllRows(const std::string& path);

void Execute(const std::string& path, const std::string& sql);

}  // namespace saunter::store::move
