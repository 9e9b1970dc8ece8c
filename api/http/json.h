// JSON text appended by hand on the hot path: numbers, strings and times.
//
// Whatever bytes it is given, the result is valid JSON in valid UTF-8 (RFC 8259): bytes that are
// not UTF-8 become U+FFFD.
//
// Thread safety: all functions. Errors: none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "schemas/units.h"

namespace saunter::api::http {

void AppendNumber(std::string& out, std::int64_t value);
// With its quotes.
void AppendJsonString(std::string& out, std::string_view text);
// A string, or null if it is empty: absent text is the empty string in records.
void AppendJsonText(std::string& out, std::string_view text);
void AppendJsonTime(std::string& out, const std::optional<schemas::UnixSeconds>& time);

}  // namespace saunter::api::http
