// URLs: parsed strictly, resolved by RFC 3986, made canonical for identity. Pure functions.
//
// A Url is http or https, has a host (in lower case, as A-labels by IDNA 2008 and, for symbols, by
// UTS 46), has no credentials
// and holds only printable ASCII. It is safe to hand to libcurl, SQLite and a header.
//
// Thread safety: all functions. Errors: an unusable URL is std::nullopt.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "schemas/units.h"

namespace saunter::crawler::url {

struct Url {
  std::string scheme;    // "http" or "https"
  std::string host;      // lower case; IPv6 with its brackets
  int port = 0;          // the scheme's own if none is written
  std::string path;      // begins with "/"
  std::string query;     // with its "?", or empty
  std::string fragment;  // with its "#", or empty

  // scheme://host[:port]path?query#fragment, the port only where it is not the scheme's own.
  [[nodiscard]] std::string ToString() const;
};

// Parses an absolute URL. Trims it, drops tabs and line breaks within, removes dot segments and the
// dot behind a host, and percent-encodes the characters that no URI has (RFC 3986, appendix A);
// what is encoded already stays. Refuses other schemes, credentials, backslashes before the path,
// malformed hosts, numbers that disguise an IPv4 address, ports out of range, NUL, and more than
// 8192 bytes. Linear in the text.
[[nodiscard]] std::optional<Url> ParseUrl(std::string_view text);

// RFC 3986, 5.2, read strictly: resolves `reference` against `base` and parses the result as
// ParseUrl does. An unusable base does for absolute references only.
[[nodiscard]] std::optional<Url> ResolveUrl(std::string_view base, std::string_view reference);

// The address by which a feed is known: parsed and printed again without its fragment.
[[nodiscard]] std::optional<std::string> NormaliseFeedUrl(std::string_view text);

// A post's URL without tracking parameters (utm_*, fbclid, …; trackers.txt); the others stay, in
// order.
enum class KeepFragment { kNo, kYes };
[[nodiscard]] std::string CanonicalUrl(const Url& url, KeepFragment keep_fragment);

// A link's identity across feeds: the hash of its canonical URL without scheme and leading "www.",
// and with percent-encodings in one form (RFC 3986, 6.2.2); the URL itself stays as it is.
[[nodiscard]] schemas::Key UrlKey(std::string_view canonical_url);

// 64-bit hash of any text; the same on every machine and in every release.
[[nodiscard]] schemas::Key TextKey(std::string_view text);

// The site that a host belongs to: the host without a leading "www." ("www.com" stays).
[[nodiscard]] std::string SiteHost(std::string_view host);

// The name of the site that a URL belongs to: "tilde.example/~ann" of
// http://tilde.example/~ann/post, "example.com" of https://www.example.com/post. See
// schemas/site.h.
[[nodiscard]] std::string SiteName(const Url& url);

// Public suffix list: "blog.example.co.uk" → "example.co.uk"; a host that is itself a public
// suffix or an address is returned as it is.
[[nodiscard]] std::string RegistrableDomain(std::string_view host);

// Whether a registry hands out names right below this host ("com", "co.uk"): the ICANN section of
// the public suffix list, so that "github.io" is a site like any other.
[[nodiscard]] bool IsPublicSuffix(std::string_view host);

}  // namespace saunter::crawler::url
