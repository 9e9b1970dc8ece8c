#include "crawler/text/markup.h"

#include <algorithm>
#include <array>

#include "schemas/text.h"

namespace saunter::crawler::text {
namespace {

// More names than that are no page's: what is beyond them is words.
constexpr std::size_t kIndexedNamesMax = 512;
constexpr std::size_t kTagNameBytesMax = 64;

// What is known of an element by its name.
enum Traits : unsigned {
  kNobodys = 0,
  kKnown = 1,    // HTML has it, or had it
  kBlock = 3,    // known, and ends the word before it
  kVoid = 4,     // HTML, 13.1.2, and those of older versions: it has no end tag
  kOpenEnd = 8,  // HTML, 13.1.2.4: what comes next ends it
  kHidden =
      16,  // nobody is shown its content: code, and the source of a formula (MathML Core, 2.1.1)
};
struct KnownTag {
  std::string_view name;
  unsigned traits;
};

// Sorted lower-case names, found by their first letter.
constexpr auto kKnownTags = std::to_array<KnownTag>({{"a", kKnown},
                                                     {"abbr", kKnown},
                                                     {"acronym", kKnown},
                                                     {"address", kBlock},
                                                     {"annotation", kHidden},
                                                     {"annotation-xml", kHidden},
                                                     {"applet", kKnown},
                                                     {"area", kKnown | kVoid},
                                                     {"article", kBlock},
                                                     {"aside", kBlock},
                                                     {"audio", kKnown},
                                                     {"b", kKnown},
                                                     {"base", kKnown | kVoid},
                                                     {"basefont", kKnown | kVoid},
                                                     {"bdi", kKnown},
                                                     {"bdo", kKnown},
                                                     {"bgsound", kKnown | kVoid},
                                                     {"big", kKnown},
                                                     {"blink", kKnown},
                                                     {"blockquote", kBlock},
                                                     {"body", kKnown | kOpenEnd},
                                                     {"br", kBlock | kVoid},
                                                     {"button", kKnown},
                                                     {"canvas", kKnown},
                                                     {"caption", kKnown},
                                                     {"center", kBlock},
                                                     {"cite", kKnown},
                                                     {"code", kKnown},
                                                     {"col", kKnown | kVoid},
                                                     {"colgroup", kKnown},
                                                     {"command", kVoid},
                                                     {"data", kKnown},
                                                     {"datalist", kKnown},
                                                     {"dd", kBlock | kOpenEnd},
                                                     {"del", kKnown},
                                                     {"desc", kKnown},
                                                     {"details", kBlock},
                                                     {"dfn", kKnown},
                                                     {"dialog", kKnown},
                                                     {"dir", kKnown},
                                                     {"div", kBlock},
                                                     {"dl", kBlock},
                                                     {"dt", kBlock | kOpenEnd},
                                                     {"em", kKnown},
                                                     {"embed", kKnown | kVoid},
                                                     {"fieldset", kBlock},
                                                     {"figcaption", kBlock},
                                                     {"figure", kBlock},
                                                     {"font", kKnown},
                                                     {"footer", kBlock},
                                                     {"form", kBlock},
                                                     {"frame", kKnown | kVoid},
                                                     {"frameset", kKnown},
                                                     {"h1", kBlock},
                                                     {"h2", kBlock},
                                                     {"h3", kBlock},
                                                     {"h4", kBlock},
                                                     {"h5", kBlock},
                                                     {"h6", kBlock},
                                                     {"head", kKnown | kOpenEnd},
                                                     {"header", kBlock},
                                                     {"hr", kBlock | kVoid},
                                                     {"html", kKnown | kOpenEnd},
                                                     {"i", kKnown},
                                                     {"iframe", kKnown},
                                                     {"image", kKnown | kVoid},
                                                     {"img", kKnown | kVoid},
                                                     {"input", kKnown | kVoid},
                                                     {"ins", kKnown},
                                                     {"kbd", kKnown},
                                                     {"keygen", kVoid},
                                                     {"label", kKnown},
                                                     {"legend", kKnown},
                                                     {"li", kBlock | kOpenEnd},
                                                     {"link", kKnown | kVoid},
                                                     {"main", kBlock},
                                                     {"map", kKnown},
                                                     {"mark", kKnown},
                                                     {"marquee", kKnown},
                                                     {"math", kKnown},
                                                     {"menu", kKnown},
                                                     {"meta", kKnown | kVoid},
                                                     {"meter", kKnown},
                                                     {"nav", kBlock},
                                                     {"nobr", kKnown},
                                                     {"noembed", kKnown},
                                                     {"noscript", kKnown},
                                                     {"object", kKnown},
                                                     {"ol", kBlock},
                                                     {"optgroup", kKnown},
                                                     {"option", kBlock},
                                                     {"output", kKnown},
                                                     {"p", kBlock | kOpenEnd},
                                                     {"param", kKnown | kVoid},
                                                     {"picture", kKnown},
                                                     {"plaintext", kKnown},
                                                     {"pre", kBlock},
                                                     {"progress", kKnown},
                                                     {"q", kKnown},
                                                     {"rb", kKnown},
                                                     {"rp", kKnown},
                                                     {"rt", kKnown},
                                                     {"ruby", kKnown},
                                                     {"s", kKnown},
                                                     {"samp", kKnown},
                                                     {"script", kKnown | kHidden},
                                                     {"section", kBlock},
                                                     {"select", kKnown},
                                                     {"slot", kKnown},
                                                     {"small", kKnown},
                                                     {"source", kKnown | kVoid},
                                                     {"spacer", kVoid},
                                                     {"span", kKnown},
                                                     {"strike", kKnown},
                                                     {"strong", kKnown},
                                                     {"style", kKnown | kHidden},
                                                     {"sub", kKnown},
                                                     {"summary", kBlock},
                                                     {"sup", kKnown},
                                                     {"svg", kKnown},
                                                     {"table", kBlock},
                                                     {"tbody", kBlock},
                                                     {"td", kBlock | kOpenEnd},
                                                     {"template", kKnown},
                                                     {"textarea", kKnown},
                                                     {"tfoot", kBlock},
                                                     {"th", kBlock | kOpenEnd},
                                                     {"thead", kBlock},
                                                     {"time", kKnown},
                                                     {"title", kKnown},
                                                     {"tr", kBlock | kOpenEnd},
                                                     {"track", kKnown | kVoid},
                                                     {"tt", kKnown},
                                                     {"u", kKnown},
                                                     {"ul", kBlock},
                                                     {"var", kKnown},
                                                     {"video", kKnown},
                                                     {"wbr", kKnown | kVoid},
                                                     {"xml", kKnown},
                                                     {"xmp", kKnown}});
static_assert(std::is_sorted(kKnownTags.begin(), kKnownTags.end(),
                             [](const auto& a, const auto& b) { return a.name < b.name; }));

// Where the names of each letter begin; the last element is the end of all.
constexpr std::array<std::size_t, 27> kTagBegins = [] {
  std::array<std::size_t, 27> begins{};
  for (std::size_t letter = 0; letter < begins.size(); ++letter) {
    for (const auto& tag : kKnownTags) {
      if (static_cast<std::size_t>(tag.name.front() - 'a') < letter) ++begins[letter];
    }
  }
  return begins;
}();

// Of a name in any case of ASCII letters.
unsigned TraitsOf(std::string_view name) {
  if (name.empty() || !schemas::IsAsciiLetter(name.front())) return kNobodys;
  const auto letter = static_cast<std::size_t>((name.front() | 0x20) - 'a');
  for (std::size_t i = kTagBegins[letter]; i < kTagBegins[letter + 1]; ++i) {
    if (schemas::EqualsIgnoringCase(kKnownTags[i].name, name)) return kKnownTags[i].traits;
  }
  return kNobodys;
}

bool EndsName(char c) { return c == '/' || c == '>' || c == '<' || schemas::IsBlankOrLineEnd(c); }

// HTML, 13.2.5.8: a tag's name ends at white space, "/" or ">", so that "time.h" is one.
std::string_view NameAt(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && !EndsName(text[end])) ++end;
  return text.substr(at, end - at);
}

// What elements are called: no address, and no "http:" of one.
bool IsElementName(std::string_view name) {
  const auto is_usual = [](char c) {
    return schemas::IsAsciiLetter(c) || schemas::IsAsciiDigit(c) || c == '-' || c == '_' ||
           c == ':' || c == '.';
  };
  return std::all_of(name.begin(), name.end(), is_usual) && !name.ends_with(':');
}

// The place behind the "</name>" that ends an element whose content is no text.
std::size_t SkipElement(std::string_view html, std::size_t at, std::string_view name) {
  while ((at = html.find("</", at)) != std::string_view::npos) {
    if (schemas::EqualsIgnoringCase(NameAt(html, at + 2), name)) {
      const std::size_t end = html.find('>', at);
      return end == std::string_view::npos ? html.size() : end + 1;
    }
    at += 2;
  }
  return html.size();
}

}  // namespace

