// Reads what an import names: a file, standard input, or an address on the web.
//
// Thread safety: one thread. Errors: the run is told of a source that cannot be read.
#pragma once

#include <string>

#include "crawler/cli/import_run.h"
#include "schemas/settings.h"

namespace saunter::crawler::cli {

// Hands all feeds of `source` to `run`. An address may lead to a list, to a feed, or to a page that
// names its feed. False: the run takes no more.
[[nodiscard]] bool ReadSource(const schemas::Settings& settings, const std::string& source,
                              ImportRun& run);

}  // namespace saunter::crawler::cli
