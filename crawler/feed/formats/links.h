// Inside crawler/feed/formats: what a link element says by its relation, its media type and its
// address, the same in Atom and in RSS.
//
// Thread safety: all functions. Errors: none; a link that leads to no post gives no candidate.
#pragma once

#include <pugixml.hpp>
#include <string>
#include <vector>

#include "crawler/feed/formats/unresolved.h"

namespace saunter::crawler::feed::formats {

// The ranks of a link in the vocabulary in which it stands.
struct LinkRanks {
  UrlRank text;        // the address is the element's text
  UrlRank page;        // it is an attribute, of a web page or of no type
  UrlRank other_type;  // it is either, of another type
};

inline constexpr LinkRanks kAtomLinkRanks = {UrlRank::kAlternateHtml, UrlRank::kAlternateHtml,
                                             UrlRank::kAlternateOther};
inline constexpr LinkRanks kRssLinkRanks = {UrlRank::kLink, UrlRank::kLinkHref,
                                            UrlRank::kAlternateOther};

// RFC 4287, 4.2.7: takes a link whose relation is "alternate", its IANA form or absent. A media
// type counts without its parameters (RFC 9110, 8.3.1); data, pictures and recordings are no posts.
// Lenient: the address may be the element's text, as in RSS, and RSS may have Atom's attributes.
void TakeLink(pugi::xml_node node, const LinkRanks& ranks, std::string base,
              std::vector<UrlCandidate>& urls);

}  // namespace saunter::crawler::feed::formats
