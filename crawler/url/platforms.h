// Platforms: domains whose tenants are strangers to one another and yet one to everybody else. Pure
// functions.
//
// What counts: the private section of the public suffix list, and crawler/url/platforms.txt, which
// is compiled in.
//
// Thread safety: all functions. Errors: none.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace saunter::crawler::url {

// The platform that a host in lower case belongs to: "ann.bearblog.dev" → "bearblog.dev"; nullopt
// if the host belongs to none. A platform's own host belongs to it. Of a private suffix it is the
// name that a registry gave out ("x.r.compute.amazonaws.com" → "amazonaws.com"), since below it
// one owner may have as many suffixes as they like.
[[nodiscard]] std::optional<std::string> PlatformOf(std::string_view host);

// As whom the host speaks: its platform, else its registrable domain. Two hosts for which this
// differs are strangers.
[[nodiscard]] std::string WitnessDomain(std::string_view host);

// Whether two sites are one owner's as far as their names say: of one registrable domain, and no
// two tenants of it.
[[nodiscard]] bool HaveOneOwner(std::string_view site, std::string_view other);

// The site, besides its own, for which a feed speaks, by the name of its site: "example.com" for
// "feeds.example.com", "feed." and "rss." likewise. Empty if there is none: a tenant of that name
// does not speak for its platform.
[[nodiscard]] std::string SiteSpokenFor(std::string_view feed_site);
// Whether a feed is the site's own, by the names of both sites. A host does not speak for its
// tenants, nor they for it.
[[nodiscard]] bool SpeaksFor(std::string_view feed_site, std::string_view site);

// The text of crawler/url/platforms.txt.
[[nodiscard]] std::string_view BuiltInPlatforms();

}  // namespace saunter::crawler::url
