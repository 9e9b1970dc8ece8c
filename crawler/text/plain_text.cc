#include "crawler/text/plain_text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstring>
#include <experimental/simd>

#include "crawler/text/entities.h"
#include "schemas/text.h"

namespace saunter::crawler::text {
namespace {

namespace stdx = std::experimental;

constexpr std::size_t kEntityBytesMax = 34;
constexpr std::size_t kTitleFromTextCodePoints = 100;

struct UsualEntity {
  std::string_view text;
  char32_t code_point;
};

// XML 1.0, 4.6, and what else is common in escaped markup; all others are looked up.
constexpr auto kUsualEntities = std::to_array<UsualEntity>({{"&lt;", U'<'},
                                                            {"&gt;", U'>'},
                                                            {"&amp;", U'&'},
                                                            {"&quot;", U'"'},
                                                            {"&#39;", U'\''},
                                                            {"&#34;", U'"'},
                                                            {"&nbsp;", U'\xa0'},
                                                            {"&apos;", U'\''}});

// Characters that turn the text around them (Unicode Standard Annex 9, 2), or that take no room:
// with them a title can show what it does not say. The joiners stay, since scripts and pictures
// need them.
bool IsInvisible(char32_t c) {
  return c == 0x61c || c == 0x180e || c == 0x200b || c == 0x200e || c == 0x200f ||
         (c >= 0x202a && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
}

// Wider than what XML forbids: no reader is to see a control character.
bool IsUnprintable(char32_t c) {
  if (c < 0x20 || c == 0x7f) return true;
  if (c < 0x61c) return false;
  return IsInvisible(c) || (c >= 0xd800 && c <= 0xdfff) || c == 0xfffe || c == 0xffff ||
         c > 0x10ffff;
}

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

// Takes code points, folds white space, and stops when it has enough.
class Folder {
 public:
  Folder(std::size_t code_points_max, Cut cut) : code_points_max_(code_points_max), cut_(cut) {}

  // Makes room for the result of `bytes` bytes that are mostly ASCII.
  void Reserve(std::size_t bytes) { text_.reserve(std::min(bytes, code_points_max_)); }
  // False once nothing more is taken.
  bool Put(char32_t c) {
    // Lenient: U+0080 to U+009F were windows-1252 once.
    c = FromWindows1252(c);
    if (schemas::IsUnicodeSpace(c)) return Space();
    if (IsUnprintable(c)) return true;
    if (space_ && !text_.empty()) {
      if (count_ == code_points_max_) return Fill();
      text_ += ' ';
      ++count_;
    }
    space_ = false;
    if (count_ == code_points_max_) return Fill();
    schemas::AppendUtf8(text_, c);
    ++count_;
    return true;
  }
  // The same for what RunLength allows: ASCII with single spaces in it.
  bool PutRun(std::string_view run) {
    if (!Put(static_cast<unsigned char>(run.front()))) return false;
    run.remove_prefix(1);
    const std::size_t room = std::min(run.size(), code_points_max_ - count_);
    text_ += run.substr(0, room);
    count_ += room;
    if (room == run.size()) return true;
    space_ = run[room] == ' ';
    return Fill();
  }
  // The same for one sequence of three bytes that is neither white nor forbidden.
  bool PutWide(std::string_view sequence) {
    if (space_ || count_ == code_points_max_) {
      std::size_t at = 0;
      return Put(schemas::NextCodePoint(sequence, at));
    }
    text_ += sequence;
    ++count_;
    return true;
  }
  bool Space() {
    space_ = true;
    return true;
  }
  [[nodiscard]] Folded Take() {
    const std::size_t word_end = text_.rfind(' ');
    if (full_ && cut_ == Cut::kWord && !ended_at_word_ && word_end != std::string::npos &&
        word_end > text_.size() / 2) {
      text_.resize(word_end);
    }
    while (!text_.empty() && text_.back() == ' ') text_.pop_back();
    return {std::move(text_), full_};
  }

 private:
  bool Fill() {
    full_ = true;
    ended_at_word_ = space_;
    return false;
  }

  const std::size_t code_points_max_;
  const Cut cut_;
  std::string text_;
  std::size_t count_ = 0;
  bool space_ = false;
  bool full_ = false;
  bool ended_at_word_ = false;
};

// Bytes that can be copied as they are.
constexpr std::array<bool, 256> kRunBytes = [] {
  std::array<bool, 256> bytes{};
  for (std::size_t i = 0x21; i < 0x7f; ++i) bytes[i] = i != '<' && i != '&' && i != ']';
  return bytes;
}();

// The length of the text at `at` that is run bytes with single spaces between them.
std::size_t RunLength(std::string_view text, std::size_t at) {
  using Lanes = stdx::native_simd<char>;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (!kRunBytes[byte(at)]) return 0;
  const std::size_t begin = at++;
  for (; text.size() - at >= Lanes::size(); at += Lanes::size()) {
    const Lanes before(text.data() + at - 1, stdx::element_aligned);
    const Lanes block(text.data() + at, stdx::element_aligned);
    // As signed numbers the bytes beyond ASCII are less than a space, too.
    const auto ends = block < ' ' || block == '\x7f' || block == '<' || block == '&' ||
                      block == ']' || (block == ' ' && before == ' ');
    if (stdx::any_of(ends)) {
      at += static_cast<std::size_t>(stdx::find_first_set(ends));
      return at - begin - (text[at - 1] == ' ' ? 1 : 0);
    }
  }
  while (at < text.size() && (kRunBytes[byte(at)] || (text[at] == ' ' && text[at - 1] != ' '))) {
    ++at;
  }
  return at - begin - (text[at - 1] == ' ' ? 1 : 0);
}

// True for the first byte of three that make a CJK character or the like: none of them is white.
bool IsWide(std::string_view text, std::size_t at) {
  const auto first = static_cast<unsigned char>(text[at]);
  return first >= 0xe4 && first <= 0xec && text.size() - at >= 3;
}

// A tag of HTML at a "<": its name as written and what follows it.
struct TagSpan {
  std::string_view name;
  bool closing = false;
  bool attributes = false;
  bool guessed = false;  // the text ends within
  std::size_t end = 0;   // behind ">"
};

std::optional<TagSpan> ReadTag(std::string_view html, std::size_t at) {
  TagSpan tag;
  std::size_t i = at + 1;
  if (i < html.size() && html[i] == '/') {
    tag.closing = true;
    ++i;
  }
  if (i >= html.size() || !schemas::IsAsciiLetter(html[i])) return std::nullopt;
  const std::size_t name_begin = i;
  while (i < html.size() && (std::isalnum(static_cast<unsigned char>(html[i])) != 0 ||
                             html[i] == '-' || html[i] == ':' || html[i] == '_')) {
    ++i;
  }
  tag.name = html.substr(name_begin, i - name_begin);
  const std::size_t name_end = i;
  char quote = 0;
  char before = 0;
  for (; i < html.size(); ++i) {
    const char c = html[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if ((c == '"' || c == '\'') && before == '=') {
      quote = c;
    } else if (c == '>') {
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
  const std::size_t close = quote != 0 ? html.find('>', name_end) : std::string_view::npos;
  if (close == std::string_view::npos && !tag.attributes && name_end != html.size()) {
    return std::nullopt;
  }
  tag.end = close == std::string_view::npos ? html.size() : close + 1;
  tag.guessed = true;
  return tag;
}

bool IsMarkup(const TagSpan& tag) {
  // Lenient: "Vec<T>" in a title is text, <o:p> and <my-widget> are markup.
  return tag.closing || tag.attributes || tag.name.find_first_of(":-") != std::string::npos ||
         kBlockNames.Holds(tag.name) || kInlineNames.Holds(tag.name);
}

// The place behind the "</name>" that ends an element whose content is no text.
std::size_t SkipElement(std::string_view html, std::size_t at, std::string_view name) {
  while ((at = html.find("</", at)) != std::string_view::npos) {
    if (schemas::EqualsIgnoringCase(html.substr(at + 2, name.size()), name)) {
      const std::size_t end = html.find('>', at);
      return end == std::string_view::npos ? html.size() : end + 1;
    }
    at += 2;
  }
  return html.size();
}

struct Skip {
  std::size_t next;      // where to go on, or where it began if it is a plain "<"
  bool decided = false;  // whatever follows the text
};

// Handles what begins with "<".
Skip SkipMarkup(std::string_view html, std::size_t at, Folder& folder) {
  const std::string_view rest = html.substr(at);
  if (rest.starts_with("<!--")) {
    const std::size_t end = html.find("-->", at + 4);
    if (end != std::string_view::npos) return {end + 3, true};
    // Lenient: a comment that is never closed ends as a tag does.
    const std::size_t close = html.find('>', at);
    return {close == std::string_view::npos ? html.size() : close + 1};
  }
  if (rest.size() > 1 && (rest[1] == '!' || rest[1] == '?') && rest.size() > 2 &&
      schemas::IsAsciiLetter(rest[2])) {
    const std::size_t end = html.find('>', at);
    return end == std::string_view::npos ? Skip{at} : Skip{end + 1, true};
  }
  const std::optional<TagSpan> tag = ReadTag(html, at);
  if (!tag || !IsMarkup(*tag)) return {at};
  if (kBlockNames.Holds(tag->name)) folder.Space();
  if (!tag->closing && (schemas::EqualsIgnoringCase(tag->name, "script") ||
                        schemas::EqualsIgnoringCase(tag->name, "style"))) {
    const std::size_t end = SkipElement(html, tag->end, tag->name);
    return {end, end != html.size()};
  }
  return {tag->end, !tag->guessed};
}

// Reads a text with its markup and entities into a folder.
class FoldedReader {
 public:
  FoldedReader(std::string_view text, Markup markup, Extent extent, Folder& folder)
      : text_(text), markup_(markup), whole_(extent == Extent::kWhole), folder_(folder) {}

  void Read() {
    const bool all = whole_ || text_.size() < kUndecidedBytes;
    const std::size_t end = all ? text_.size() : text_.size() - kUndecidedBytes;
    while (at_ < end) {
      if (const std::size_t run = RunLength(text_, at_); run > 0) {
        if (!folder_.PutRun(text_.substr(at_, run))) return;
        at_ += run;
        continue;
      }
      if (IsWide(text_, at_)) {
        if (!folder_.PutWide(text_.substr(at_, 3))) return;
        at_ += 3;
        continue;
      }
      const auto mark = PassMark();
      if (mark == Mark::kEnough) return;
      if (mark == Mark::kNone && !folder_.Put(schemas::NextCodePoint(text_, at_))) return;
    }
  }

 private:
  static constexpr std::size_t kUndecidedBytes = 64;  // holds the longest entity and any character
  static constexpr std::string_view kCdataBegin = "<![CDATA[";
  static constexpr std::string_view kCdataEnd = "]]>";

  // kNone: a character stands here. kPassed: it was none, and is passed. kEnough: the folder takes
  // no more, or what follows the text decides what this is.
  enum class Mark { kNone, kPassed, kEnough };

  Mark PassMark() {
    switch (text_[at_]) {
      case '<':
        return markup_ == Markup::kHtml ? PassTag() : Mark::kNone;
      case '&':
        return PassEntity();
      case ']':
        if (!in_cdata_ || !text_.substr(at_).starts_with(kCdataEnd)) return Mark::kNone;
        in_cdata_ = false;
        at_ += kCdataEnd.size();
        return Mark::kPassed;
      default:
        return Mark::kNone;
    }
  }

  Mark PassTag() {
    if (text_.substr(at_).starts_with(kCdataBegin)) {
      in_cdata_ = true;
      at_ += kCdataBegin.size();
      return Mark::kPassed;
    }
    const Skip skip = SkipMarkup(text_, at_, folder_);
    if (!whole_ && !skip.decided) return Mark::kEnough;
    if (skip.next == at_) return Mark::kNone;
    at_ = skip.next;
    return Mark::kPassed;
  }

  Mark PassEntity() {
    const auto entity = entities_.Read(text_.substr(at_));
    if (!entity) return Mark::kNone;
    at_ += entity->length;
    for (const char32_t code_point : entity->code_points) {
      if (!folder_.Put(code_point)) return Mark::kEnough;
    }
    return Mark::kPassed;
  }

  const std::string_view text_;
  const Markup markup_;
  const bool whole_;
  Folder& folder_;
  std::size_t at_ = 0;
  bool in_cdata_ = false;
  EntityReader entities_;
};

}  // namespace

std::optional<Entity> EntityReader::Read(std::string_view text) {
  for (const auto& usual : kUsualEntities) {
    if (text.starts_with(usual.text)) return Entity{{&usual.code_point, 1}, usual.text.size()};
  }
  const std::size_t end = text.substr(0, kEntityBytesMax).find(';');
  if (end == std::string_view::npos || end < 2) return std::nullopt;
  const std::string_view name = text.substr(1, end - 1);
  if (name[0] != '#') {
    auto known = LookUpEntity(name);
    if (!known) return std::nullopt;
    buffer_ = *std::move(known);
    return Entity{buffer_, end + 1};
  }
  const bool hex = name.size() > 1 && (name[1] == 'x' || name[1] == 'X');
  const std::string_view digits = name.substr(hex ? 2 : 1);
  std::uint32_t value = 0;
  const auto [stop, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, hex ? 16 : 10);
  if (digits.empty() || stop != digits.data() + digits.size()) return std::nullopt;
  buffer_.clear();
  const char32_t c = FromWindows1252(value);
  const bool white = c == '\t' || c == '\n' || c == '\r';
  if (error == std::errc() && (white || !IsUnprintable(c))) buffer_.push_back(c);
  return Entity{buffer_, end + 1};
}

std::string DecodeEntities(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  AppendDecoded(text, decoded);
  return decoded;
}

void AppendDecoded(std::string_view text, std::string& decoded) {
  EntityReader entities;
  while (true) {
    const std::size_t ampersand = text.find('&');
    decoded += text.substr(0, ampersand);
    if (ampersand == std::string_view::npos) return;
    text.remove_prefix(ampersand);
    const auto entity = entities.Read(text);
    if (!entity) decoded += '&';
    for (const char32_t c : entity ? entity->code_points : std::u32string_view()) {
      schemas::AppendUtf8(decoded, c);
    }
    text.remove_prefix(entity ? entity->length : 1);
  }
}

Folded FoldText(std::string_view text, Markup markup, std::size_t code_points_max, Cut cut,
                Extent extent) {
  Folder folder(code_points_max, cut);
  folder.Reserve(text.size());
  FoldedReader(text, markup, extent, folder).Read();
  Folded folded = folder.Take();
  if (folded.text.find('&') == std::string::npos) return folded;
  // Lenient: what was escaped twice still holds entities.
  Folder again(code_points_max, cut);
  FoldedReader(folded.text, Markup::kPlain, Extent::kWhole, again).Read();
  folded.text = again.Take().text;
  return folded;
}

std::string PlainText(std::string_view text, Markup markup, std::size_t code_points_max, Cut cut) {
  return FoldText(text, markup, code_points_max, cut, Extent::kWhole).text;
}

std::string_view CutCodePoints(std::string_view text, std::size_t code_points_max) {
  std::size_t at = 0;
  for (std::size_t count = 0; at < text.size(); ++count) {
    if (count == code_points_max) return text.substr(0, at);
    static_cast<void>(schemas::NextCodePoint(text, at));
  }
  return text;
}

std::string TitleFromText(std::string_view text) {
  return std::string(schemas::TrimUnicodeSpace(CutCodePoints(text, kTitleFromTextCodePoints)));
}

bool IsBlockTag(std::string_view name) { return kBlockNames.Holds(name); }

}  // namespace saunter::crawler::text
