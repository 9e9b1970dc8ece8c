// The patterns of the blacklist: how they are written, and the one form in which they are stored.
//
// A pattern is "example.com" (that host and its www twin), "*.example.com" (it and every host
// below it) or "example.com/path/" (URLs that begin with it, whatever the scheme and port). A
// prefix that does not end in "/" matches only where "/", "?", "#", the end or, within a query, "&"
// follows.
//
// Thread safety: all functions. Errors: PatternResult::problem.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace saunter::crawler::health {

// The pattern in its one stored form (lower-case A-label host, no scheme, no "www."), or what is
// wrong with it and what to write instead.
struct PatternResult {
  std::optional<std::string> pattern;
  std::string problem;
};
[[nodiscard]] PatternResult NormalisePattern(std::string_view text);

// What a pattern covers.
enum class PatternKind { kHost, kSuffix, kPrefix };
[[nodiscard]] PatternKind KindOf(std::string_view pattern);
// The host of a stored pattern: "example.com" for each of the three kinds above.
[[nodiscard]] std::string_view HostOf(std::string_view pattern);

// The pattern that covers a site: its host or, of a tenant, the prefix of all its pages.
[[nodiscard]] std::string PatternOfSite(std::string_view site);
// The name of the site that a stored pattern covers as a whole, and no other: "tilde.example/~ann"
// for "tilde.example/~ann/"; nullopt for suffixes and other prefixes.
[[nodiscard]] std::optional<std::string_view> SiteOfPattern(std::string_view pattern);

// NormalisePattern refuses longer ones: a pattern is a key, and PostgreSQL takes none of more than
// 2.7 kB.
inline constexpr std::size_t kPatternBytesMax = 2600;
// Longer prefixes, which older releases took, match nothing.
inline constexpr std::size_t kPatternTailBytesMax = 4096;

// Writes what follows a host and its "/" in one form: "%7Euser" and "~user" are one address, as are
// "%c3" and "%C3" (RFC 3986, 6.2.2). Writes at most `size` bytes to `out` and returns how many.
std::size_t NormaliseTail(std::string_view tail, char* out, std::size_t size);

}  // namespace saunter::crawler::health
