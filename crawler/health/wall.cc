#include "crawler/health/wall.h"

#include <algorithm>
#include <array>
#include <optional>

#include "crawler/url/url.h"
#include "schemas/text.h"

namespace saunter::crawler::health {
namespace {

constexpr int kDecodings = 3;  // an address may be encoded within one that is encoded

// Names of segments, parameters and hosts in lower case, without "-", "_" and their extension.
constexpr auto kMissingNames = std::to_array<std::string_view>(
    {"404", "404error", "404page", "deleted", "error", "error404", "errors", "gone", "http404",
     "missing", "nopage", "notfound", "pagemissing", "pagenotfound", "removed"});
constexpr auto kWallNames = std::to_array<std::string_view>(
    {"agecheck", "agegate", "ageverification", "auth", "authorize", "captcha", "consent",
     "cookieconsent", "login", "logon", "oauth", "oauth2", "paywall", "signin", "sso", "wplogin"});
// Pages of such names are no walls by themselves.
constexpr auto kGateNames = std::to_array<std::string_view>(
    {"account", "accounts",  "cas",      "challenge",    "checkpoint", "cookie",  "cookies",
     "gate",    "gdpr",      "id",       "join",         "member",     "members", "membership",
     "my",      "privacy",   "register", "registration", "saml",       "session", "sessions",
     "signup",  "subscribe", "user",     "users",        "verify",     "welcome"});

std::string NameOf(std::string_view text) {
  text = text.substr(0, text.find('.'));
  std::string name;
  for (const char c : schemas::ToLowerAscii(text)) {
    if (c != '-' && c != '_') name += c;
  }
  return name;
}

template <typename Names>
bool IsOneOf(const Names& names, std::string_view text) {
  return std::ranges::find(names, NameOf(text)) != names.end();
}

template <typename Each>
bool AnyPart(std::string_view text, std::string_view separators, Each each) {
  while (!text.empty()) {
    const auto part = text.substr(0, text.find_first_of(separators));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    if (!part.empty() && each(part)) return true;
  }
  return false;
}

// Whether a segment of the path, or the first label of the host, is one of these names.
template <typename Names>
bool IsNamed(const url::Url& url, const Names& names) {
  const auto is_one = [&](std::string_view part) { return IsOneOf(names, part); };
  return IsOneOf(names, url.host) || AnyPart(url.path, "/", is_one);
}

int DigitOf(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string Decoded(std::string_view text) {
  std::string decoded(text);
  for (int i = 0; i < kDecodings && decoded.find('%') != std::string::npos; ++i) {
    std::string once;
    for (std::size_t at = 0; at < decoded.size(); ++at) {
      const bool escape = decoded[at] == '%' && at + 2 < decoded.size();
      const int high = escape ? DigitOf(decoded[at + 1]) : -1;
      const int low = escape ? DigitOf(decoded[at + 2]) : -1;
      if (high < 0 || low < 0) {
        once += decoded[at];
      } else {
        once += static_cast<char>(high * 16 + low);
        at += 2;
      }
    }
    decoded = std::move(once);
  }
  return decoded;
}

std::string_view WithoutLastSlash(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  return path;
}

// The parts of an address that a redirect carries, decoded.
struct Asked {
  std::string whole;  // without its scheme
  std::string path;   // with its query; empty for a front page, whose path says nothing
};

Asked PartsOf(const url::Url& url) {
  Asked asked;
  asked.whole = Decoded(url.host + std::string(WithoutLastSlash(url.path)) + url.query);
  asked.path = Decoded(std::string(WithoutLastSlash(url.path)));
  if (!url.query.empty()) asked.path = Decoded(url.path + url.query);
  return asked;
}

// Whether a parameter's value is the address, or that of something below it.
bool Holds(std::string_view value, const Asked& asked) {
  const auto decoded = Decoded(value);
  if (decoded.find(asked.whole) != std::string::npos) return true;
  if (asked.path.empty() || !decoded.starts_with(asked.path)) return false;
  return decoded.size() == asked.path.size() ||
         std::string_view("/?#&;").find(decoded[asked.path.size()]) != std::string_view::npos;
}

bool Carries(const url::Url& target, const Asked& asked) {
  if (Decoded(target.path).find(asked.whole) != std::string::npos) return true;
  const auto fragment = Decoded(target.fragment);
  if (fragment.find(asked.whole) != std::string::npos) return true;
  if (!asked.path.empty() && fragment.find(asked.path) != std::string::npos) return true;
  if (target.query.empty()) return false;
  return AnyPart(std::string_view(target.query).substr(1), "&;", [&](std::string_view parameter) {
    return Holds(parameter.substr(parameter.find('=') + 1), asked);
  });
}

Wall WallOf(const Detour& detour, std::string_view asked_url) {
  const auto from = url::ParseUrl(detour.from);
  const auto to = url::ParseUrl(detour.to);
  const auto asked = url::ParseUrl(asked_url);
  if (!from || !to || !asked || SaysMissing(detour.to)) return Wall::kNone;
  if (IsNamed(*to, kWallNames) && !IsNamed(*asked, kWallNames)) return Wall::kCertain;
  if (!Carries(*to, PartsOf(*from)) && !Carries(*to, PartsOf(*asked))) return Wall::kNone;
  return IsNamed(*to, kGateNames) && !IsNamed(*asked, kGateNames) ? Wall::kCertain : Wall::kPerhaps;
}

// Back at the page that was asked for, as after a page that sets a cookie.
bool LeadsBack(std::string_view asked_url, std::string_view effective_url) {
  const auto asked = url::ParseUrl(asked_url);
  const auto effective = url::ParseUrl(effective_url);
  if (!asked || !effective || url::SiteHost(asked->host) != url::SiteHost(effective->host)) {
    return false;
  }
  return WithoutLastSlash(asked->path) == WithoutLastSlash(effective->path) &&
         !Carries(*effective, PartsOf(*asked));
}

}  // namespace

Wall FindWall(const std::vector<Detour>& detours, std::string_view asked_url,
              std::string_view effective_url) {
  auto found = Wall::kNone;
  if (detours.empty() || SaysMissing(effective_url) || LeadsBack(asked_url, effective_url)) {
    return found;
  }
  for (const auto& detour : detours) found = std::max(found, WallOf(detour, asked_url));
  return found;
}

bool SaysMissing(std::string_view url) {
  const auto parsed = url::ParseUrl(url);
  if (!parsed) return false;
  const auto is_missing = [](std::string_view part) { return IsOneOf(kMissingNames, part); };
  if (AnyPart(parsed->path, "/", is_missing)) return true;
  return !parsed->query.empty() &&
         AnyPart(std::string_view(parsed->query).substr(1), "&;", [&](std::string_view parameter) {
           return is_missing(parameter.substr(0, parameter.find('=')));
         });
}

bool EchoesInQuery(std::string_view url, std::string_view asked_url) {
  const auto target = url::ParseUrl(url);
  const auto asked = url::ParseUrl(asked_url);
  if (!target || !asked || target->query.empty()) return false;
  auto slug = WithoutLastSlash(asked->path);
  slug.remove_prefix(std::min(slug.find_last_of('/') + 1, slug.size()));
  const auto query = Decoded(target->query);
  if (!slug.empty() && query.find(Decoded(slug)) != std::string::npos) return true;
  if (asked->query.empty()) return false;
  const auto value_of = [](std::string_view parameter) {
    return Decoded(parameter.substr(parameter.find('=') + 1));
  };
  return AnyPart(std::string_view(asked->query).substr(1), "&;", [&](std::string_view parameter) {
    return AnyPart(std::string_view(target->query).substr(1), "&;",
                   [&](std::string_view other) { return value_of(other) == value_of(parameter); });
  });
}

}  // namespace saunter::crawler::health
