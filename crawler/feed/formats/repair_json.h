// Mends JSON that a strict parser refuses.
//
// Thread safety: all functions. Errors: none.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace saunter::crawler::feed::formats {

// How much a JSON text holds, estimated without parsing it.
struct JsonExtent {
  std::int64_t values = 0;  // within the root; never too few
  std::int64_t depth = 0;
};
[[nodiscard]] JsonExtent MeasureJson(std::string_view text);

// Writes `text` again: control characters in strings, lone surrogates, wrong escapes, trailing
// commas and NaN are mended. A text that ends too early is cut behind the last complete element of
// the top-level "items".
[[nodiscard]] std::string RepairJson(std::string_view text);

}  // namespace saunter::crawler::feed::formats
