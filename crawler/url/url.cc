#include "crawler/url/url.h"

#include <arpa/inet.h>
#include <idn2.h>
#include <libpsl.h>
#include <unicode/uidna.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <memory>

#include "crawler/url/trackers.h"
#include "schemas/site.h"
#include "schemas/text.h"

namespace saunter::crawler::url {
namespace {

constexpr std::size_t kUrlBytesMax = 8192;
constexpr std::size_t kHostBytesMax = 253;  // RFC 1035, 2.3.4, as text
constexpr std::size_t kLabelBytesMax = 63;
constexpr int kPortMax = 65535;
constexpr int kHttpPort = 80;
constexpr int kHttpsPort = 443;

// Characters that stay as they are after the host: printable ASCII without the characters that no
// URI has (RFC 3986, appendix A). `[`, `]` and a lone `%` stay, because servers see them as they
// are.
constexpr std::array<bool, 256> MakeSafeTable() {
  std::array<bool, 256> table{};
  for (std::size_t c = 0x21; c < 0x7f; ++c) table[c] = true;
  for (const unsigned char c : {'"', '<', '>', '\\', '^', '`', '{', '|', '}'}) table[c] = false;
  return table;
}
constexpr std::array<bool, 256> kSafe = MakeSafeTable();

constexpr bool IsSafe(char c) { return kSafe[static_cast<unsigned char>(c)]; }

// The components as they stand in the text (RFC 3986, appendix B).
struct Parts {
  std::string_view scheme;  // without its ":"
  std::string_view authority;
  bool has_scheme = false;
  bool has_authority = false;
  std::string_view path;
  std::string_view query;     // with its "?"
  std::string_view fragment;  // with its "#"
};

// Trims and drops inner tabs and line breaks; `storage` is used only if there are some. NUL ends
// strings in the libraries that take our URLs, so no URL has one.
std::optional<std::string_view> Clean(std::string_view text, std::string& storage) {
  text = schemas::Trim(text, schemas::kAsciiSpace);
  if (text.size() > kUrlBytesMax || text.find('\0') != std::string_view::npos) return std::nullopt;
  const auto is_dropped = [](char c) { return c == '\t' || c == '\r' || c == '\n'; };
  if (std::none_of(text.begin(), text.end(), is_dropped)) return text;
  storage.reserve(text.size());
  for (const char c : text) {
    if (!is_dropped(c)) storage.push_back(c);
  }
  return storage;
}

std::size_t SchemeLength(std::string_view text) {
  if (text.empty() || !schemas::IsAsciiLetter(text.front())) return 0;
  for (std::size_t i = 1; i < text.size(); ++i) {
    const char c = text[i];
    if (c == ':') return i;
    if (!schemas::IsAsciiLetter(c) && !schemas::IsAsciiDigit(c) && c != '+' && c != '-' && c != '.')
      return 0;
  }
  return 0;
}

// What stands before the first character of which `is_end` is true.
template <typename IsEnd>
std::string_view TakeBefore(std::string_view& rest, IsEnd is_end) {
  const auto end = std::find_if(rest.begin(), rest.end(), is_end);
  const auto taken = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
  rest.remove_prefix(taken.size());
  return taken;
}

Parts Split(std::string_view text) {
  Parts parts;
  if (const auto length = SchemeLength(text); length > 0) {
    parts.has_scheme = true;
    parts.scheme = text.substr(0, length);
    text.remove_prefix(length + 1);
  }
  if (text.starts_with("//")) {
    text.remove_prefix(2);
    parts.has_authority = true;
    parts.authority = TakeBefore(text, [](char c) { return c == '/' || c == '?' || c == '#'; });
  }
  parts.path = TakeBefore(text, [](char c) { return c == '?' || c == '#'; });
  parts.query = TakeBefore(text, [](char c) { return c == '#'; });
  parts.fragment = text;
  return parts;
}

std::string Encode(std::string_view text) {
  if (std::all_of(text.begin(), text.end(), IsSafe)) return std::string(text);
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (IsSafe(c)) {
      out.push_back(c);
      continue;
    }
    schemas::AppendPercentEncoded(out, c);
  }
  return out;
}

// RFC 3986, 5.2.4, of a path that begins with "/". Each output byte is written and dropped at most
// once, so the cost is linear.
std::string RemoveDotSegments(std::string_view path) {
  if (path.find("/.") == std::string_view::npos) return std::string(path);
  std::string out;
  out.reserve(path.size());
  while (!path.empty()) {
    const auto end = path.find('/', 1);
    const bool last = end == std::string_view::npos;
    const auto segment = path.substr(1, last ? end : end - 1);
    if (segment == "..") out.resize(std::min(out.size(), out.rfind('/')));
    if (segment != "." && segment != "..") {
      out.append("/").append(segment);
    } else if (last) {
      out.push_back('/');
    }
    path.remove_prefix(last ? path.size() : end);
  }
  return out;
}

// Lenient: RFC 3986, 3.2.2, lets a registered name be percent-encoded UTF-8.
std::optional<std::string> DecodeHost(std::string_view host) {
  std::string out;
  out.reserve(host.size());
  for (std::size_t i = 0; i < host.size(); ++i) {
    if (host[i] != '%') {
      out.push_back(host[i]);
      continue;
    }
    const auto decoded = schemas::PercentDecoded(host, i);
    if (!decoded) return std::nullopt;
    out.push_back(*decoded);
    i += 2;
  }
  return out;
}

std::optional<std::string> ToAsciiLabels(const std::string& host) {
  if (host.find('\0') != std::string::npos) return std::nullopt;
  char* output = nullptr;
  const int status = idn2_to_ascii_8z(host.c_str(), &output, IDN2_NONTRANSITIONAL);
  const std::unique_ptr<char, decltype(&idn2_free)> owned(output, &idn2_free);
  if (status != IDN2_OK) return std::nullopt;
  return std::string(output);
}

std::string_view LastLabel(std::string_view host) { return host.substr(host.rfind('.') + 1); }

// A host whose last label is a number can only be an address; anything but four decimal parts is a
// disguise that libraries read differently (WHATWG URL, "ends in a number").
bool LooksNumeric(std::string_view host) {
  const auto label = LastLabel(host);
  if (label.find_first_not_of("0123456789") == std::string_view::npos) return true;
  return label.starts_with("0x") &&
         label.find_first_not_of("0123456789abcdef", 2) == std::string_view::npos;
}

bool IsIpv4(const std::string& host) {
  in_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1;
}

// Lenient: labels may hold "_" and begin or end with "-", as living blogs do.
bool IsHostName(std::string_view host) {
  if (host.empty() || host.size() > kHostBytesMax) return false;
  std::size_t label_bytes = 0;
  for (const char c : host) {
    if (c == '.') {
      if (label_bytes == 0) return false;
      label_bytes = 0;
      continue;
    }
    const bool allowed = (c >= 'a' && c <= 'z') || schemas::IsAsciiDigit(c) || c == '-' || c == '_';
    if (!allowed || ++label_bytes > kLabelBytesMax) return false;
  }
  return label_bytes > 0;
}

// Lenient: emoji and other symbols, which IDNA 2008 does not have, by the mapping of browsers
// (Unicode Technical Standard 46).
std::optional<std::string> ToAsciiOfSymbols(const std::string& host) {
  struct Mapping {
    UErrorCode error = U_ZERO_ERROR;
    UIDNA* idna = uidna_openUTS46(
        UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ | UIDNA_NONTRANSITIONAL_TO_ASCII, &error);
  };
  static const Mapping mapping;
  if (U_FAILURE(mapping.error) != 0) return std::nullopt;
  std::array<char, kHostBytesMax + 2> ascii{};
  UIDNAInfo info = UIDNA_INFO_INITIALIZER;
  UErrorCode error = U_ZERO_ERROR;
  const std::int32_t length =
      uidna_nameToASCII_UTF8(mapping.idna, host.data(), static_cast<std::int32_t>(host.size()),
                             ascii.data(), static_cast<std::int32_t>(ascii.size()), &info, &error);
  if (U_FAILURE(error) != 0 || info.errors != 0 || length <= 0) return std::nullopt;
  return std::string(ascii.data(), static_cast<std::size_t>(length));
}

// RFC 3986, 3.2.2 and RFC 5952: one text for one address, in brackets; zones are refused.
std::optional<std::string> NormaliseIpv6(std::string_view text) {
  in6_addr address{};
  if (inet_pton(AF_INET6, std::string(text).c_str(), &address) != 1) return std::nullopt;
  std::array<char, INET6_ADDRSTRLEN> printed{};
  inet_ntop(AF_INET6, &address, printed.data(), printed.size());
  return "[" + std::string(printed.data()) + "]";
}

std::optional<std::string> NormaliseHost(std::string_view text) {
  std::string host(text);
  if (host.find('%') != std::string::npos) {
    auto decoded = DecodeHost(host);
    if (!decoded) return std::nullopt;
    host = std::move(*decoded);
  }
  const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (!std::all_of(host.begin(), host.end(), is_ascii)) {
    auto labels = ToAsciiLabels(host);
    if (!labels) labels = ToAsciiOfSymbols(host);
    if (!labels) return std::nullopt;
    host = std::move(*labels);
  }
  host = schemas::ToLowerAscii(host);
  // "example.com." names the same site and would slip past the blacklist.
  if (host.ends_with('.')) host.pop_back();
  if (!IsHostName(host) || (LooksNumeric(host) && !IsIpv4(host))) return std::nullopt;
  // "https://https://example.com": no host is called so.
  if (host == "http" || host == "https") return std::nullopt;
  return host;
}

std::optional<int> ParsePort(std::string_view text, int default_port) {
  if (text.empty()) return default_port;  // RFC 3986, 6.2.3: an empty port is the scheme's own
  int port = 0;
  for (const char c : text) {
    if (!schemas::IsAsciiDigit(c)) return std::nullopt;
    port = port * 10 + (c - '0');
    if (port > kPortMax) return std::nullopt;
  }
  if (port == 0) return std::nullopt;
  return port;
}

bool SetScheme(std::string_view scheme, Url& url) {
  auto lower = schemas::ToLowerAscii(scheme);
  if (lower != "http" && lower != "https") return false;
  url.scheme = std::move(lower);
  return true;
}

int DefaultPort(const Url& url) { return url.scheme == "https" ? kHttpsPort : kHttpPort; }

bool SetAuthority(std::string_view authority, Url& url) {
  if (authority.find_first_of("@\\") != std::string_view::npos) return false;
  std::optional<std::string> host;
  std::string_view after_host;
  if (authority.starts_with('[')) {
    const auto close = authority.find(']');
    if (close == std::string_view::npos) return false;
    host = NormaliseIpv6(authority.substr(1, close - 1));
    after_host = authority.substr(close + 1);
  } else {
    const auto colon = authority.find(':');
    host = NormaliseHost(authority.substr(0, colon));
    after_host = authority.substr(std::min(colon, authority.size()));
  }
  if (!host || (!after_host.empty() && after_host.front() != ':')) return false;
  if (!after_host.empty()) after_host.remove_prefix(1);
  const auto port = ParsePort(after_host, DefaultPort(url));
  if (!port) return false;
  url.host = std::move(*host);
  url.port = *port;
  return true;
}

// Roughly the length as printed: the port may be missing.
bool IsTooLong(const Url& url) {
  return url.scheme.size() + url.host.size() + url.path.size() + url.query.size() +
             url.fragment.size() + std::string_view("://:65535").size() >
         kUrlBytesMax;
}

std::optional<Url> Assemble(Url url, std::string_view path, std::string_view query,
                            std::string_view fragment) {
  url.path = path.empty() ? "/" : Encode(RemoveDotSegments(path));
  url.query = Encode(query);
  url.fragment = Encode(fragment);
  if (IsTooLong(url)) return std::nullopt;
  return url;
}

std::optional<Url> AssembleAbsolute(const Parts& parts, std::string_view scheme) {
  Url url;
  if (!parts.has_authority || !SetScheme(scheme, url)) return std::nullopt;
  if (!SetAuthority(parts.authority, url)) return std::nullopt;
  return Assemble(std::move(url), parts.path, parts.query, parts.fragment);
}

// RFC 3986, 5.2.3; a base URL here always has an authority and a path.
std::string MergePaths(std::string_view base_path, std::string_view reference_path) {
  std::string merged(base_path.substr(0, base_path.rfind('/') + 1));
  merged.append(reference_path);
  return merged;
}

// `text` is "?a=b&c=d" or "#…"; the mark goes with the last parameter.
std::string WithoutTracking(std::string_view text) {
  if (text.empty()) return {};
  const char mark = text.front();
  auto rest = text.substr(1);
  std::string out;
  bool removed = false;
  while (true) {
    const auto end = rest.find('&');
    const auto parameter = rest.substr(0, end);
    if (IsTracker(parameter)) {
      removed = true;
    } else {
      out.push_back(out.empty() ? mark : '&');
      out.append(parameter);
    }
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  if (!removed) return std::string(text);
  return out.size() > 1 ? out : std::string();
}

// RFC 3986, 6.2.2.1 and 6.2.2.2: digits in upper case, and what needs no encoding without it.
std::string WithOneEncoding(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto decoded = schemas::PercentDecoded(text, i);
    if (!decoded) {
      out.push_back(text[i]);
      continue;
    }
    if (schemas::IsUnreserved(*decoded)) {
      out.push_back(*decoded);
    } else {
      schemas::AppendPercentEncoded(out, *decoded);
    }
    i += 2;
  }
  return out;
}

}  // namespace

