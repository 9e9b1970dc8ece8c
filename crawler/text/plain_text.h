// Text of a feed made plain: entities decoded, markup stripped, white space folded, cut at a code
// point. What leaves here is valid UTF-8 without control characters.
//
// Thread safety: all functions. Errors: none; input is valid UTF-8 by ToUtf8 or a JSON reader.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace saunter::crawler::text {

inline constexpr std::size_t kNoLimit = SIZE_MAX;

// How a value is written once XML is off it.
enum class Markup {
  kHtml,   // tags and entities, escaped or not: RSS, Atom type="html", JSON content_html
  kPlain,  // only entities, left over from a missing DTD or a second escaping
};

// Where a value that is too long ends.
enum class Cut { kCodePoint, kWord };

// What "&name;" or "&#…;" at the beginning of `text` stands for; `length` is its length in bytes.
struct Entity {
  std::u32string_view code_points;  // empty: a reference to a character that XML forbids
  std::size_t length = 0;
};
// Lenient: HTML's names count in XML too; numbers 128 to 159 mean windows-1252.
class EntityReader {
 public:
  [[nodiscard]] std::optional<Entity> Read(std::string_view text);

 private:
  std::u32string buffer_;
};

// XML 1.0, 4.4: decodes entities once, and only with their ";"; what is unknown stays as it is.
[[nodiscard]] std::string DecodeEntities(std::string_view text);
void AppendDecoded(std::string_view text, std::string& decoded);

// The text as a person reads it, and whether some of it was left out.
struct Folded {
  std::string text;
  bool cut = false;
};
// Of the beginning of a text nothing is taken that its rest might change: what is folded is right
// if it is cut, and too little otherwise.
enum class Extent { kWhole, kBeginning };
[[nodiscard]] Folded FoldText(std::string_view text, Markup markup, std::size_t code_points_max,
                              Cut cut, Extent extent);

// The same without the remark; at most `code_points_max` long.
[[nodiscard]] std::string PlainText(std::string_view text, Markup markup,
                                    std::size_t code_points_max, Cut cut);

// At most `code_points_max` code points of text that is plain already.
[[nodiscard]] std::string_view CutCodePoints(std::string_view text, std::size_t code_points_max);

// What stands for the title of an entry that has none: the beginning of its text.
[[nodiscard]] std::string TitleFromText(std::string_view text);

// True for an HTML element that ends a word where it stands, in any case.
[[nodiscard]] bool IsBlockTag(std::string_view name);

}  // namespace saunter::crawler::text
