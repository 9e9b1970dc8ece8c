// Which languages a person means who names one (BCP 47).
//
// Thread safety: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace saunter::schemas {

// Whether it has the form of a range such as "en" or "pt-BR".
[[nodiscard]] bool IsLanguageRange(std::string_view text);

// RFC 4647, 3.3.1 (basic filtering): "en" matches "en" and "en-GB", in any case.
[[nodiscard]] bool MatchesLanguage(std::string_view language, std::string_view range);

// RFC 4647, 3.4 (lookup): the next shorter range, "en" for "en-GB". nullopt: there is none.
[[nodiscard]] std::optional<std::string> WiderLanguage(std::string_view range);

}  // namespace saunter::schemas