std::string Url::ToString() const {
  std::string out;
  out.reserve(scheme.size() + host.size() + path.size() + query.size() + fragment.size() + 9);
  out.append(scheme).append("://").append(host);
  if (port != DefaultPort(*this)) out.append(":").append(std::to_string(port));
  out.append(path).append(query).append(fragment);
  return out;
}

std::optional<Url> ParseUrl(std::string_view text) {
  std::string storage;
  const auto clean = Clean(text, storage);
  if (!clean) return std::nullopt;
  const auto parts = Split(*clean);
  return AssembleAbsolute(parts, parts.scheme);
}

std::optional<Url> ResolveUrl(std::string_view base, std::string_view reference) {
  std::string storage;
  const auto clean = Clean(reference, storage);
  if (!clean) return std::nullopt;
  const auto parts = Split(*clean);
  if (parts.has_scheme) return AssembleAbsolute(parts, parts.scheme);
  auto url = ParseUrl(base);
  if (!url) return std::nullopt;
  if (parts.has_authority) return AssembleAbsolute(parts, url->scheme);
  // Copies, because Assemble takes over the base that the views would point into.
  const std::string base_path = url->path;
  const std::string base_query = url->query;
  if (parts.path.empty()) {
    const std::string_view query = parts.query.empty() ? base_query : parts.query;
    return Assemble(std::move(*url), base_path, query, parts.fragment);
  }
  if (parts.path.starts_with('/')) {
    return Assemble(std::move(*url), parts.path, parts.query, parts.fragment);
  }
  return Assemble(std::move(*url), MergePaths(base_path, parts.path), parts.query, parts.fragment);
}

