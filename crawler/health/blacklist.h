// The blacklist as data in memory: compiled once, asked for every feed, entry and redirect.
//
// A pattern is "example.com" (that host and its www twin), "*.example.com" (it and every host
// below it) or "example.com/path/" (URLs that begin with it, whatever the scheme; the end of a
// path segment or a "/", "?" or "#" must follow a prefix that does not end in "/").
//
// Thread safety: a Blacklist is immutable; share it by shared_ptr<const Blacklist> and swap it
// whole. Errors: a bad pattern is named by CheckPattern.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/records.h"

namespace saunter::crawler::health {

// The pattern in its one stored form (lower-case A-label host, no scheme, no "www."), or what is
// wrong with it and what to write instead.
struct PatternResult {
  std::optional<std::string> pattern;
  std::string problem;
};
[[nodiscard]] PatternResult NormalisePattern(std::string_view text);

class Blacklist {
 public:
  explicit Blacklist(std::vector<schemas::BlacklistEntry> entries);
  ~Blacklist();
  Blacklist(const Blacklist&) = delete;
  Blacklist& operator=(const Blacklist&) = delete;

  // The entry that an absolute http(s) URL meets, or nullptr. Neither allocates nor locks.
  [[nodiscard]] const schemas::BlacklistEntry* MatchUrl(std::string_view url) const;
  // The host or suffix entry that a site meets as a whole, or nullptr.
  [[nodiscard]] const schemas::BlacklistEntry* MatchHost(std::string_view host) const;
  // Whether URL-prefix entries exist for this site.
  [[nodiscard]] bool HasPrefixes(std::string_view host) const;
  [[nodiscard]] const std::vector<schemas::BlacklistEntry>& entries() const { return entries_; }

 private:
  class Index;
  std::vector<schemas::BlacklistEntry> entries_;
  std::unique_ptr<Index> index_;
};

}  // namespace saunter::crawler::health
