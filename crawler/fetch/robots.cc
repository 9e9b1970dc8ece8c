#include "crawler/fetch/robots.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "schemas/text.h"

namespace saunter::crawler::fetch {
namespace {

using Kind = RobotsRules::Kind;
using Rule = RobotsRules::Rule;

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::string_view kWhiteInLine = " \t\v\f";
// Reserved in RFC 3986, 2.2, without those that divide a query into its fields.
constexpr std::string_view kReservedInQuery = ":/?[]@!'(),;+";

// RFC 9309, 2.2.2: encodes octets beyond ASCII, decodes encoded unreserved ones, leaves the rest;
// hexadecimal digits become upper case (RFC 3986, 6.2.2.1). `special` are characters that mean
// themselves here, but something else in a pattern.
std::string Normalise(std::string_view text, std::string_view special) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (const auto decoded = schemas::PercentDecoded(text, i)) {
      if (schemas::IsUnreserved(*decoded)) {
        out += *decoded;
      } else {
        schemas::AppendPercentEncoded(out, *decoded);
      }
      i += 2;
    } else if (c <= ' ' || c > '~' || special.find(c) != std::string_view::npos) {
      schemas::AppendPercentEncoded(out, c);
    } else {
      out += c;
    }
  }
  return out;
}

// RFC 9309, 2.2.2: in a query, reserved characters are the same plain and encoded.
std::string WithEncodedQuery(std::string_view text) {
  const auto query = text.find('?');
  if (query == std::string_view::npos) return std::string(text);
  std::string out(text.substr(0, query + 1));
  for (const char c : text.substr(query + 1)) {
    if (kReservedInQuery.find(c) != std::string_view::npos) {
      schemas::AppendPercentEncoded(out, c);
    } else {
      out += c;
    }
  }
  return out;
}

// RFC 9309, 2.2.3. Each part between two stars is matched where it comes first; if the rest does
// not match from there, it does not match from a later place either.
bool Matches(std::string_view pattern, std::string_view text) {
  const bool to_the_end = pattern.ends_with('$');
  if (to_the_end) pattern.remove_suffix(1);
  const auto first_star = pattern.find('*');
  if (first_star == std::string_view::npos) {
    return to_the_end ? text == pattern : text.starts_with(pattern);
  }
  if (!text.starts_with(pattern.substr(0, first_star))) return false;
  text.remove_prefix(first_star);
  pattern.remove_prefix(first_star + 1);
  while (true) {
    const auto star = pattern.find('*');
    const auto part = pattern.substr(0, star);
    if (star == std::string_view::npos && to_the_end) return text.ends_with(part);
    const auto found = text.find(part);
    if (found == std::string_view::npos) return false;
    if (star == std::string_view::npos) return true;
    text.remove_prefix(found + part.size());
    pattern.remove_prefix(star + 1);
  }
}

std::string NormalisePattern(std::string_view text) {
  const bool to_the_end = text.ends_with('$');
  if (to_the_end) text.remove_suffix(1);
  std::string pattern = Normalise(text, "$");
  // Several stars in a row mean the same as one.
  const auto same_star = [](char left, char right) { return left == '*' && right == '*'; };
  pattern.erase(std::unique(pattern.begin(), pattern.end(), same_star), pattern.end());
  if (to_the_end) pattern += '$';
  return pattern;
}

struct Line {
  std::string_view key;
  std::string_view value;
};

Line SplitLine(std::string_view line) {
  line = schemas::Trim(line.substr(0, line.find('#')), kWhiteInLine);
  auto divider = line.find(':');
  // Lenient: white space in place of the colon.
  if (divider == std::string_view::npos) divider = line.find_first_of(kWhiteInLine);
  if (divider == std::string_view::npos) return {};
  return {schemas::Trim(line.substr(0, divider), kWhiteInLine),
          schemas::Trim(line.substr(divider + 1), kWhiteInLine)};
}

bool IsUserAgent(std::string_view key) {
  // Lenient: other spellings.
  return schemas::EqualsIgnoringCase(key, "user-agent") ||
         schemas::EqualsIgnoringCase(key, "useragent") ||
         schemas::EqualsIgnoringCase(key, "user agent");
}

std::optional<Kind> RuleKind(std::string_view key) {
  if (schemas::EqualsIgnoringCase(key, "allow")) return Kind::kAllow;
  if (schemas::EqualsIgnoringCase(key, "disallow")) return Kind::kDisallow;
  return std::nullopt;
}

