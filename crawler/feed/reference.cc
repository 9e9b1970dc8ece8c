#include "crawler/feed/reference.h"

#include <algorithm>
#include <array>
#include <string>

#include "schemas/text.h"

namespace saunter::crawler::feed {
namespace {

bool IsAbsoluteHttp(std::string_view text) {
  return schemas::EqualsIgnoringCase(text.substr(0, 7), "http://") ||
         schemas::EqualsIgnoringCase(text.substr(0, 8), "https://");
}

bool CountsOnlyAsAbsolute(formats::UrlRank rank) {
  return rank == formats::UrlRank::kOrigLink || rank == formats::UrlRank::kPermalinkGuid ||
         rank == formats::UrlRank::kId;
}

// Blanks, quotes and what else is in no URI. Line breaks within are dropped by whoever resolves it.
bool HoldsWhatNoUriHas(std::string_view reference) {
  constexpr std::string_view kNone = "\"<>[]\\^`{|}";
  for (std::size_t at = 0; at < reference.size();) {
    const char32_t c = schemas::NextCodePoint(reference, at);
    if (c < 0x80 ? kNone.find(static_cast<char>(c)) != std::string_view::npos || c == ' '
                 : schemas::IsUnicodeSpace(c)) {
      return true;
    }
  }
  return false;
}

// "blog.example" of "blog.example/post": a name below a public suffix, or below one that is kept
// for examples (RFC 2606, 2); or a scheme that lost its colon.
bool BeginsWithHost(std::string_view reference) {
  const std::size_t slash = reference.find('/');
  if (slash == std::string_view::npos) return false;
  const std::string host = schemas::ToLowerAscii(reference.substr(0, slash));
  if (host == "http" || host == "https") return true;
  const std::size_t dot = host.find('.');
  if (dot == 0 || dot == std::string::npos || host.back() == '.') return false;
  constexpr auto kReserved =
      std::to_array<std::string_view>({"example", "invalid", "localhost", "test"});
  const std::string_view last = std::string_view(host).substr(host.rfind('.') + 1);
  if (std::find(kReserved.begin(), kReserved.end(), last) != kReserved.end()) return true;
  return url::IsPublicSuffix(last) && url::ParseUrl("http://" + host).has_value();
}

// "name:" of a reference; what stands before a "=" or a quote is none.
bool HasScheme(std::string_view reference) {
  const std::size_t end = reference.find_first_of(":/?#");
  const auto is_scheme = [](char c) {  // RFC 3986, 3.1; line breaks within are dropped later
    return schemas::IsAsciiLetter(c) || schemas::IsAsciiDigit(c) || c == '+' || c == '-' ||
           c == '.' || schemas::IsBlankOrLineEnd(c);
  };
  return end != std::string_view::npos && reference[end] == ':' && end > 0 &&
         schemas::IsAsciiLetter(reference.front()) &&
         std::all_of(reference.begin(), reference.begin() + static_cast<std::ptrdiff_t>(end),
                     is_scheme);
}

// A reference without a scheme that is a path, or a host and a path behind "//".
bool IsPath(std::string_view reference) {
  if (reference.starts_with("//")) return true;
  const std::string_view path = reference.substr(0, reference.find_first_of("?#"));
  // "?" and "#" alone, and an address in brackets or quotes.
  if (path.empty() && reference.find_first_not_of("?#") == std::string_view::npos) return false;
  if (path.find("://") != std::string_view::npos) return false;
  return !HoldsWhatNoUriHas(reference) && !BeginsWithHost(reference);
}

}  // namespace

bool IsAbsolute(const formats::UrlCandidate& candidate) {
  return IsAbsoluteHttp(schemas::TrimUnicodeSpace(candidate.reference));
}

std::optional<url::Url> ResolveReference(const formats::UrlCandidate& candidate,
                                         std::string_view base) {
  const std::string_view reference = schemas::TrimUnicodeSpace(candidate.reference);
  if (IsAbsoluteHttp(reference)) return url::ParseUrl(reference);
  if (CountsOnlyAsAbsolute(candidate.rank)) return std::nullopt;
  // Lenient: a host without its scheme is no path.
  if (schemas::EqualsIgnoringCase(reference.substr(0, 4), "www.")) {
    return HoldsWhatNoUriHas(reference) ? std::nullopt
                                        : url::ParseUrl("http://" + std::string(reference));
  }
  if (!HasScheme(reference) && !IsPath(reference)) return std::nullopt;
  return url::ResolveUrl(candidate.base.empty() ? base : candidate.base, reference);
}

bool IsSameDocument(const url::Url& url, const url::Url& other) {
  const auto query = [](const url::Url& of) {
    return std::string_view(of.query == "?" ? std::string_view() : of.query);
  };
  return url.path == other.path && query(url) == query(other) &&
         schemas::WithoutWww(url.host) == schemas::WithoutWww(other.host) &&
         (url.port == other.port || url.scheme != other.scheme);
}

bool HasFragment(const url::Url& url) { return url.fragment.size() > 1; }

}  // namespace saunter::crawler::feed
