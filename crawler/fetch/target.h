// What may be asked, by its URL alone and before any name is looked up.
//
// What we would not ask we do not give out: a link to such an address would send a reader's browser
// into his own network. Names that lead there are found when they are looked up (address_guard.h).
//
// Thread safety: all functions. Errors: none.
#pragma once

#include "crawler/url/url.h"
#include "schemas/settings.h"

namespace saunter::crawler::fetch {

// False for:
// - a port that is not in allow_ports;
// - a literal address that is not public and in none of allow_networks;
// - a name that is not of the public DNS and neither in allow_names nor below one of them: a single
//   label, and the special-use names (RFC 6761, 6762, 7686, 8375, 9476; ICANN's "internal"; those
//   that RFC 6762, appendix G, finds in use on private networks).
[[nodiscard]] bool MayBeAsked(const url::Url& url, const schemas::FetchSettings& settings);

}  // namespace saunter::crawler::fetch
