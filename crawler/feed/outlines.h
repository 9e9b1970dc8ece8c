// Feed lists: OPML and plain text, read leniently, with the line of everything that was not usable.
//
// Thread safety: all functions. Errors: values; a broken list gives what it can.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace saunter::crawler::feed {

struct Outline {
  std::string url;  // as written, trimmed; not yet judged
  std::string title;
  std::string site_url;
  std::string category;  // innermost folder or category attribute, may be empty
  int line = 0;          // 1-based
};

struct OutlineProblem {
  int line = 0;
  std::string message;  // what is wrong and, where the writer can, what to do
};

enum class OutlineFormat { kOpml, kText, kHtml, kFeed, kEmpty };

struct OutlineList {
  OutlineFormat format = OutlineFormat::kText;  // kHtml, kFeed: not a list; see discovery.h
  std::string title;
  std::vector<Outline> outlines;
  std::vector<OutlineProblem> problems;
};

// Reads OPML (any attribute case, xmlUrl or feedUrl, or url on type="rss") or one URL a line
// (# begins a comment line). The format is told by the content, never by a name.
[[nodiscard]] OutlineList ReadOutlines(std::string_view bytes);

// An OPML 2.0 document of the outlines, grouped by category.
[[nodiscard]] std::string WriteOpml(std::string_view title, const std::vector<Outline>& outlines);

}  // namespace saunter::crawler::feed
