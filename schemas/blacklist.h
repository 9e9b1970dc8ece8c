// An entry of the blacklist.
//
// Thread safety: values, no sharing.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "schemas/fields.h"
#include "schemas/units.h"

namespace saunter::schemas {

// `kAllow` is an operator's word that blacklists nothing: it keeps the rule from doing so.
enum class BlacklistSource : int { kOperator = 0, kRule = 1, kAllow = 2 };
std::string_view ToString(BlacklistSource source);

// A blacklist entry. `pattern` is "example.com" (that host and its www twin), "*.example.com" (it
// and all below), or a URL prefix "example.com/path/", always without scheme; see
// crawler/health/pattern.h.
struct BlacklistEntry {
  std::string pattern;
  BlacklistSource source = BlacklistSource::kOperator;
  std::string reason;
  UnixSeconds added_at = 0;
  std::optional<UnixSeconds> until_at;  // when a rule's entry is looked at again
};

template <RowOf<BlacklistEntry> Row, typename Visitor>
void VisitFields(Row& row, Visitor&& visit) {
  visit("pattern", row.pattern, Presence::kAlways);
  visit("source", row.source);
  visit("reason", row.reason);
  visit("added_at", row.added_at);
  visit("until_at", row.until_at);
}

}  // namespace saunter::schemas
