// Which site an operator means: by its name, or by any address on it.
//
// Thread safety: pure functions. Errors: nullopt.
#pragma once

#include <optional>
#include <string>

namespace saunter::crawler::cli {

// The site's name as it is stored, see schemas/site.h. nullopt: the text names none.
[[nodiscard]] std::optional<std::string> SiteNamed(const std::string& text);

}  // namespace saunter::crawler::cli
