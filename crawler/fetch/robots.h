// robots.txt (RFC 9309): what a file says to one crawler, and whether a URL may be asked.
//
// A file is reduced to the rules of the group that names us, normalised and in the order of their
// weight, so that the first that matches decides.
//
// Thread safety: values and pure functions. Errors: none; a line that is no rule is ignored.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace saunter::crawler::fetch {

// RFC 9309, 2.2.1: the name of this crawler in robots.txt.
inline constexpr std::string_view kProductToken = "saunter";

class RobotsRules {
 public:
  enum class Kind { kAllow, kDisallow };
  struct Rule {
    std::string pattern;  // normalised; "*" is any text, a "$" at its end is the URL's end
    Kind kind = Kind::kDisallow;
  };

  RobotsRules() = default;
  explicit RobotsRules(std::vector<Rule> rules);

  // Whether a URL with this path, "?" and query may be asked (RFC 9309, 2.2.2).
  [[nodiscard]] bool Allows(std::string_view path_and_query) const;
  // The rules as a robots.txt with one group for all crawlers; it parses to the same rules.
  [[nodiscard]] std::string ToText() const;
  [[nodiscard]] std::size_t Bytes() const;  // of memory, roughly
  [[nodiscard]] const std::vector<Rule>& rules() const { return rules_; }

 private:
  std::vector<Rule> rules_;  // the longest first, allow before disallow
};

// The rules of the groups for `product_token` or, where there are none, of those for "*". Of a
// longer text only the lines within the first `bytes_max` bytes are read (RFC 9309, 2.5).
[[nodiscard]] RobotsRules ParseRobots(std::string_view text, std::string_view product_token,
                                      std::size_t bytes_max);

}  // namespace saunter::crawler::fetch