bool IsBlockTag(std::string_view name) { return (TraitsOf(name) & kBlock) == kBlock; }

ElementIndex::ElementIndex(std::string_view text) {
  for (std::size_t at = 0; (at = text.find('<', at)) != std::string_view::npos; ++at) {
    const bool closing = at + 1 < text.size() && text[at + 1] == '/';
    const std::string_view name = NameAt(text, at + (closing ? 2 : 1));
    if (name.empty() || name.size() > kTagNameBytesMax) continue;
    if (!schemas::IsAsciiLetter(name.front())) continue;
    std::string lower = schemas::ToLowerAscii(name);
    auto place = std::lower_bound(
        elements_.begin(), elements_.end(), lower,
        [](const Element& element, const std::string& wanted) { return element.name < wanted; });
    if (place == elements_.end() || place->name != lower) {
      if (elements_.size() == kIndexedNamesMax) continue;
      place = elements_.insert(place, {std::move(lower), std::string_view::npos, 0});
    }
    if (closing) {
      place->last_end = at;
    } else {
      place->first_start = std::min(place->first_start, at);
    }
  }
}

const ElementIndex::Element* ElementIndex::Find(std::string_view name) const {
  const std::string lower = schemas::ToLowerAscii(name);
  const auto place = std::lower_bound(
      elements_.begin(), elements_.end(), lower,
      [](const Element& element, const std::string& wanted) { return element.name < wanted; });
  return place != elements_.end() && place->name == lower ? &*place : nullptr;
}

