#include "api/http/request.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>

#include "schemas/text.h"

namespace saunter::api::http {
namespace {

constexpr std::size_t kFieldsMax = 100;

ReadResult Refused(int code, std::string_view detail) {
  ReadResult result;
  result.status = ReadStatus::kRefused;
  result.code = code;
  result.detail = detail;
  return result;
}

// RFC 9110, 5.6.2
constexpr bool IsTokenByte(char c) {
  return schemas::IsAsciiDigit(c) || schemas::IsAsciiLetter(c) ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

constexpr auto kTokenBytes = [] {
  std::array<bool, 256> table{};
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = IsTokenByte(static_cast<char>(i));
  return table;
}();

bool IsToken(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return kTokenBytes[static_cast<unsigned char>(c)];
  });
}

// RFC 9110, 5.5: no control bytes but the tab; bytes above 0x7f are opaque.
bool IsFieldValue(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
}

// Cuts the next part of a list off `rest`.
std::string_view NextPart(std::string_view& rest, char separator) {
  const auto end = rest.find(separator);
  const auto part = schemas::Trim(rest.substr(0, end), schemas::kBlanks);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return part;
}

// RFC 9110, 12.4.2, in thousandths; a malformed weight counts as 1.
int Quality(std::string_view parameters) {
  while (!parameters.empty()) {
    const auto parameter = NextPart(parameters, ';');
    if (parameter.size() < 3 || schemas::ToLowerAscii(parameter[0]) != 'q' || parameter[1] != '=')
      continue;
    if (parameter[2] != '0') return 1000;
    int quality = 0;
    int weight = 100;
    for (const char c : parameter.substr(std::min<std::size_t>(4, parameter.size()))) {
      if (c < '0' || c > '9') break;
      quality += (c - '0') * weight;
      weight /= 10;
    }
    return quality;
  }
  return 1000;
}

// Quality that an Accept field gives to `type`/`subtype`; the most specific range decides
// (RFC 9110, 12.5.1). Lenient: "*" is read as "*/*".
int AcceptQuality(std::string_view accept, std::string_view type, std::string_view whole) {
  int quality = 0;
  int specificity = 0;
  while (!accept.empty()) {
    std::string_view range = NextPart(accept, ',');
    const auto name = NextPart(range, ';');
    int matched = 0;
    if (schemas::EqualsIgnoringCase(name, whole)) {
      matched = 3;
    } else if (name.size() == type.size() + 2 && name.ends_with("/*") &&
               schemas::EqualsIgnoringCase(name.substr(0, type.size()), type)) {
      matched = 2;
    } else if (name == "*/*" || name == "*") {
      matched = 1;
    }
    if (matched > specificity) {
      specificity = matched;
      quality = Quality(range);
    }
  }
  return quality;
}

struct Line {
  std::string_view text;
  std::size_t next = 0;
};

// The line at `from`; its CR LF is known to exist.
Line LineAt(std::string_view head, std::size_t from) {
  const auto end = head.find("\r\n", from);
  return {head.substr(from, end - from), end + 2};
}

Method MethodOf(std::string_view name) {
  if (name == "GET") return Method::kGet;
  if (name == "HEAD") return Method::kHead;
  if (name == "OPTIONS") return Method::kOptions;
  if (name == "POST") return Method::kPost;
  return Method::kOther;
}

struct Version {
  bool is_1_0 = false;
};

// RFC 9112, 3. Fills method, path and query.
std::optional<ReadResult> ReadRequestLine(std::string_view line, Request& request,
                                          Version& version) {
  const auto method_end = line.find(' ');
  const auto target_end = line.rfind(' ');
  if (method_end == std::string_view::npos || target_end == method_end) {
    return Refused(400, "The request line needs a method, a target and a version.");
  }
  const auto method = line.substr(0, method_end);
  auto target = line.substr(method_end + 1, target_end - method_end - 1);
  const auto protocol = line.substr(target_end + 1);
  if (!IsToken(method)) return Refused(400, "The method is malformed; use GET.");
  // RFC 9110, 2.5: a later HTTP/1 is taken as HTTP/1.1.
  constexpr std::string_view kOne = "HTTP/1.";
  if (!protocol.starts_with(kOne) || protocol.size() != kOne.size() + 1 || protocol.back() < '0' ||
      protocol.back() > '9') {
    return Refused(400, "The request line does not end in HTTP/1.1.");
  }
  version.is_1_0 = protocol.back() == '0';
  request.method = MethodOf(method);
  const bool printable =
      std::all_of(target.begin(), target.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (target.empty() || !printable) {
    return Refused(400, "Percent-encode spaces and other unusual bytes of the address.");
  }
  // RFC 9112, 3.2.2: a server accepts the absolute form too.
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (target.size() < scheme.size() ||
        !schemas::EqualsIgnoringCase(target.substr(0, scheme.size()), scheme)) {
      continue;
    }
    const auto slash = target.find_first_of("/?", scheme.size());
    target = slash == std::string_view::npos ? std::string_view("/") : target.substr(slash);
    break;
  }
  const bool whole_server = target == "*" && request.method == Method::kOptions;
  if (target.front() != '/' && target.front() != '?' && !whole_server) {
    return Refused(400, "The address must begin with \"/\".");
  }
  const auto question = target.find('?');
  request.path = target.substr(0, question);
  if (request.path.empty()) request.path = "/";
  if (question != std::string_view::npos) request.query = target.substr(question + 1);
  return std::nullopt;
}

struct Fields {
  std::size_t hosts = 0;
  std::string_view accept;
  bool has_accept = false;
  bool says_close = false;
};

// RFC 9110, 8.6: digits alone. A number beyond all sizes is the largest of them.
void ReadContentLength(std::string_view value, Request& request) {
  if (value != "0") request.has_body = true;
  if (request.body_length == BodyLength::kChunked) return;
  const bool is_number =
      !value.empty() && std::all_of(value.begin(), value.end(), schemas::IsAsciiDigit);
  if (request.body_length != BodyLength::kNone || !is_number) {
    request.body_length = BodyLength::kMalformed;
    return;
  }
  request.body_length = BodyLength::kSaid;
  const auto [end, error] =
      std::from_chars(value.data(), value.data() + value.size(), request.body_bytes);
  if (error != std::errc()) request.body_bytes = std::numeric_limits<std::size_t>::max();
}

// What only requests with a body are asked.
void ReadBodyField(std::string_view name, std::string_view value, Request& request) {
  if (schemas::EqualsIgnoringCase(name, "content-type")) {
    request.content_type = value;
  } else if (schemas::EqualsIgnoringCase(name, "content-encoding")) {
    request.is_encoded = true;
  } else if (schemas::EqualsIgnoringCase(name, "expect")) {
    request.expects = true;
  } else if (schemas::EqualsIgnoringCase(name, "x-forwarded-for")) {
    request.forwarded_for = value;
  }
}

std::optional<ReadResult> ReadField(std::string_view line, Request& request, Fields& fields) {
  const auto colon = line.find(':');
  const auto name = line.substr(0, colon);
  // RFC 9112, 5.1 and 5.2: no space before the colon, no folded lines.
  if (colon == std::string_view::npos || !IsToken(name)) {
    return Refused(400, "A header field is malformed.");
  }
  const auto value = schemas::Trim(line.substr(colon + 1), schemas::kBlanks);
  if (!IsFieldValue(value)) return Refused(400, "A header field holds control bytes.");
  if (schemas::EqualsIgnoringCase(name, "host")) {
    ++fields.hosts;
  } else if (schemas::EqualsIgnoringCase(name, "accept")) {
    fields.accept = value;
    fields.has_accept = true;
  } else if (schemas::EqualsIgnoringCase(name, "connection")) {
    std::string_view options = value;
    while (!options.empty()) {
      const auto option = NextPart(options, ',');
      if (schemas::EqualsIgnoringCase(option, "close")) fields.says_close = true;
      if (schemas::EqualsIgnoringCase(option, "keep-alive")) request.says_keep_alive = true;
    }
  } else if (schemas::EqualsIgnoringCase(name, "content-length")) {
    ReadContentLength(value, request);
  } else if (schemas::EqualsIgnoringCase(name, "transfer-encoding")) {
    request.has_body = true;
    request.body_length = BodyLength::kChunked;
  } else if (schemas::EqualsIgnoringCase(name, "if-none-match")) {
    request.if_none_match = value;
  } else if (schemas::EqualsIgnoringCase(name, "accept-language")) {
    request.accept_language = value;
  } else {
    ReadBodyField(name, value, request);
  }
  return std::nullopt;
}

// For bytes that do not hold the end of the header yet.
ReadResult Unfinished(std::string_view bytes, std::size_t bytes_max) {
  if (!kTokenBytes[static_cast<unsigned char>(bytes.front())]) {
    return Refused(400, "This is not HTTP; use http:// with this port.");
  }
  for (auto feed = bytes.find('\n'); feed != std::string_view::npos;
       feed = bytes.find('\n', feed + 1)) {
    if (feed == 0 || bytes[feed - 1] != '\r') return Refused(400, "Lines must end in CR LF.");
  }
  if (bytes.size() < bytes_max) return {};
  if (bytes.find("\r\n") == std::string_view::npos) {
    return Refused(414, "The address is too long; ask with fewer or shorter parameters.");
  }
  return Refused(431, "The header fields are too large; send fewer of them.");
}

std::string_view PrimaryTag(std::string_view tag) { return tag.substr(0, tag.find('-')); }

// The place of the tag itself, else of one in the same language.
std::optional<std::size_t> FindLanguage(std::string_view range,
                                        std::span<const std::string_view> offered) {
  for (std::size_t i = 0; i < offered.size(); ++i) {
    if (schemas::EqualsIgnoringCase(offered[i], range)) return i;
  }
  for (std::size_t i = 0; i < offered.size(); ++i) {
    if (schemas::EqualsIgnoringCase(PrimaryTag(offered[i]), PrimaryTag(range))) return i;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::size_t> BestLanguage(std::string_view accept_language,
                                        std::span<const std::string_view> offered) {
  std::optional<std::size_t> best;
  int best_quality = 0;
  while (!accept_language.empty()) {
    auto range = NextPart(accept_language, ',');
    const auto tag = NextPart(range, ';');
    const auto quality = Quality(range);
    if (quality <= best_quality) continue;
    const auto found = FindLanguage(tag, offered);
    if (!found) continue;
    best = found;
    best_quality = quality;
  }
  return best;
}

ReadResult ReadRequest(std::string_view bytes, std::size_t bytes_max) {
  std::size_t start = 0;
  // RFC 9112, 2.2: an empty line before the request is ignored.
  if (bytes.starts_with("\r\n")) start = 2;
  if (bytes.size() == start || bytes == "\r") return {};
  const auto end = bytes.find("\r\n\r\n", start);
  if (end == std::string_view::npos) return Unfinished(bytes.substr(start), bytes_max);
  const auto head = bytes.substr(0, end + 2);
  if (head.size() > bytes_max) {
    return Refused(431, "The header fields are too large; send fewer of them.");
  }

  ReadResult result;
  Version version;
  auto line = LineAt(head, start);
  if (auto refused = ReadRequestLine(line.text, result.request, version)) return *refused;
  Fields fields;
  for (std::size_t count = 0; line.next < head.size(); ++count) {
    if (count == kFieldsMax) return Refused(431, "There are too many header fields.");
    line = LineAt(head, line.next);
    if (auto refused = ReadField(line.text, result.request, fields)) return *refused;
  }
  // RFC 9112, 3.2
  if (fields.hosts > 1 || (fields.hosts == 0 && !version.is_1_0)) {
    return Refused(400, "Exactly one Host header field is needed.");
  }
  auto& request = result.request;
  request.keep_alive =
      !request.has_body && !fields.says_close && (!version.is_1_0 || request.says_keep_alive);
  request.says_keep_alive = request.says_keep_alive && version.is_1_0;
  if (fields.has_accept) {
    const auto json = AcceptQuality(fields.accept, "application", "application/json");
    request.prefers_text = AcceptQuality(fields.accept, "text", "text/plain") > json;
    request.prefers_page = AcceptQuality(fields.accept, "text", "text/html") > json;
  }
  result.status = ReadStatus::kOk;
  result.consumed = end + 4;
  return result;
}

}  // namespace saunter::api::http
