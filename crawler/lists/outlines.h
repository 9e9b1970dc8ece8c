// Feed lists, OPML, plain text and some exports: read leniently, with the line of everything that
// is not usable.
//
// A list is read piece by piece without a tree (see tags.h), so memory is bounded for any length.
// Attributes may be in any case; the address is xmlUrl, feedUrl or, with type="rss", url. Broken
// nesting, several documents in a row and unescaped marks spoil at most the outline they are in.
// Comments (isComment="true") are left out with all below them; what holds outlines is a folder,
// whatever its type.
//
// Thread safety: all functions; an OutlineReader belongs to one thread. Errors: OutlineProblem; the
// rest of a broken list is read.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace saunter::crawler::lists {

struct Outline {
  std::string url;  // as written, trimmed; may be unusable
  std::string title;
  std::string site_url;
  std::string category;   // innermost folder, else the first of the category attribute, else empty
  std::int64_t line = 0;  // 1-based
};

struct OutlineProblem {
  std::int64_t line = 0;
  std::string message;  // what is wrong and, where something can be done, what
};

enum class OutlineFormat {
  kOpml,
  kText,       // one URL a line, also with newsboat's tags
  kChannels,   // the table of channels that YouTube gives to its users
  kBookmarks,  // of a browser
  kHtml,
  kFeed,
  kEmpty,
};

struct OutlineList {
  OutlineFormat format = OutlineFormat::kText;  // kHtml and kFeed are no lists
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
  // True once this is certainly no list: further bytes change nothing.
  [[nodiscard]] bool Done() const;
  // What was read since the last call, in the list's order. The content tells `format`, never a
  // file's name; `format` and `title` are final once there are outlines or the list has ended.
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
