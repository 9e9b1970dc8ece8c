// What may be asked, by its URL alone and before any name is looked up.
//
// What we would not ask we do not give out: a link to such an address would send a reader's browser
// into his own network. Names that lead there are found when they are looked up (address_guard.h).
//
// Thread safety: all functions. Errors: none.
#pragma once

#include <string_view>

#include "crawler/url/url.h"
#include "schemas/settings.h"

namespace saunter::crawler::fetch {

// What is wrong with an address that a name or a URL leads to, and what the operator can do.
inline constexpr std::string_view kAddressIsPrivate =
    "the address is private or this machine's own; to allow it, add its network to "
    "fetch.allow_networks";

// Why it may not be asked and what the operator can do, in one sentence. Empty: it may.
// Refused are:
// - a port that is not in allow_ports;
// - a literal address that is not public and in none of allow_networks;
// - a name that is not of the public DNS and neither in allow_names nor below one of them: a single
//   label, and the special-use names (RFC 6761, 6762, 7686, 8375, 9476; ICANN's "internal"; those
//   that RFC 6762, appendix G, finds in use on private networks).
[[nodiscard]] std::string_view RefusalOfTarget(const url::Url& url,
                                               const schemas::FetchSettings& settings);
[[nodiscard]] inline bool MayBeAsked(const url::Url& url, const schemas::FetchSettings& settings) {
  return RefusalOfTarget(url, settings).empty();
}

}  // namespace saunter::crawler::fetch
