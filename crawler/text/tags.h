// A lenient scanner of tags: all that OPML lists and HTML heads need, in one linear pass.
//
// It builds no tree, so broken nesting, concatenated documents and lists of any length do it no
// harm; it holds one tag at most. Attribute values may hold raw `<` and `>`; a quote that is never
// closed spoils its own tag only.
//
// Thread safety: one thread at a time. Errors: Tag::problem says what is wrong with a tag; no input
// makes the scanner throw.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace saunter::crawler::text {

struct Tag {
  // kProblem: not a tag, but something that was meant to be one.
  enum class Kind { kStart, kEmpty, kEnd, kProblem };
  Kind kind = Kind::kStart;
  std::string name;  // lower case, without its prefix
  // Names lower case with their prefix, values as written: entities and charset are the caller's.
  std::vector<std::pair<std::string, std::string>> attributes;
  std::string text;  // the beginning of the character data before it
  std::int64_t line = 1;
  std::string problem;

  // The first attribute of this name, or an empty text.
  [[nodiscard]] std::string_view Find(std::string_view name_lower) const;
};

class TagScanner {
 public:
  // kHtml: what stands in script, style, textarea and title is text.
  enum class Dialect { kXml, kHtml };
  explicit TagScanner(Dialect dialect) : dialect_(dialect) {}

  void Add(std::string_view bytes);
  void End() { ended_ = true; }
  // The next tag of the bytes added so far; nullopt: there is none, or its end is missing.
  [[nodiscard]] std::optional<Tag> Next();

 private:
  enum class Step { kMore, kWait, kTag };

  Step Scan(Tag& tag);
  Step ScanMarkup(Tag& tag);
  Step ScanTag(Tag& tag);
  Step SkipTo(Tag& tag);
  Step SkipRawText();
  Step GiveUpOn(std::string_view what, Tag& tag);
  void TakeText(std::size_t bytes);
  void Advance(std::size_t bytes);
  [[nodiscard]] std::string_view Rest() const { return std::string_view(buffer_).substr(at_); }

  const Dialect dialect_;
  std::string buffer_;
  std::size_t at_ = 0;  // of the first byte not yet scanned
  std::int64_t line_ = 1;
  bool ended_ = false;
  std::string_view skip_to_;  // the end of a comment, CDATA section or instruction
  std::int64_t skip_line_ = 1;
  std::string raw_text_;  // the HTML element whose content is text
  std::string text_;
};

}  // namespace saunter::crawler::text
