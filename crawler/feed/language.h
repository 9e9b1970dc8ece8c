// The language of a text that does not say it.
//
// Thread safety: all functions. Errors: a text too short or too mixed to tell is empty.
#pragma once

#include <string>
#include <string_view>

namespace saunter::crawler::feed {

// A lower-case language tag ("en", "zh-hant"), or nothing unless it is certain.
[[nodiscard]] std::string DetectLanguage(std::string_view text);

}  // namespace saunter::crawler::feed
