// How the commands show what the rule decided about a site, and why.
//
// Thread safety: all functions. Errors: none.
#pragma once

#include <string>

#include "crawler/cli/print.h"
#include "schemas/site.h"
#include "schemas/units.h"

namespace saunter::crawler::cli {

// One sentence: when, what, why, with a sample.
[[nodiscard]] std::string DecisionText(const schemas::SiteDecision& decision,
                                       schemas::UnixSeconds now);

}  // namespace saunter::crawler::cli
