// Opening the database for a command that reads.
//
// Thread safety: none. Errors: an unusable database is explained on stderr.
#pragma once

#include <memory>

#include "schemas/settings.h"
#include "store/reader.h"

namespace saunter::crawler::cli {

// Without the API's limit on the time of a query: an operator waits for a scan.
[[nodiscard]] store::Reader::OpenResult OpenForOperator(const schemas::Settings& settings);

// nullptr: there is no usable database; it was said why, the command returns kNoDatabase.
[[nodiscard]] std::unique_ptr<store::Reader> OpenReader(const schemas::Settings& settings);

}  // namespace saunter::crawler::cli
