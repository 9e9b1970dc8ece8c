// Where an import reads: a file, standard input, or an address on the web.
//
// Thread safety: one thread. Errors: a source that cannot be read is a problem of the run.
#pragma once

#include <string>

#include "crawler/cli/import_run.h"
#include "schemas/settings.h"

namespace saunter::crawler::cli {

// Hands all that `source` holds to `run`. An address may be a list, a feed, or a site's page whose
// feed is found by discovery. False: the run takes nothing any more.
[[nodiscard]] bool ReadSource(const schemas::Settings& settings, const std::string& source,
                              ImportRun& run);

}  // namespace saunter::crawler::cli