bool ElementIndex::IsClosedBehind(std::string_view name, std::size_t at) const {
  const Element* const element = Find(name);
  return element != nullptr && element->last_end > at;
}

bool ElementIndex::IsOpenedBefore(std::string_view name, std::size_t at) const {
  const Element* const element = Find(name);
  return element != nullptr && element->first_start < at;
}

// A tag of HTML: its name as written and what follows it.
struct MarkupReader::Tag {
  std::string_view name;
  unsigned traits = kNobodys;
  bool closing = false;
  bool empty = false;  // ends with "/>"
  bool attributes = false;
  bool guessed = false;  // the text ends within
  std::size_t end = 0;   // behind ">"
};

std::optional<MarkupReader::Tag> MarkupReader::ReadTag(std::size_t at) const {
  Tag tag;
  std::size_t i = at + 1;
  if (i < text_.size() && text_[i] == '/') {
    tag.closing = true;
    ++i;
  }
  if (i >= text_.size() || !schemas::IsAsciiLetter(text_[i])) return std::nullopt;
  tag.name = NameAt(text_, i);
  tag.traits = TraitsOf(tag.name);
  i += tag.name.size();
  const std::size_t name_end = i;
  bool quote_open = false;
  char before = 0;
  for (; i < text_.size(); ++i) {
    const char c = text_[i];
    if ((c == '"' || c == '\'') && before == '=') {
      const std::size_t close = text_.find(c, i + 1);
      quote_open = close == std::string_view::npos;
      if (quote_open) break;
      i = close;
    } else if (c == '>') {
      tag.empty = before == '/';
      tag.end = i + 1;
      return tag;
    } else if (c == '<') {
      return std::nullopt;
    } else if (c == '=') {
      tag.attributes = true;
    }
    if (!schemas::IsBlankOrLineEnd(c)) before = c;
  }
  // Lenient: a quote that is never closed, or a tag in which the text was cut.
  const std::size_t close = quote_open ? text_.find('>', name_end) : std::string_view::npos;
  if (close == std::string_view::npos && !tag.attributes && name_end != text_.size()) {
    return std::nullopt;
  }
  tag.end = close == std::string_view::npos ? text_.size() : close + 1;
  tag.guessed = true;
  return tag;
}

