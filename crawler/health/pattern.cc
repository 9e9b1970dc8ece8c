#include "crawler/health/pattern.h"

#include <algorithm>

#include "crawler/url/url.h"
#include "schemas/site.h"
#include "schemas/text.h"

namespace saunter::crawler::health {
namespace {

PatternResult Refuse(std::string problem) { return {std::nullopt, std::move(problem)}; }

std::string Quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

// A pattern taken apart, before its host is looked at.
struct TypedPattern {
  std::string_view scheme = "http";
  bool is_suffix = false;
  std::string_view rest;  // host, port, path and query
  std::string problem;
};

TypedPattern TakeApart(std::string_view text) {
  TypedPattern typed;
  if (const auto scheme_end = text.find("://"); scheme_end < text.find_first_of("/?#")) {
    typed.scheme = text.substr(0, scheme_end);
    const auto lower = schemas::ToLowerAscii(typed.scheme);
    if (lower != "http" && lower != "https") {
      typed.problem = Quoted(typed.scheme) + " is not crawled; write the pattern without a scheme";
    }
    text.remove_prefix(scheme_end + 3);
  } else if (text.starts_with("//")) {
    text.remove_prefix(2);
  }
  // Lenient: ".example.com", as cookies and proxies have it.
  if (text.starts_with("*.") || text.starts_with('.')) {
    typed.is_suffix = true;
    text.remove_prefix(text.find('.') + 1);
  }
  // Lenient: a prefix needs no star at its end.
  if (text.ends_with("/*")) text.remove_suffix(1);
  typed.rest = text;
  if (!typed.problem.empty()) return typed;
  if (text.find('*') != std::string_view::npos) {
    typed.problem =
        "a * may stand only at the beginning, as in \"*.example.com\"; a URL prefix such as "
        "\"example.com/path/\" needs none";
  } else if (text.find('#') != std::string_view::npos) {
    typed.problem = "a pattern has no fragment; leave out the # and what follows it";
  } else if (text.find_first_of(schemas::kAsciiSpace) != std::string_view::npos) {
    typed.problem = "a pattern holds no white space; write one pattern a line";
  }
  return typed;
}

bool IsAddress(std::string_view host) {
  return host.starts_with('[') || host.find_first_not_of("0123456789.") == std::string_view::npos;
}

// What is wrong with a host that parsed, as a pattern of this kind; empty if nothing.
std::string CheckHost(const std::string& host, const TypedPattern& typed) {
  if (typed.is_suffix) {
    if (IsAddress(host)) return "an address has no hosts below it; write " + Quoted(host);
    if (url::IsPublicSuffix(host)) {
      return Quoted("*." + host) + " is a whole public suffix; name the domains below it";
    }
    if (url::SiteHost(host) != host) {
      return "\"www.\" is the same site as its domain; write " +
             Quoted("*." + url::SiteHost(host)) + " or " + Quoted(url::SiteHost(host));
    }
    return {};
  }
  if (!IsAddress(host) && host.find('.') == std::string::npos && host != "localhost") {
    return Quoted(host) + " is not a whole host name; write one such as \"example.com\"";
  }
  if (url::IsPublicSuffix(host)) {
    return Quoted(host) + " is a public suffix, not a site; name the domains below it";
  }
  return {};
}

}  // namespace

std::size_t NormaliseTail(std::string_view tail, char* out, std::size_t size) {
  std::size_t written = 0;
  for (std::size_t i = 0; i < tail.size() && written < size; ++i) {
    const auto decoded = schemas::PercentDecoded(tail, i);
    if (!decoded) {
      out[written++] = tail[i];
      continue;
    }
    if (schemas::IsUnreserved(*decoded)) {
      out[written++] = *decoded;
      i += 2;
      continue;
    }
    const auto value = static_cast<unsigned char>(*decoded);
    out[written++] = '%';
    if (written < size) out[written++] = schemas::kUpperHexDigits[value >> 4];
    if (written < size) out[written++] = schemas::kUpperHexDigits[value & 0xf];
    i += 2;
  }
  return written;
}

PatternResult NormalisePattern(std::string_view text) {
  text = schemas::Trim(text, schemas::kAsciiSpace);
  if (text.empty()) return Refuse("the pattern is empty; write a host such as \"example.com\"");
  const auto typed = TakeApart(text);
  if (!typed.problem.empty()) return Refuse(typed.problem);
  const auto url = url::ParseUrl(std::string(typed.scheme) + "://" + std::string(typed.rest));
  if (!url) {
    return Refuse(Quoted(text) +
                  " has no valid host; write \"example.com\", \"*.example.com\" or "
                  "\"example.com/path/\"");
  }
  if (url->port != (url->scheme == "https" ? 443 : 80)) {
    return Refuse(
        "a pattern applies to all ports; write it without \":" + std::to_string(url->port) + "\"");
  }
  if (auto problem = CheckHost(url->host, typed); !problem.empty()) return Refuse(problem);
  std::string tail(kPatternTailBytesMax, '\0');
  const auto typed_tail = url->path.substr(1) + url->query;
  tail.resize(NormaliseTail(typed_tail, tail.data(), tail.size()));
  if (typed.is_suffix) {
    if (tail.empty()) return {"*." + url->host, {}};
    return Refuse("a pattern has either a \"*.\" or a path; write " + Quoted("*." + url->host) +
                  " or " + Quoted(url::SiteHost(url->host) + "/" + tail));
  }
  if (tail.empty()) return {url::SiteHost(url->host), {}};
  auto pattern = url::SiteHost(url->host) + "/" + tail;
  if (typed_tail.size() > kPatternTailBytesMax || pattern.size() > kPatternBytesMax) {
    return Refuse("the path is too long for a pattern, which has " +
                  std::to_string(kPatternBytesMax) +
                  " bytes at most; write a shorter prefix of it");
  }
  return {std::move(pattern), {}};
}

PatternKind KindOf(std::string_view pattern) {
  if (pattern.starts_with("*.")) return PatternKind::kSuffix;
  return pattern.find('/') == std::string_view::npos ? PatternKind::kHost : PatternKind::kPrefix;
}

std::string PatternOfSite(std::string_view site) {
  std::string pattern(site);
  if (site.find('/') != std::string_view::npos) pattern += '/';
  return pattern;
}

std::optional<std::string_view> SiteOfPattern(std::string_view pattern) {
  switch (KindOf(pattern)) {
    case PatternKind::kHost:
      return pattern;
    case PatternKind::kSuffix:
      return std::nullopt;
    case PatternKind::kPrefix:
      break;
  }
  const auto path = pattern.substr(pattern.find('/'));
  const auto tenant = schemas::TenantPath(path);
  if (tenant.empty() || path.substr(tenant.size()) != "/") return std::nullopt;
  return pattern.substr(0, pattern.size() - 1);
}

std::string_view HostOf(std::string_view pattern) {
  switch (KindOf(pattern)) {
    case PatternKind::kHost:
      return pattern;
    case PatternKind::kSuffix:
      return pattern.substr(2);
    case PatternKind::kPrefix:
      return pattern.substr(0, pattern.find('/'));
  }
  return {};
}

}  // namespace saunter::crawler::health
