// Tells references that lead to a post from texts that stand where one should.
//
// Thread safety: all functions. Errors: what leads nowhere is std::nullopt.
#pragma once

#include <optional>
#include <string_view>

#include "crawler/feed/formats/unresolved.h"
#include "crawler/url/url.h"

namespace saunter::crawler::feed {

// The URL that a candidate stands for, resolved against its own base or else `base`. Ranks that are
// no links by themselves (origLink, guid, id) count only as absolute http(s) URLs. A relative
// reference is refused where it holds a character that no URI has (RFC 3986, appendix A), where it
// is empty but for "?" and "#", and where it begins with a host's name: prose, Markdown, quoted
// addresses and addresses without a scheme are no paths.
[[nodiscard]] std::optional<url::Url> ResolveReference(const formats::UrlCandidate& candidate,
                                                       std::string_view base);

// Whether it is an http(s) URL by itself, usable or not.
[[nodiscard]] bool IsAbsolute(const formats::UrlCandidate& candidate);

// RFC 3986, 4.4: whether a URL means the document of another, its fragment aside. Lenient: by http
// or https, with or without "www.".
[[nodiscard]] bool IsSameDocument(const url::Url& url, const url::Url& other);

// Whether a URL names a part of its document.
[[nodiscard]] bool HasFragment(const url::Url& url);

}  // namespace saunter::crawler::feed
