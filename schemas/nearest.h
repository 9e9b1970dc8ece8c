// Which names were meant by one that nobody knows, for "did you mean …".
//
// Near is a name that a few changes turn into the wanted one: a byte put in, left out, replaced, or
// swapped with its neighbour (optimal string alignment), letters of ASCII in either case; and one
// that begins with it. The shorter the wanted name is, the fewer changes.
//
// Thread safety: one thread at a time; functions, all. Errors: none. Limits: a name of more than
// kNearBytesMax is near to none, and offering one costs at most that times the changes that are let
// pass.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace saunter::schemas {

inline constexpr std::size_t kNearBytesMax = 64;
inline constexpr std::size_t kNearNamesMax = 3;

class NearNames {
 public:
  explicit NearNames(std::string_view wanted);

  // One of the names that there are.
  void Offer(std::string_view name);
  // The nearest of those, up to kNearNamesMax, the nearest first.
  [[nodiscard]] std::vector<std::string> Names() const;

 private:
  const std::string wanted_;                                // in lower case
  const std::size_t changes_max_;                           // 0 with an empty name: near to none
  std::vector<std::pair<std::size_t, std::string>> found_;  // changes, name; in order
};

// The nearest of these, or empty if none is near enough that a person would have meant it.
[[nodiscard]] std::string NearestName(std::string_view given, std::span<const std::string> names);

// "; did you mean NEAREST?", or `otherwise` where nothing is near.
[[nodiscard]] std::string DidYouMean(std::string_view nearest, std::string_view otherwise);

}  // namespace saunter::schemas
