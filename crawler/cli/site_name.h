// What an operator means by an address, with its scheme or without, or by a site's name.
//
// Thread safety: pure functions. Errors: nullopt.
#pragma once

#include <optional>
#include <string>

#include "crawler/url/url.h"

namespace saunter::crawler::cli {

// "example.org/feed" stands for https://example.org/feed.
[[nodiscard]] std::optional<url::Url> UrlNamed(const std::string& text);

// The site's name, or that of the site on which an address stands, as it is stored, see
// schemas/site.h. nullopt: the text names none.
[[nodiscard]] std::optional<std::string> SiteNamed(const std::string& text);

}  // namespace saunter::crawler::cli
