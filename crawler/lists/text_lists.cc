#include "crawler/lists/text_lists.h"

#include <algorithm>
#include <utility>

#include "crawler/lists/addresses.h"
#include "crawler/text/charset.h"
#include "crawler/text/plain_text.h"
#include "crawler/url/url.h"
#include "schemas/text.h"

namespace saunter::crawler::lists {
namespace {

constexpr std::size_t kTitleMax = 512;
constexpr std::size_t kBookmarkFoldersMax = 256;

// The next word of a line, of several words where quotes are around them; "" where there is none.
std::string_view TakeWord(std::string_view& rest) {
  rest = schemas::TrimUnicodeSpace(rest);
  if (rest.starts_with('"')) {
    const auto close = rest.find('"', 1);
    const auto word = rest.substr(1, close == std::string_view::npos ? close : close - 1);
    rest.remove_prefix(std::min(word.size() + 2, rest.size()));
    return word;
  }
  const auto word = rest.substr(0, rest.find_first_of(schemas::kAsciiSpace));
  rest.remove_prefix(word.size());
  return word;
}

// Words that are no part of an address with a blank in it.
bool AreTags(std::string_view rest) {
  rest = schemas::TrimUnicodeSpace(rest);
  if (rest.starts_with('"') || rest.starts_with('#')) return true;
  return rest.find_first_of("/:?#.%=&") == std::string_view::npos;
}

std::string PlainWords(std::string_view raw) {
  return text::PlainText(text::RepairUtf8(raw), text::Markup::kPlain, kTitleMax,
                         text::Cut::kCodePoint);
}

void TakeTags(std::string_view rest, Outline& outline) {
  while (!(rest = schemas::TrimUnicodeSpace(rest)).empty() && rest.front() != '#') {
    const auto word = TakeWord(rest);
    if (word.starts_with('~')) {
      outline.title = PlainWords(word.substr(1));
    } else if (!word.starts_with('!') && outline.category.empty()) {
      outline.category = PlainWords(word);
    }
  }
}

void TakeUrlLine(std::string_view line, std::int64_t number, OutlineList& list) {
  if (line.size() > LineCutter::kLineBytesMax) {
    list.problems.push_back({number, "the line is longer than any URL"});
    return;
  }
  line = schemas::TrimUnicodeSpace(line);
  if (line.empty() || line.starts_with('#')) return;
  Outline outline;
  outline.line = number;
  const auto blank = std::min(line.find_first_of(schemas::kAsciiSpace), line.size());
  const auto rest = line.substr(blank);
  const bool is_address = line.substr(0, blank).find("://") != std::string_view::npos;
  const bool tagged = is_address ? AreTags(rest) : rest.find_first_of("\"#") != rest.npos;
  outline.url = tagged ? line.substr(0, blank) : line;
  if (tagged && is_address) TakeTags(rest, outline);
  list.outlines.push_back(std::move(outline));
}

// RFC 4180, 2: one field, and the rest behind its comma.
std::string TakeField(std::string_view& rest) {
  if (!rest.starts_with('"')) {
    const auto field = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(field.size() + 1, rest.size()));
    return std::string(schemas::TrimUnicodeSpace(field));
  }
  std::string field;
  std::size_t at = 1;
  while (at < rest.size()) {
    if (rest[at] != '"') {
      field += rest[at++];
    } else if (at + 1 < rest.size() && rest[at + 1] == '"') {
      field += '"';
      at += 2;
    } else {
      break;
    }
  }
  at = std::min(rest.find(',', at), rest.size());
  rest.remove_prefix(std::min(at + 1, rest.size()));
  return field;
}

void TakeChannelLine(std::string_view line, std::int64_t number, OutlineList& list) {
  if (schemas::TrimUnicodeSpace(line).empty()) return;
  const auto id = TakeField(line);
  if (!IsYoutubeChannel(id)) {
    // The first line names the columns, in the language of who asked for the table.
    if (number > 1) list.problems.push_back({number, "there is no id of a channel on this line"});
    return;
  }
  Outline outline;
  outline.url = YoutubeFeedUrl(id);
  outline.site_url = TakeField(line);
  outline.title = PlainWords(TakeField(line));
  outline.line = number;
  list.outlines.push_back(std::move(outline));
}

}  // namespace

