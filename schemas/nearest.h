// Which name was meant by one that nobody knows.
//
// Thread safety: all functions. Errors: none.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace saunter::schemas {

// The name that takes the fewest slips to become `given`: a letter too much, too few, another one,
// or two that changed places. Empty if none is near enough that a person would have meant it.
[[nodiscard]] std::string NearestName(std::string_view given, std::span<const std::string> names);

// "; did you mean NEAREST?", or `otherwise` where nothing is near.
[[nodiscard]] std::string DidYouMean(std::string_view nearest, std::string_view otherwise);

}  // namespace saunter::schemas
