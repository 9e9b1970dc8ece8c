// robots.txt: what a file says to one crawler, and whether that lets a URL be asked (RFC 9309).
//
// A file is reduced to the rules of the group that speaks to us, normalised and in the order of
// their weight, so that the first that matches decides.
//
// Thread safety: values and pure functions. Errors: none; a line that is no rule says nothing.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace saunter::crawler::fetch {

// RFC 9309, 2.2.1: the name by which robots.txt may speak to this crawler.
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

  // Whether a URL may be asked for: its path, with "?" and query. RFC 9309, 2.2.2.
  [[nodiscard]] bool Allows(std::string_view path_and_query) const;
  // As a robots.txt of one group for all, which reads back to the same rules.
  [[nodiscard]] std::string ToText() const;
  [[nodiscard]] std::size_t Bytes() const;  // of memory, roughly
  [[nodiscard]] const std::vector<Rule>& rules() const { return rules_; }

 private:
  std::vector<Rule> rules_;  // the longest first, allow before disallow
};

// The rules of the groups for `product_token` or, where there are none, of those for "*". Of a text
// of more than `bytes_max` only the lines that lie within are read (RFC 9309, 2.5).
[[nodiscard]] RobotsRules ParseRobots(std::string_view text, std::string_view product_token,
                                      std::size_t bytes_max);

}  // namespace saunter::crawler::fetch