// Gathers the rules while the lines go by.
class Reading {
 public:
  explicit Reading(std::string_view product_token) : product_token_(product_token) {}

  void Take(std::string_view text) {
    const Line line = SplitLine(text);
    if (IsUserAgent(line.key)) {
      TakeAgent(line.value);
    } else if (const auto kind = RuleKind(line.key)) {
      TakeRule(*kind, line.value);
    }  // RFC 9309, 2.2.4: other records end nothing
  }

  RobotsRules Rules() && { return RobotsRules(std::move(named_ ? rules_for_us_ : rules_for_all_)); }

 private:
  void TakeAgent(std::string_view name) {
    if (rules_begun_) {  // another group
      rules_begun_ = for_us_ = for_all_ = false;
    }
    if (name == "*") for_all_ = true;
    // Lenient: a version or more words after the token.
    const auto end = std::ranges::find_if_not(
        name, [](char c) { return schemas::IsAsciiLetter(c) || c == '-' || c == '_'; });
    const auto token = name.substr(0, static_cast<std::size_t>(end - name.begin()));
    if (schemas::EqualsIgnoringCase(token, product_token_)) for_us_ = named_ = true;
  }

  void TakeRule(Kind kind, std::string_view path) {
    rules_begun_ = true;
    // An empty path matches nothing, and no URL's path begins otherwise.
    if (path.empty() || (path.front() != '/' && path.front() != '*')) return;
    if (for_us_) rules_for_us_.push_back({NormalisePattern(path), kind});
    if (for_all_ && !named_) rules_for_all_.push_back({NormalisePattern(path), kind});
  }

  const std::string_view product_token_;
  bool rules_begun_ = false;  // of this group
  bool for_us_ = false;
  bool for_all_ = false;
  bool named_ = false;  // a group names us: those for all say nothing
  std::vector<Rule> rules_for_us_;
  std::vector<Rule> rules_for_all_;
};

}  // namespace

RobotsRules::RobotsRules(std::vector<Rule> rules) : rules_(std::move(rules)) {
  // RFC 9309, 2.2.2: the most octets win, and of two that are equal, allow.
  std::ranges::sort(rules_, [](const Rule& left, const Rule& right) {
    if (left.pattern.size() != right.pattern.size()) {
      return left.pattern.size() > right.pattern.size();
    }
    if (left.kind != right.kind) return left.kind == Kind::kAllow;
    return left.pattern < right.pattern;
  });
  const auto repeats = std::ranges::unique(rules_, [](const Rule& left, const Rule& right) {
    return left.kind == right.kind && left.pattern == right.pattern;
  });
  rules_.erase(repeats.begin(), repeats.end());
  rules_.shrink_to_fit();
}

bool RobotsRules::Allows(std::string_view path_and_query) const {
  if (rules_.empty() || path_and_query == "/robots.txt") return true;
  const std::string text = Normalise(path_and_query, "*$");
  const std::string encoded = WithEncodedQuery(text);
  for (const Rule& rule : rules_) {
    const bool matches =
        Matches(rule.pattern, text) || (rule.pattern.find('?') != std::string::npos &&
                                        Matches(WithEncodedQuery(rule.pattern), encoded));
    if (matches) return rule.kind == Kind::kAllow;
  }
  return true;
}

std::string RobotsRules::ToText() const {
  if (rules_.empty()) return {};
  std::string text = "user-agent: *\n";
  for (const Rule& rule : rules_) {
    text += rule.kind == Kind::kAllow ? "allow: " : "disallow: ";
    text += rule.pattern;
    text += '\n';
  }
  return text;
}

std::size_t RobotsRules::Bytes() const {
  std::size_t bytes = sizeof(*this) + rules_.size() * sizeof(Rule);
  for (const Rule& rule : rules_) bytes += rule.pattern.size();
  return bytes;
}

RobotsRules ParseRobots(std::string_view text, std::string_view product_token,
                        std::size_t bytes_max) {
  constexpr std::string_view kLineEnds = "\r\n";
  if (text.size() >= bytes_max) {
    // A line that the limit cuts is dropped: its beginning may read "Allow: /".
    text = text.substr(0, bytes_max);
    text = text.substr(0, text.find_last_of(kLineEnds) + 1);
  }
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  Reading reading(product_token);
  while (!text.empty()) {
    const auto end = text.find_first_of(kLineEnds);
    reading.Take(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return std::move(reading).Rules();
}

}  // namespace saunter::crawler::fetch
