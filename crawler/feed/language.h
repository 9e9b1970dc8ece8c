// Languages: makes the tags that documents give uniform, and detects the language of other texts.
//
// Thread safety: all functions. Errors: an empty tag.
#pragma once

#include <string>
#include <string_view>

namespace saunter::crawler::feed {

// A lower-case language tag ("en", "zh-hant"); empty where the text is too short or too mixed to
// be certain.
[[nodiscard]] std::string DetectLanguage(std::string_view text);

// RFC 5646, 2.1: the tag in lower case, with "-" for "_", up to the first character that no tag
// has; at most 50 bytes. Empty where it says that there is none ("und", "zxx"), for private tags
// ("x-…") and for what is no tag ("C"). Lenient: a language may be named ("English", "français").
[[nodiscard]] std::string NormaliseLanguage(std::string_view text);

}  // namespace saunter::crawler::feed
