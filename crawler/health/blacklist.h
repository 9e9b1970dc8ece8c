// The blacklist as data in memory: compiled once, asked for every feed, entry and redirect.
//
// Allow entries are kept apart and match nothing; only the rule asks for them.
//
// Where several match, the most specific answers: the longest prefix, the host, the longest suffix.
//
// Each pattern fills a slot of 64 bytes, one line of a processor's cache, in a hash table with five
// slots for four of them; of patterns above 40 bytes the text lies apart. A match hashes the host
// once, backwards, so that every suffix of it is one look-up. A filter of 2 bytes a pattern, small
// enough for a cache, answers those that find nothing, which is nearly all. The rest wait for
// memory once, as the slots are asked for before the filter has answered, and large tables ask for
// large pages.
//
// Thread safety: a Blacklist is immutable; share it by shared_ptr<const Blacklist> and swap it
// whole. Errors: compiling a pattern of over 64 KiB, or more than 4 GiB of long ones or of reasons,
// throws std::length_error.
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

// An entry that matched; its texts live as long as the Blacklist. Times before 1970 and after 2106
// come out as the first and the last second between.
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
