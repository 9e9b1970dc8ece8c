// Inside crawler/text: tells the tags in a text from words that only stand in angle brackets, as
// "vector<T>", "<time.h>" and "<ann@blog.example>" do.
//
// Thread safety: all functions; a MarkupReader belongs to one thread. Ownership: the text is the
// caller's. Errors: what is no markup begins and ends where it stands.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crawler/text/plain_text.h"

namespace saunter::crawler::text {

// A piece of markup that began at a "<".
struct MarkupSpan {
  std::size_t next = 0;    // where to go on, or where it began if it is a plain "<"
  bool decided = false;    // whatever follows the text
  bool ends_word = false;  // as a block does
};

// Which elements a text opens and closes. Built once, when a tag is met that nothing else tells
// from a word, in time linear in the text.
class ElementIndex {
 public:
  explicit ElementIndex(std::string_view text);
  // In any case of ASCII letters.
  [[nodiscard]] bool IsClosedBehind(std::string_view name, std::size_t at) const;
  [[nodiscard]] bool IsOpenedBefore(std::string_view name, std::size_t at) const;

 private:
  struct Element {
    std::string name;  // lower case
    std::size_t first_start;
    std::size_t last_end;
  };
  [[nodiscard]] const Element* Find(std::string_view name) const;

  std::vector<Element> elements_;  // by name
};

class MarkupReader {
 public:
  // `markup` is kHtml or kHtmlTitle.
  MarkupReader(std::string_view text, Markup markup, Extent extent)
      : text_(text), markup_(markup), extent_(extent) {}

  // What begins with the "<" at `at`.
  [[nodiscard]] MarkupSpan Read(std::size_t at);

 private:
  struct Tag;
  enum class Kind { kMarkup, kWord, kUndecided };

  [[nodiscard]] std::optional<Tag> ReadTag(std::size_t at) const;
  [[nodiscard]] Kind KindOf(const Tag& tag, std::size_t at);
  [[nodiscard]] Kind KindByIndex(const Tag& tag, std::size_t at);
  [[nodiscard]] bool IsAtBeginning(std::size_t at) const;

  const std::string_view text_;
  const Markup markup_;
  const Extent extent_;
  std::optional<ElementIndex> index_;
};

}  // namespace saunter::crawler::text
