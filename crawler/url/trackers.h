// Inside crawler/url: which parameters of a query only tell who followed a link. The list is
// trackers.txt.
//
// Thread safety: all functions. Errors: none.
#pragma once

#include <string_view>

namespace saunter::crawler::url {

// "name=value" or "name" as it stands between "&", in any case of ASCII letters. Lenient: a link
// that was escaped twice says "amp;name=value".
[[nodiscard]] bool IsTracker(std::string_view parameter);

// The list itself.
[[nodiscard]] std::string_view BuiltInTrackers();

}  // namespace saunter::crawler::url
