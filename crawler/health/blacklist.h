// The blacklist as data in memory: compiled once, asked for every feed, entry and redirect.
//
// Allow entries are kept apart and match nothing; only the rule asks for them.
//
// Where several match, the most specific answers: the longest prefix, the host, the longest suffix.
//
// All lies in one arena, a pattern behind its 32-byte record, so that a match is one look at the
// table and one at the arena; 12 bytes of a flat hash table and 2 of a filter belong to each. A
// match hashes the host once, backwards, so that every suffix of it is one look-up. The filter,
// small enough for a cache, answers those that find nothing, which is nearly all; the rest wait for
// memory, and for it alone: large tables ask for large pages.
//
// Thread safety: a Blacklist is immutable; share it by shared_ptr<const Blacklist> and swap it
// whole. Errors: compiling more than 32 GiB of patterns throws std::length_error.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crawler/health/pattern.h"
#include "schemas/records.h"

namespace saunter::crawler::health {

// An entry that matched; its texts live as long as the Blacklist.
struct BlacklistMatch {
  std::string_view pattern;
  schemas::BlacklistSource source = schemas::BlacklistSource::kOperator;
  std::string_view reason;
  schemas::UnixSeconds added_at = 0;
  std::optional<schemas::UnixSeconds> until_at;

  [[nodiscard]] schemas::BlacklistEntry ToEntry() const;
};

class Blacklist {
 public:
  // `entries` hold stored patterns; of two with the same pattern the first stays.
  explicit Blacklist(std::vector<schemas::BlacklistEntry> entries);
  ~Blacklist();
  Blacklist(const Blacklist&) = delete;
  Blacklist& operator=(const Blacklist&) = delete;

  // The entry that an absolute http(s) URL meets. Neither allocates nor locks.
  [[nodiscard]] std::optional<BlacklistMatch> MatchUrl(std::string_view url) const;
  // The host or suffix entry that a site meets as a whole. Neither allocates nor locks.
  [[nodiscard]] std::optional<BlacklistMatch> MatchHost(std::string_view host) const;
  // Whether an operator's allow entry keeps the rule from blacklisting this site.
  [[nodiscard]] bool Allows(std::string_view host) const;
  // Whether URL-prefix entries exist for this site.
  [[nodiscard]] bool HasPrefixes(std::string_view host) const;
  [[nodiscard]] std::size_t size() const;  // without allow entries

 private:
  class Index;
  std::unique_ptr<const Index> index_;
  std::unique_ptr<const Index> allowed_;
};

}  // namespace saunter::crawler::health
