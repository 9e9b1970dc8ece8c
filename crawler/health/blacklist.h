// The blacklist in memory: compiled once, asked about every feed, entry and redirect.
//
// Where several entries match, the most specific one counts: the longest prefix, then the host,
// then the longest suffix. A host entry covers the tenants of its host, but for one of the rule:
// that judged the host's own pages. Allow entries are kept apart and match nothing; only the
// automatic rule asks for them.
//
// Each pattern fills a slot of 64 bytes, one line of a processor's cache, in a hash table with five
// slots for four patterns; the text of patterns above 40 bytes is stored elsewhere. A match hashes
// the host once, backwards, so that each of its suffixes takes one look-up. A filter of 2 bytes a
// pattern, small enough for a cache, answers the look-ups that find nothing, which are nearly all.
// The others wait for memory once, since the slots are prefetched before the filter has answered.
// Large tables use large pages.
//
// Thread safety: a Blacklist is immutable; share it by shared_ptr<const Blacklist> and swap it
// whole. Errors: compiling a pattern of over 64 KiB, or more than 4 GiB of long patterns or of
// reasons, throws std::length_error.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crawler/health/pattern.h"
#include "schemas/blacklist.h"
#include "schemas/units.h"

namespace saunter::crawler::health {

// An entry that matched; its texts live as long as the Blacklist. Times are kept in 32 bits: one
// before 1970 or after 2106 becomes the first or the last second of that range.
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

  // The entry that matches an absolute http(s) URL. Neither allocates nor locks.
  [[nodiscard]] std::optional<BlacklistMatch> MatchUrl(std::string_view url) const;
  // The entry that matches a whole site, by its name: of its host, of a suffix or, for a tenant, a
  // prefix of all its pages. Neither allocates nor locks.
  [[nodiscard]] std::optional<BlacklistMatch> MatchHost(std::string_view site) const;
  // Whether an operator's allow entry keeps the rule from blacklisting this site.
  [[nodiscard]] bool Allows(std::string_view site) const;
  // Whether URL-prefix entries exist for this site's host.
  [[nodiscard]] bool HasPrefixes(std::string_view host) const;
  [[nodiscard]] std::size_t size() const;  // without allow entries

 private:
  class Index;
  std::unique_ptr<const Index> index_;
  std::unique_ptr<const Index> allowed_;
};

}  // namespace saunter::crawler::health