std::optional<std::string> NormaliseFeedUrl(std::string_view text) {
  auto url = ParseUrl(text);
  if (!url) return std::nullopt;
  url->fragment.clear();
  return url->ToString();
}

std::string CanonicalUrl(const Url& url, KeepFragment keep_fragment) {
  Url canonical = url;
  canonical.query = WithoutTracking(url.query);
  canonical.fragment =
      keep_fragment == KeepFragment::kYes ? WithoutTracking(url.fragment) : std::string();
  return canonical.ToString();
}

schemas::Key UrlKey(std::string_view canonical_url) {
  const auto after_scheme = canonical_url.find("://");
  if (after_scheme != std::string_view::npos) canonical_url.remove_prefix(after_scheme + 3);
  const auto host = canonical_url.substr(0, canonical_url.find_first_of(":/?#"));
  canonical_url.remove_prefix(host.size() - schemas::WithoutWww(host).size());
  if (canonical_url.find('%') == std::string_view::npos) return TextKey(canonical_url);
  return TextKey(WithOneEncoding(canonical_url));
}

schemas::Key TextKey(std::string_view text) {
  // XXH3 gives the same 64 bits on every machine and, since 0.8.0, in every release.
  return static_cast<schemas::Key>(XXH3_64bits(text.data(), text.size()));
}

std::string SiteHost(std::string_view host) { return std::string(schemas::WithoutWww(host)); }

std::string SiteName(const Url& url) { return SiteHost(url.host) + schemas::TenantOf(url.path); }

std::string RegistrableDomain(std::string_view host) {
  std::string name(host);
  if (name.empty() || name.front() == '[' || IsIpv4(name)) return name;
  const char* domain = psl_registrable_domain(psl_builtin(), name.c_str());
  return domain == nullptr ? name : std::string(domain);
}

bool IsPublicSuffix(std::string_view host) {
  const std::string name(host);
  // Without the star rule: a name that the list does not know is no suffix.
  return psl_is_public_suffix2(psl_builtin(), name.c_str(),
                               PSL_TYPE_ICANN | PSL_TYPE_NO_STAR_RULE) != 0;
}

}  // namespace saunter::crawler::url