void LineCutter::Add(std::string_view bytes, const Take& take) {
  for (const char c : bytes) {
    if (c == '\n' && after_return_) {
      after_return_ = false;
    } else if (c == '\n' || c == '\r') {
      after_return_ = c == '\r';
      take(text_, ++number_);
      text_.clear();
    } else {
      after_return_ = false;
      if (text_.size() <= kLineBytesMax) text_.push_back(c);
    }
  }
}

void LineCutter::End(const Take& take) {
  if (!text_.empty()) take(std::exchange(text_, {}), ++number_);
}

void LineReader::Add(std::string_view bytes, OutlineList& list) {
  lines_.Add(bytes,
             [&](std::string_view line, std::int64_t number) { TakeUrlLine(line, number, list); });
}

void LineReader::End(OutlineList& list) {
  lines_.End([&](std::string_view line, std::int64_t number) { TakeUrlLine(line, number, list); });
}

bool IsChannelTable(std::string_view beginning) {
  for (int line = 0; line < 2; ++line) {
    auto rest = beginning.substr(0, beginning.find_first_of("\r\n"));
    beginning.remove_prefix(rest.size());
    beginning = schemas::Trim(beginning, schemas::kAsciiSpace);
    if (rest.find(',') == std::string_view::npos) return false;
    if (IsYoutubeChannel(TakeField(rest))) return true;
  }
  return false;
}

void ChannelReader::Add(std::string_view bytes, OutlineList& list) {
  lines_.Add(bytes, [&](std::string_view line, std::int64_t number) {
    TakeChannelLine(line, number, list);
  });
}

void ChannelReader::End(OutlineList& list) {
  lines_.End(
      [&](std::string_view line, std::int64_t number) { TakeChannelLine(line, number, list); });
}

void BookmarkReader::Add(std::string_view bytes, OutlineList& list) {
  scanner_.Add(bytes);
  while (const auto tag = scanner_.Next()) TakeTag(*tag, list);
}

void BookmarkReader::End(OutlineList& list) {
  scanner_.End();
  while (const auto tag = scanner_.Next()) TakeTag(*tag, list);
}

void BookmarkReader::TakeTag(const text::Tag& tag, OutlineList& list) {
  const bool is_end = tag.kind == text::Tag::Kind::kEnd;
  if (tag.name == "title" && is_end && list.title.empty()) {
    list.title = PlainWords(tag.text);
  } else if (tag.name == "h3" && is_end) {
    heading_ = PlainWords(tag.text);
  } else if (tag.name == "dl" && !is_end) {
    if (folders_.size() < kBookmarkFoldersMax) folders_.push_back(std::exchange(heading_, {}));
  } else if (tag.name == "dl") {
    if (!folders_.empty()) folders_.pop_back();
  } else if (tag.name == "a" && is_end) {
    if (!href_.empty() || !feed_url_.empty()) TakeBookmark(PlainWords(tag.text), list);
    href_.clear();
    feed_url_.clear();
  } else if (tag.name == "a") {
    href_ = text::DecodeEntities(text::RepairUtf8(tag.Find("href")));
    feed_url_ = text::DecodeEntities(text::RepairUtf8(tag.Find("feedurl")));
    line_ = tag.line;
  }
}

void BookmarkReader::TakeBookmark(std::string_view title, OutlineList& list) {
  Outline outline;
  outline.title = title;
  outline.line = line_;
  if (!folders_.empty()) outline.category = folders_.back();
  const auto page = url::ParseUrl(FeedAddress(href_));
  const auto known = PlatformFeedUrls(href_);
  if (!feed_url_.empty() || !known.empty()) {
    outline.url = feed_url_.empty() ? known.front() : feed_url_;
    outline.site_url = href_;
  } else if (page && (LooksLikeFeed(*page) || FeedAddress(href_) != href_)) {
    outline.url = href_;
  } else {
    // Browsers keep scripts and settings among their bookmarks; they are no problem.
    if (page) {
      list.problems.push_back({line_, "\"" + outline.title +
                                          "\" is a page; to look for its feed: saunter import " +
                                          page->ToString()});
    }
    return;
  }
  list.outlines.push_back(std::move(outline));
}

}  // namespace saunter::crawler::lists
