#include "crawler/text/markup.h"

#include <algorithm>
#include <array>

#include "schemas/text.h"

namespace saunter::crawler::text {
namespace {

// More names than that are no page's: what is beyond them is words.
constexpr std::size_t kIndexedNamesMax = 512;
constexpr std::size_t kTagNameBytesMax = 64;

// Elements that end the word before them.
constexpr auto kBlockTags = std::to_array<std::string_view>(
    {"address", "article", "aside", "blockquote", "br",       "center",     "dd",
     "details", "div",     "dl",    "dt",         "fieldset", "figcaption", "figure",
     "footer",  "form",    "h1",    "h2",         "h3",       "h4",         "h5",
     "h6",      "header",  "hr",    "li",         "main",     "nav",        "ol",
     "option",  "p",       "pre",   "section",    "summary",  "table",      "tbody",
     "td",      "tfoot",   "th",    "thead",      "tr",       "ul"});
static_assert(std::is_sorted(kBlockTags.begin(), kBlockTags.end()));

constexpr auto kInlineTags = std::to_array<std::string_view>(
    {"a",        "abbr",     "acronym",  "applet",   "area",    "audio",     "b",        "base",
     "basefont", "bdi",      "bdo",      "bgsound",  "big",     "blink",     "body",     "button",
     "canvas",   "caption",  "cite",     "code",     "col",     "colgroup",  "data",     "datalist",
     "del",      "desc",     "dfn",      "dialog",   "dir",     "em",        "embed",    "font",
     "frame",    "frameset", "head",     "html",     "i",       "iframe",    "image",    "img",
     "input",    "ins",      "kbd",      "label",    "legend",  "link",      "map",      "mark",
     "marquee",  "math",     "menu",     "meta",     "meter",   "nobr",      "noembed",  "noscript",
     "object",   "optgroup", "output",   "param",    "picture", "plaintext", "progress", "q",
     "rb",       "rp",       "rt",       "ruby",     "s",       "samp",      "script",   "select",
     "slot",     "small",    "source",   "span",     "strike",  "strong",    "style",    "sub",
     "sup",      "svg",      "template", "textarea", "time",    "title",     "track",    "tt",
     "u",        "var",      "video",    "wbr",      "xml",     "xmp"});
static_assert(std::is_sorted(kInlineTags.begin(), kInlineTags.end()));

// Sorted lower-case names, found by their first letter.
template <std::size_t kCount>
class NameSet {
 public:
  explicit constexpr NameSet(const std::array<std::string_view, kCount>& names) : names_(names) {
    for (std::size_t letter = 0; letter < begins_.size(); ++letter) {
      const auto* const begin =
          std::find_if(names_.begin(), names_.end(), [&](std::string_view name) {
            return static_cast<std::size_t>(name.front() - 'a') >= letter;
          });
      begins_[letter] = static_cast<std::size_t>(begin - names_.begin());
    }
  }
  // In any case of ASCII letters.
  [[nodiscard]] bool Holds(std::string_view name) const {
    if (name.empty() || !schemas::IsAsciiLetter(name.front())) return false;
    const auto letter = static_cast<std::size_t>((name.front() | 0x20) - 'a');
    for (std::size_t i = begins_[letter]; i < begins_[letter + 1]; ++i) {
      if (schemas::EqualsIgnoringCase(names_[i], name)) return true;
    }
    return false;
  }

 private:
  std::array<std::string_view, kCount> names_;
  std::array<std::size_t, 27> begins_{};
};

constexpr NameSet kBlockNames(kBlockTags);
constexpr NameSet kInlineNames(kInlineTags);

// HTML, 13.1.2, and those of older versions: they have no end tag.
constexpr auto kVoidTags = std::to_array<std::string_view>(
    {"area",  "base",  "basefont", "bgsound", "br",     "col",   "command",
     "embed", "frame", "hr",       "image",   "img",    "input", "keygen",
     "link",  "meta",  "param",    "source",  "spacer", "track", "wbr"});
static_assert(std::is_sorted(kVoidTags.begin(), kVoidTags.end()));
constexpr NameSet kVoidNames(kVoidTags);

// HTML, 13.1.2.4: what comes next ends them.
constexpr auto kOptionalEndTags = std::to_array<std::string_view>(
    {"body", "dd", "dt", "head", "html", "li", "p", "td", "th", "tr"});
static_assert(std::is_sorted(kOptionalEndTags.begin(), kOptionalEndTags.end()));
constexpr NameSet kOptionalEndNames(kOptionalEndTags);

// Elements whose content nobody is shown: code, and the source of a formula (MathML Core, 2.1.1).
constexpr auto kHiddenTags =
    std::to_array<std::string_view>({"annotation", "annotation-xml", "script", "style"});
static_assert(std::is_sorted(kHiddenTags.begin(), kHiddenTags.end()));
constexpr NameSet kHiddenNames(kHiddenTags);

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

bool IsKnown(std::string_view name) { return kBlockNames.Holds(name) || kInlineNames.Holds(name); }

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

bool IsBlockTag(std::string_view name) { return kBlockNames.Holds(name); }

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
  i += tag.name.size();
  const std::size_t name_end = i;
  char quote = 0;
  char before = 0;
  for (; i < text_.size(); ++i) {
    const char c = text_[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if ((c == '"' || c == '\'') && before == '=') {
      quote = c;
    } else if (c == '>') {
      tag.empty = before == '/';
      tag.end = i + 1;
      return tag;
    } else if (c == '<') {
      return std::nullopt;
    } else if (c == '=') {
      tag.attributes = true;
    }
    if (!schemas::IsUnicodeSpace(static_cast<unsigned char>(c))) before = c;
  }
  // Lenient: a quote that is never closed, or a tag in which the text was cut.
  const std::size_t close = quote != 0 ? text_.find('>', name_end) : std::string_view::npos;
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
  if (!IsElementName(tag.name)) return Kind::kWord;
  const bool known = IsKnown(tag.name);
  if (tag.guessed) return known || tag.attributes ? Kind::kMarkup : Kind::kWord;
  if (tag.empty || kVoidNames.Holds(tag.name) || (tag.closing && known)) return Kind::kMarkup;
  if (markup_ == Markup::kHtmlTitle) {
    const bool opens_text = kOptionalEndNames.Holds(tag.name) && IsAtBeginning(at);
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
  const Kind kind = tag ? KindOf(*tag, at) : Kind::kUndecided;
  if (kind != Kind::kMarkup) return {.next = at, .decided = kind == Kind::kWord && !tag->guessed};
  MarkupSpan span{
      .next = tag->end, .decided = !tag->guessed, .ends_word = kBlockNames.Holds(tag->name)};
  if (!tag->closing && !tag->empty && kHiddenNames.Holds(tag->name)) {
    span.next = SkipElement(text_, tag->end, tag->name);
    span.decided = span.next != text_.size();
  }
  return span;
}

}  // namespace saunter::crawler::text