bool MarkupReader::IsAtBeginning(std::size_t at) const {
  return schemas::Trim(text_.substr(0, at), schemas::kAsciiSpace).empty();
}

MarkupReader::Kind MarkupReader::KindByIndex(const Tag& tag, std::size_t at) {
  if (!index_) index_.emplace(text_);
  if (tag.closing) {
    return index_->IsOpenedBefore(tag.name, at) ? Kind::kMarkup : Kind::kWord;
  }
  if (index_->IsClosedBehind(tag.name, at)) return Kind::kMarkup;
  return extent_ == Extent::kWhole ? Kind::kWord : Kind::kUndecided;
}

// An element is closed or void, whether its name is known or not. Lenient: in a text of some length
// HTML's own elements may be left open, and so may what has attributes or a name as only markup
// has; a title that leaves them open speaks of them.
MarkupReader::Kind MarkupReader::KindOf(const Tag& tag, std::size_t at) {
  const bool known = (tag.traits & kKnown) != 0;
  if (tag.traits == kNobodys && !IsElementName(tag.name)) return Kind::kWord;
  if (tag.guessed) return known || tag.attributes ? Kind::kMarkup : Kind::kWord;
  const bool is_void = (tag.traits & kVoid) != 0;
  if (tag.empty || is_void || (tag.closing && known)) return Kind::kMarkup;
  if (markup_ == Markup::kHtmlTitle) {
    const bool opens_text = (tag.traits & kOpenEnd) != 0 && IsAtBeginning(at);
    return opens_text ? Kind::kMarkup : KindByIndex(tag, at);
  }
  const bool as_only_markup =
      tag.attributes || tag.name.find_first_of(":-") != std::string_view::npos;
  return known || as_only_markup ? Kind::kMarkup : KindByIndex(tag, at);
}

MarkupSpan MarkupReader::Read(std::size_t at) {
  const std::string_view rest = text_.substr(at);
  if (rest.starts_with("<!--")) {
    const std::size_t end = text_.find("-->", at + 4);
    if (end != std::string_view::npos) return {.next = end + 3, .decided = true};
    // Lenient: a comment that is never closed ends as a tag does.
    const std::size_t close = text_.find('>', at);
    return {.next = close == std::string_view::npos ? text_.size() : close + 1};
  }
  if (rest.size() > 2 && (rest[1] == '!' || rest[1] == '?') && schemas::IsAsciiLetter(rest[2])) {
    if (markup_ == Markup::kHtmlTitle) return {.next = at, .decided = true};
    const std::size_t end = text_.find('>', at);
    if (end == std::string_view::npos) return {.next = at};
    return {.next = end + 1, .decided = true};
  }
  const std::optional<Tag> tag = ReadTag(at);
  if (!tag) return {.next = at};
  const Kind kind = KindOf(*tag, at);
  if (kind != Kind::kMarkup) return {.next = at, .decided = kind == Kind::kWord && !tag->guessed};
  MarkupSpan span{
      .next = tag->end, .decided = !tag->guessed, .ends_word = (tag->traits & kBlock) == kBlock};
  if (!tag->closing && !tag->empty && (tag->traits & kHidden) != 0) {
    span.next = SkipElement(text_, tag->end, tag->name);
    span.decided = span.next != text_.size();
  }
  return span;
}

}  // namespace saunter::crawler::text
