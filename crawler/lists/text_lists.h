// Inside crawler/lists: lists that are no OPML: one URL a line, YouTube's table of channels, the
// bookmarks of a browser. Each reads bytes that come in pieces.
//
// Thread safety: each reader belongs to one thread. Errors: OutlineProblem; the rest is read.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "crawler/lists/outlines.h"
#include "crawler/text/tags.h"

namespace saunter::crawler::lists {

// Cuts text into lines, whatever ends them.
class LineCutter {
 public:
  // Without its end; beyond `kLineBytesMax` a line is cut.
  using Take = std::function<void(std::string_view line, std::int64_t number)>;
  static constexpr std::size_t kLineBytesMax = 16384;

  void Add(std::string_view bytes, const Take& take);
  void End(const Take& take);

 private:
  std::string text_;
  std::int64_t number_ = 0;
  bool after_return_ = false;
};

// One URL a line. Lenient: behind it tags, as newsboat has them ("~Title", a tag that is the
// category, "!" for what is hidden), or a comment.
class LineReader {
 public:
  void Add(std::string_view bytes, OutlineList& list);
  void End(OutlineList& list);

 private:
  LineCutter lines_;
};

// Whether a text is the table that YouTube gives to its users: an id, a URL and a title, by commas.
[[nodiscard]] bool IsChannelTable(std::string_view beginning);

class ChannelReader {
 public:
  void Add(std::string_view bytes, OutlineList& list);
  void End(OutlineList& list);

 private:
  LineCutter lines_;
};

// The file that browsers write their bookmarks to. Taken are those of feeds, by FEEDURL or by their
// address, and those of pages whose feed is known by the page's address. Folders are categories.
class BookmarkReader {
 public:
  void Add(std::string_view bytes, OutlineList& list);
  void End(OutlineList& list);

 private:
  void TakeTag(const text::Tag& tag, OutlineList& list);
  void TakeBookmark(std::string_view title, OutlineList& list);

  text::TagScanner scanner_{text::TagScanner::Dialect::kHtml};
  std::vector<std::string> folders_;
  std::string heading_;  // of the folder that begins next
  std::string href_;
  std::string feed_url_;
  std::int64_t line_ = 0;
};

}  // namespace saunter::crawler::lists
