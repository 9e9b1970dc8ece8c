// Makes the text of a feed plain: decodes entities, strips markup, folds white space, cuts at a
// code point. The result is valid UTF-8 without control characters.
//
// Thread safety: all functions; an EntityReader belongs to one thread. Errors: none; the input must
// be valid UTF-8, as ToUtf8 and JSON readers give it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace saunter::crawler::text {

inline constexpr std::size_t kNoLimit = SIZE_MAX;

// How a value is written, once the XML around it is decoded.
enum class Markup {
  kHtml,       // tags and entities, escaped or not: RSS, Atom type="html", JSON content_html
  kHtmlTitle,  // the same in a title: what leaves its element open is what the title speaks of
  kPlain,      // only entities, left over from a missing DTD or a second escaping
};

// Where a value that is too long ends.
enum class Cut { kCodePoint, kWord };

struct Entity {
  std::u32string_view code_points;  // empty: a reference to a character that XML forbids
  std::size_t length = 0;           // in bytes, from "&" to ";"
};
// Lenient: HTML's names count in XML too; numbers 128 to 159 mean windows-1252.
class EntityReader {
 public:
  // What "&name;" or "&#…;" at the beginning of `text` stands for, until the next call.
  [[nodiscard]] std::optional<Entity> Read(std::string_view text);

 private:
  std::u32string buffer_;
};

// XML 1.0, 4.4: decodes entities once, and only with their ";"; unknown ones stay as they are.
[[nodiscard]] std::string DecodeEntities(std::string_view text);
void AppendDecoded(std::string_view text, std::string& decoded);

// The text as a person reads it, and whether some of it was left out.
struct Folded {
  std::string text;
  bool cut = false;
};
// kBeginning: `text` is the first part of a longer one, so the fold stops before anything that the
// rest could change. If the result is cut, it is that of the whole text; if not, more is needed.
enum class Extent { kWhole, kBeginning };
[[nodiscard]] Folded FoldText(std::string_view text, Markup markup, std::size_t code_points_max,
                              Cut cut, Extent extent);

// FoldText of a whole text, without word of the cut.
[[nodiscard]] std::string PlainText(std::string_view text, Markup markup,
                                    std::size_t code_points_max, Cut cut);

// The content of a text that is one CDATA section, as it stands where a section was escaped; any
// other text as it is.
[[nodiscard]] std::string_view WithoutCdata(std::string_view text);

// At most `code_points_max` code points of text that is plain already.
[[nodiscard]] std::string_view CutCodePoints(std::string_view text, std::size_t code_points_max);

// A title for an entry that has none: the beginning of its text.
[[nodiscard]] std::string TitleFromText(std::string_view text);

// True for an HTML element that ends a word where it stands, in any case.
[[nodiscard]] bool IsBlockTag(std::string_view name);

}  // namespace saunter::crawler::text
