// Shows what the automatic rule decided about a site, and why.
//
// Thread safety: all functions. Errors: none.
#pragma once

#include <string>

#include "crawler/cli/print.h"
#include "schemas/site.h"
#include "schemas/units.h"

namespace saunter::crawler::cli {

// One sentence: when, what and why, with a sample of dead links.
[[nodiscard]] std::string DecisionText(const schemas::SiteDecision& decision,
                                       schemas::UnixSeconds now);

}  // namespace saunter::crawler::cli
