// Opens the database for a command that reads.
//
// Thread safety: all functions. Errors: a status, or null after stderr has told why.
#pragma once

#include <cstdint>
#include <memory>

#include "schemas/settings.h"
#include "store/reader.h"

namespace saunter::crawler::cli {

// A list of all feeds is read in pieces of so many.
inline constexpr std::int64_t kFeedsPerRead = 1000;

// Opens without the API's limit on the time of a query, since an operator waits for a scan.
[[nodiscard]] store::OpenedReader OpenForOperator(const schemas::Settings& settings);

// nullptr: there is no usable database, and stderr says why; the command returns kNoDatabase.
[[nodiscard]] std::unique_ptr<store::Reader> OpenReader(const schemas::Settings& settings);

}  // namespace saunter::crawler::cli
