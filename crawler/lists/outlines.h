// Feed lists: OPML and plain text, read leniently, with the line of everything that was not usable.
//
// Lists are read piece by piece and hold no tree (see tags.h), so one of any length takes bounded
// memory. Any attribute case, xmlUrl or feedUrl, url on type="rss"; broken nesting, documents one
// behind the other and unescaped marks cost at most the outline they stand in.
//
// Thread safety: all functions; an OutlineReader belongs to one thread. Errors: values; a broken
// list gives what it can.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace saunter::crawler::lists {

struct Outline {
  std::string url;  // as written, trimmed; not yet judged
  std::string title;
  std::string site_url;
  std::string category;   // innermost folder, else the first of the category attribute, else empty
  std::int64_t line = 0;  // 1-based
};

struct OutlineProblem {
  std::int64_t line = 0;
  std::string message;  // what is wrong and, where the writer can, what to do
};

enum class OutlineFormat { kOpml, kText, kHtml, kFeed, kEmpty };

struct OutlineList {
  OutlineFormat format = OutlineFormat::kText;  // kHtml, kFeed: not a list; see discovery.h
  std::string title;
  std::vector<Outline> outlines;
  std::vector<OutlineProblem> problems;
};

// Reads a list that comes in pieces.
class OutlineReader {
 public:
  OutlineReader();
  ~OutlineReader();
  OutlineReader(const OutlineReader&) = delete;
  OutlineReader& operator=(const OutlineReader&) = delete;

  void Add(std::string_view bytes);
  void End();
  // True once it is certain that this is no list: further bytes change nothing.
  [[nodiscard]] bool Done() const;
  // What was read since the last call, in the list's order. `format` is told by the content, never
  // by a name, and stands once outlines come or the list has ended; `title` likewise.
  [[nodiscard]] OutlineList Take();

 private:
  class State;
  std::unique_ptr<State> state_;
};

// Reads a whole list at once.
[[nodiscard]] OutlineList ReadOutlines(std::string_view bytes);

// An OPML 2.0 document of the outlines, grouped by category.
[[nodiscard]] std::string WriteOpml(std::string_view title, const std::vector<Outline>& outlines);

}  // namespace saunter::crawler::lists
