#include "crawler/text/tags.h"

#include <algorithm>
#include <optional>

#include "schemas/text.h"

namespace saunter::crawler::text {
namespace {

constexpr std::size_t kTagBytesMax = 1 << 20;
constexpr std::size_t kTextBytesMax = 2048;
constexpr std::size_t kAttributesMax = 256;

// ASCII white space as the Infra Standard defines it for HTML.
constexpr bool IsHtmlSpace(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}
constexpr bool IsNameStart(char c) {
  return schemas::IsAsciiLetter(c) || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

// What stands before the first byte of `ends`, from `at` on; moves `at` there.
std::string_view TakeUntil(std::string_view text, std::size_t& at, std::string_view ends) {
  const auto begin = at;
  at = std::min(text.find_first_of(ends, begin), text.size());
  return text.substr(begin, at - begin);
}

void SkipBlanks(std::string_view text, std::size_t& at) {
  while (at < text.size() && IsHtmlSpace(text[at])) ++at;
}

std::size_t FindIgnoringCase(std::string_view text, std::string_view lower) {
  const auto found = std::search(text.begin(), text.end(), lower.begin(), lower.end(),
                                 [](char a, char b) { return schemas::ToLowerAscii(a) == b; });
  return found == text.end() ? std::string_view::npos
                             : static_cast<std::size_t>(found - text.begin());
}

constexpr std::string_view kNameEnds = " \t\n\r\f/><=\"'";

// The inside of a start tag, read from behind its name.
struct AttributeScan {
  enum class End { kClosed, kEmpty, kCutShort, kIncomplete };
  End end = End::kIncomplete;
  std::size_t at = 0;  // behind the tag
};

// A value in quotes; nullopt: its end is not there yet.
std::optional<std::string_view> QuotedValue(std::string_view text, std::size_t& at) {
  const auto close = text.find(text[at], at + 1);
  if (close == std::string_view::npos) return std::nullopt;
  const auto value = text.substr(at + 1, close - at - 1);
  at = close + 1;
  return value;
}

// Reads the value behind a "=", whose place is `at`, and moves `at` behind it. Returns how the scan
// of the attributes ends if it ends here.
std::optional<AttributeScan> ScanValue(std::string_view text, std::size_t& at,
                                       std::string_view& value) {
  using End = AttributeScan::End;
  ++at;
  SkipBlanks(text, at);
  if (at >= text.size()) return AttributeScan{End::kIncomplete, at};
  if (text[at] != '"' && text[at] != '\'') {
    value = TakeUntil(text, at, " \t\n\r\f>");
    return std::nullopt;
  }
  const auto begin = at;
  const auto quoted = QuotedValue(text, at);
  // A quote that was never closed swallows the next outline: end this tag before it.
  const auto swallowed = FindIgnoringCase(quoted.value_or(text.substr(begin)), "<outline");
  if (swallowed != std::string_view::npos) {
    return AttributeScan{End::kCutShort, begin + swallowed + (quoted ? 1 : 0)};
  }
  if (!quoted) return AttributeScan{End::kIncomplete, at};
  value = *quoted;
  return std::nullopt;
}

AttributeScan ScanAttributes(std::string_view text, std::size_t at, Tag& tag) {
  using End = AttributeScan::End;
  while (true) {
    SkipBlanks(text, at);
    if (at >= text.size()) return {End::kIncomplete, at};
    const char c = text[at];
    if (c == '>') return {End::kClosed, at + 1};
    if (c == '<') return {End::kCutShort, at};
    if (text.substr(at).starts_with("/>")) return {End::kEmpty, at + 2};
    if (c == '/' || c == '=' || c == '"' || c == '\'') {
      ++at;  // Lenient: stray marks between attributes
      continue;
    }
    auto name = schemas::ToLowerAscii(TakeUntil(text, at, kNameEnds));
    SkipBlanks(text, at);
    std::string_view value;
    if (at < text.size() && text[at] == '=') {
      if (const auto end = ScanValue(text, at, value)) return *end;
    }
    if (tag.attributes.size() < kAttributesMax) tag.attributes.emplace_back(std::move(name), value);
  }
}

bool IsRawText(std::string_view name) {
  return name == "script" || name == "style" || name == "textarea" || name == "title";
}

std::string_view WithoutPrefix(std::string_view name) {
  const auto colon = name.rfind(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

}  // namespace

std::string_view Tag::Find(std::string_view name_lower) const {
  for (const auto& [attribute, value] : attributes) {
    if (attribute == name_lower) return value;
  }
  return {};
}

void TagScanner::Add(std::string_view bytes) {
  buffer_.erase(0, at_);
  at_ = 0;
  buffer_.append(bytes);
}

std::optional<Tag> TagScanner::Next() {
  while (at_ < buffer_.size()) {
    Tag tag;
    const auto step = Scan(tag);
    if (step == Step::kWait) return std::nullopt;
    if (step == Step::kTag) return tag;
  }
  return std::nullopt;
}

TagScanner::Step TagScanner::Scan(Tag& tag) {
  if (!skip_to_.empty()) return SkipTo(tag);
  if (!raw_text_.empty()) return SkipRawText();
  const auto rest = Rest();
  if (rest.front() != '<') {
    TakeText(std::min(rest.find('<'), rest.size()));
    return Step::kMore;
  }
  constexpr std::size_t kLongestOpening = std::string_view("<![CDATA[").size();
  if (rest.size() < kLongestOpening && !ended_) return Step::kWait;
  return ScanMarkup(tag);
}

TagScanner::Step TagScanner::ScanMarkup(Tag& tag) {
  const auto rest = Rest();
  skip_line_ = line_;
  if (rest.starts_with("<!--")) {
    skip_to_ = "-->";
    Advance(4);
  } else if (rest.starts_with("<![CDATA[")) {
    skip_to_ = "]]>";
    Advance(9);
  } else if (rest.starts_with("<?")) {
    skip_to_ = "?>";
    Advance(2);
  } else if (rest.starts_with("<!")) {
    // A DOCTYPE ends at its ">", or behind the "]" of an internal subset.
    const auto end = rest.find_first_of(">[");
    skip_to_ = end != std::string_view::npos && rest[end] == '[' ? "]" : ">";
    Advance(2);
  } else {
    return ScanTag(tag);
  }
  return Step::kMore;
}

TagScanner::Step TagScanner::ScanTag(Tag& tag) {
  const auto rest = Rest();
  const bool closing = rest.starts_with("</");
  std::size_t at = closing ? 2 : 1;
  if (at >= rest.size() || !IsNameStart(rest[at])) {
    TakeText(1);  // Lenient: `a < b`
    return Step::kMore;
  }
  tag.name = schemas::ToLowerAscii(WithoutPrefix(TakeUntil(rest, at, kNameEnds)));
  const auto scan = ScanAttributes(rest, at, tag);
  if (scan.end == AttributeScan::End::kIncomplete) {
    if (ended_) return GiveUpOn("the list ends inside a tag", tag);
    if (rest.size() > kTagBytesMax) return GiveUpOn("a tag is longer than 1 MiB", tag);
    return Step::kWait;
  }
  tag.line = line_;
  tag.kind = Tag::Kind::kStart;
  if (scan.end != AttributeScan::End::kClosed) tag.kind = Tag::Kind::kEmpty;
  if (closing) tag.kind = Tag::Kind::kEnd;
  if (scan.end == AttributeScan::End::kCutShort) tag.problem = "the tag is not closed";
  tag.text = std::move(text_);
  text_.clear();
  if (dialect_ == Dialect::kHtml && tag.kind == Tag::Kind::kStart && IsRawText(tag.name)) {
    raw_text_ = "</" + tag.name;
  }
  Advance(scan.at);
  return Step::kTag;
}

TagScanner::Step TagScanner::GiveUpOn(std::string_view what, Tag& tag) {
  tag = Tag{};
  tag.kind = Tag::Kind::kProblem;
  tag.line = line_;
  tag.problem = what;
  Advance(ended_ ? Rest().size() : 1);
  return Step::kTag;
}

TagScanner::Step TagScanner::SkipTo(Tag& tag) {
  const auto rest = Rest();
  const auto found = rest.find(skip_to_);
  if (found != std::string_view::npos) {
    Advance(found + skip_to_.size());
    skip_to_ = {};
    return Step::kMore;
  }
  if (ended_) {
    line_ = skip_line_;
    return GiveUpOn("what is opened here is never closed", tag);
  }
  Advance(rest.size() - std::min(skip_to_.size() - 1, rest.size()));
  return Step::kWait;
}

TagScanner::Step TagScanner::SkipRawText() {
  const auto rest = Rest();
  const auto found = FindIgnoringCase(rest, raw_text_);
  if (found != std::string_view::npos) {
    TakeText(found);
    raw_text_.clear();
    return Step::kMore;
  }
  const auto kept = ended_ ? 0 : std::min(raw_text_.size() - 1, rest.size());
  TakeText(rest.size() - kept);
  return Step::kWait;
}

void TagScanner::TakeText(std::size_t bytes) {
  const auto room = kTextBytesMax - std::min(text_.size(), kTextBytesMax);
  text_.append(Rest().substr(0, std::min(bytes, room)));
  Advance(bytes);
}

void TagScanner::Advance(std::size_t bytes) {
  const auto passed = Rest().substr(0, bytes);
  line_ += std::count(passed.begin(), passed.end(), '\n');
  at_ += bytes;
}

}  // namespace saunter::crawler::text
