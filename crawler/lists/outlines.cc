#include "crawler/lists/outlines.h"

#include <unicode/utf16.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "crawler/lists/text_lists.h"
#include "crawler/text/charset.h"
#include "crawler/text/plain_text.h"
#include "crawler/text/tags.h"
#include "schemas/text.h"

namespace saunter::crawler::lists {
namespace {

constexpr std::size_t kPieceBytes = 65536;
constexpr std::size_t kSniffBytes = 65536;
constexpr std::size_t kUrlBytesMax = 8192;
constexpr std::size_t kTitleCodePointsMax = 512;
constexpr std::size_t kFolderDepthMax = 256;

bool StartsWithIgnoringCase(std::string_view text, std::string_view prefix) {
  return schemas::EqualsIgnoringCase(text.substr(0, prefix.size()), prefix);
}

bool ContainsIgnoringCase(std::string_view text, std::string_view lower) {
  const auto same = [](char a, char b) { return schemas::EqualsIgnoringCase({&a, 1}, {&b, 1}); };
  return std::search(text.begin(), text.end(), lower.begin(), lower.end(), same) != text.end();
}

// An attribute's value as text: `charset` is the list's declared one, or empty.
std::string Decode(std::string_view raw, const std::string& charset) {
  const auto content_type = charset.empty() ? std::string() : "text/xml; charset=" + charset;
  return text::DecodeEntities(text::ToUtf8(raw, content_type).text());
}

std::string DecodeTitle(std::string_view raw, const std::string& charset) {
  return text::PlainText(Decode(raw, charset), text::Markup::kPlain, kTitleCodePointsMax,
                         text::Cut::kCodePoint);
}

// "/root/parent/child,other" → "child": the place that the operator would see in a folder list.
std::string_view FirstCategory(std::string_view attribute) {
  while (!attribute.empty()) {
    const auto comma = std::min(attribute.find(','), attribute.size());
    auto path = attribute.substr(0, comma);
    attribute.remove_prefix(std::min(comma + 1, attribute.size()));
    while (!path.empty()) {
      const auto slash = path.rfind('/');
      const auto last = schemas::TrimUnicodeSpace(
          slash == std::string_view::npos ? path : path.substr(slash + 1));
      if (!last.empty()) return last;
      path = path.substr(0, slash == std::string_view::npos ? 0 : slash);
    }
  }
  return {};
}

// "… encoding="gb2312" …" of an XML declaration.
std::string DeclaredCharset(std::string_view beginning) {
  const auto declaration = beginning.substr(0, std::min(beginning.find("?>"), beginning.size()));
  const auto key = declaration.find("encoding");
  if (!declaration.starts_with("<?xml") || key == std::string_view::npos) return {};
  const auto open = declaration.find_first_of("\"'", key);
  if (open == std::string_view::npos) return {};
  const auto close = declaration.find(declaration[open], open + 1);
  constexpr std::size_t kCharsetBytesMax = 40;
  if (close == std::string_view::npos || close - open > kCharsetBytesMax) return {};
  const auto charset = declaration.substr(open + 1, close - open - 1);
  return std::string(charset);
}

// The name of the first element, past declarations and comments.
std::string FirstElement(std::string_view beginning) {
  text::TagScanner scanner(text::TagScanner::Dialect::kXml);
  scanner.Add(beginning);
  scanner.End();
  while (const auto tag = scanner.Next()) {
    if (tag->kind == text::Tag::Kind::kStart || tag->kind == text::Tag::Kind::kEmpty)
      return tag->name;
  }
  return {};
}

OutlineFormat FormatOf(std::string_view beginning) {
  const auto text = schemas::TrimUnicodeSpace(beginning);
  if (text.empty()) return OutlineFormat::kEmpty;
  if (StartsWithIgnoringCase(text, "<!doctype netscape-bookmark-file")) {
    return OutlineFormat::kBookmarks;
  }
  if (ContainsIgnoringCase(text, "<opml")) return OutlineFormat::kOpml;
  if (text.starts_with('{')) {
    const bool json_feed = text.find("jsonfeed.org/version") != std::string_view::npos;
    return json_feed ? OutlineFormat::kFeed : OutlineFormat::kText;
  }
  if (StartsWithIgnoringCase(text, "<!doctype html") || ContainsIgnoringCase(text, "<html")) {
    return OutlineFormat::kHtml;
  }
  if (IsChannelTable(text)) return OutlineFormat::kChannels;
  if (!text.starts_with('<')) return OutlineFormat::kText;
  const auto element = FirstElement(text);
  for (const auto* name : {"rss", "rdf", "feed", "entry", "channel"}) {
    if (element == name) return OutlineFormat::kFeed;
  }
  for (const auto* name : {"head", "body", "title", "meta", "link", "script", "div", "p"}) {
    if (element == name) return OutlineFormat::kHtml;
  }
  return OutlineFormat::kOpml;
}

// Says what it is if the first bytes show that it is no list; empty if it may be one.
std::string_view BinaryKind(std::string_view beginning) {
  if (beginning.starts_with("\x1f\x8b")) return "this is gzip: unpack it first, with gunzip";
  if (beginning.starts_with("PK\x03\x04")) return "this is a zip archive: unpack it first";
  if (beginning.starts_with("SQLite format 3")) {
    return "this is a database, not a list of feeds: give an OPML file or one URL a line";
  }
  if (beginning.find('\0') != std::string_view::npos) {
    return "this is binary data, not a list of feeds: give an OPML file or one URL a line";
  }
  return {};
}

// Turns UTF-16 that comes in pieces into UTF-8; a lone surrogate becomes U+FFFD.
class Utf16Decoder {
 public:
  explicit Utf16Decoder(std::size_t high_at) : high_at_(high_at) {}

  std::string Decode(std::string_view bytes) {
    std::string out;
    for (const char c : bytes) {
      pair_[held_++] = static_cast<unsigned char>(c);
      if (held_ < 2) continue;
      held_ = 0;
      Take(static_cast<UChar32>(pair_[high_at_] << 8 | pair_[1 - high_at_]), out);
    }
    return out;
  }

 private:
  void Take(UChar32 unit, std::string& out) {
    if (U16_IS_LEAD(unit)) {
      lead_ = unit;
      return;
    }
    UChar32 code_point = unit;
    if (U16_IS_TRAIL(unit)) code_point = lead_ ? U16_GET_SUPPLEMENTARY(lead_, unit) : 0xfffd;
    lead_ = 0;
    schemas::AppendUtf8(out, static_cast<char32_t>(code_point));
  }

  const std::size_t high_at_;  // place of the high byte in a pair
  std::array<unsigned char, 2> pair_{};
  std::size_t held_ = 0;
  UChar32 lead_ = 0;
};

// --- OPML.
class OpmlReader {
 public:
  explicit OpmlReader(std::string charset) : charset_(std::move(charset)) {}

  void Add(std::string_view bytes, OutlineList& list) {
    scanner_.Add(bytes);
    while (const auto tag = scanner_.Next()) TakeTag(*tag, list);
  }

  void End(OutlineList& list) {
    scanner_.End();
    while (const auto tag = scanner_.Next()) TakeTag(*tag, list);
    TakeDocumentEnd(last_line_, list);
    if (!any_opml_) list.problems.push_back({1, "there is no <opml> element: is this OPML?"});
  }

 private:
  void TakeTag(const text::Tag& tag, OutlineList& list) {
    last_line_ = tag.line;
    if (!tag.problem.empty()) {
      list.problems.push_back({tag.line, tag.problem + "; what could be read of it was taken"});
    }
    if (tag.kind == text::Tag::Kind::kProblem) return;
    if (tag.name == "outline") {
      tag.kind == text::Tag::Kind::kEnd ? CloseOutline(tag, list) : OpenOutline(tag, list);
    } else if (tag.name == "opml" || tag.name == "body") {
      if (tag.kind == text::Tag::Kind::kStart) any_opml_ = true;
      TakeDocumentEnd(tag.line, list);
    } else if (tag.name == "title" && tag.kind == text::Tag::Kind::kEnd && list_title_.empty()) {
      list_title_ = DecodeTitle(tag.text, charset_);
    }
    list.title = list_title_;
  }

  void TakeDocumentEnd(std::int64_t line, OutlineList& list) {
    if (depth_ > 0) {
      list.problems.push_back({line, std::to_string(depth_) + " <outline> above are not closed"});
    }
    depth_ = 0;
    folders_.clear();
    comment_depth_ = kNoComment;
    SayHeldBack(list);
  }

  void CloseOutline(const text::Tag& tag, OutlineList& list) {
    if (depth_ == 0) {
      list.problems.push_back({tag.line, "</outline> closes nothing"});
      return;
    }
    if (depth_ <= folders_.size()) folders_.pop_back();
    --depth_;
    if (comment_depth_ != kNoComment && depth_ < comment_depth_) comment_depth_ = kNoComment;
    // It was no folder, either.
    SayHeldBack(list);
  }

  void OpenOutline(const text::Tag& tag, OutlineList& list) {
    unsaid_.reset();  // what holds an outline is a folder, whatever its type
    if (IsComment(tag)) {
      if (tag.kind == text::Tag::Kind::kStart) OpenFolder({});
      return;
    }
    auto title = DecodeTitle(tag.Find("title"), charset_);
    if (title.empty()) title = DecodeTitle(tag.Find("text"), charset_);
    const auto url = UrlOf(tag);
    if (!url.empty()) {
      TakeFeed(tag, url, title, list);
      title.clear();  // a feed is no folder
    } else if (MeantAsFeed(tag)) {
      const auto page = Decode(schemas::TrimUnicodeSpace(tag.Find("htmlurl")), charset_);
      unsaid_ = {tag.line, "\"" + title + "\" has no xmlUrl" +
                               (page.empty() ? "" : "; try its page: saunter import " + page)};
    }
    if (tag.kind == text::Tag::Kind::kStart) {
      OpenFolder(std::move(title));
    } else {
      SayHeldBack(list);
    }
  }

  void SayHeldBack(OutlineList& list) {
    if (unsaid_) list.problems.push_back(*unsaid_);
    unsaid_.reset();
  }

  void OpenFolder(std::string title) {
    if (depth_ == folders_.size() && depth_ < kFolderDepthMax) folders_.push_back(std::move(title));
    ++depth_;
  }

  // OPML 2.0, "isComment": the outline and all below it are no part of the list.
  bool IsComment(const text::Tag& tag) {
    if (comment_depth_ != kNoComment) return true;
    if (!schemas::EqualsIgnoringCase(schemas::TrimUnicodeSpace(tag.Find("iscomment")), "true")) {
      return false;
    }
    if (tag.kind == text::Tag::Kind::kStart) comment_depth_ = depth_ + 1;
    return true;
  }

  void TakeFeed(const text::Tag& tag, const std::string& url, const std::string& title,
                OutlineList& list) {
    if (url.size() > kUrlBytesMax) {
      list.problems.push_back({tag.line, "the URL is longer than 8192 bytes"});
      return;
    }
    Outline outline;
    outline.url = url;
    outline.title = title;
    outline.site_url = Decode(schemas::TrimUnicodeSpace(tag.Find("htmlurl")), charset_);
    if (outline.site_url.size() > kUrlBytesMax) outline.site_url.clear();
    const auto folder = std::find_if(folders_.rbegin(), folders_.rend(),
                                     [](const auto& name) { return !name.empty(); });
    outline.category = folder != folders_.rend()
                           ? *folder
                           : DecodeTitle(FirstCategory(tag.Find("category")), charset_);
    outline.line = tag.line;
    list.outlines.push_back(std::move(outline));
  }

  std::string UrlOf(const text::Tag& tag) const {
    for (const auto* name : {"xmlurl", "feedurl"}) {
      if (const auto url = schemas::TrimUnicodeSpace(tag.Find(name)); !url.empty())
        return Decode(url, charset_);
    }
    return IsFeedType(tag) ? Decode(schemas::TrimUnicodeSpace(tag.Find("url")), charset_)
                           : std::string();
  }

  static bool IsFeedType(const text::Tag& tag) {
    const auto type = schemas::TrimUnicodeSpace(tag.Find("type"));
    return schemas::EqualsIgnoringCase(type, "rss") || schemas::EqualsIgnoringCase(type, "atom");
  }

  static bool MeantAsFeed(const text::Tag& tag) {
    if (IsFeedType(tag)) return true;
    return std::any_of(tag.attributes.begin(), tag.attributes.end(),
                       [](const auto& attribute) { return attribute.first == "xmlurl"; });
  }

  text::TagScanner scanner_{text::TagScanner::Dialect::kXml};
  const std::string charset_;
  std::string list_title_;
  std::vector<std::string> folders_;  // the open outlines' titles, down to kFolderDepthMax
  std::size_t depth_ = 0;
  static constexpr std::size_t kNoComment = SIZE_MAX;
  std::size_t comment_depth_ = kNoComment;  // of what is within the outermost comment
  std::optional<OutlineProblem> unsaid_;    // of a feed without URL that may turn out a folder
  std::int64_t last_line_ = 1;
  bool any_opml_ = false;
};

// --- Writing.
void AppendEscaped(std::string_view text, std::string& out) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else if (byte >= 0x20) {
      out.push_back(c);
    } else if (c == '\t' || c == '\n' || c == '\r') {
      out.push_back(' ');
    }
  }
}

void AppendAttribute(std::string_view name, std::string_view value, std::string& out) {
  out.append(" ").append(name).append("=\"");
  AppendEscaped(value, out);
  out.append("\"");
}

void AppendOutline(const Outline& outline, std::string_view indent, std::string& out) {
  out.append(indent).append("<outline type=\"rss\"");
  const auto& title = outline.title.empty() ? outline.url : outline.title;
  AppendAttribute("text", title, out);
  if (!outline.title.empty()) AppendAttribute("title", outline.title, out);
  AppendAttribute("xmlUrl", outline.url, out);
  if (!outline.site_url.empty()) AppendAttribute("htmlUrl", outline.site_url, out);
  out.append("/>\n");
}

}  // namespace

class OutlineReader::State {
 public:
  void Add(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto piece = bytes.substr(0, kPieceBytes);
      bytes.remove_prefix(piece.size());
      AddPiece(piece);
    }
  }

  void End() {
    if (!known_) Decide();
    if (opml_) opml_->End(list_);
    if (lines_) lines_->End(list_);
    if (channels_) channels_->End(list_);
    if (bookmarks_) bookmarks_->End(list_);
  }

  [[nodiscard]] bool Done() const {
    return known_ && !opml_ && !lines_ && !channels_ && !bookmarks_;
  }

  OutlineList Take() {
    OutlineList taken;
    taken.format = list_.format;
    taken.title = list_.title;
    taken.outlines.swap(list_.outlines);
    taken.problems.swap(list_.problems);
    return taken;
  }

 private:
  void AddPiece(std::string_view piece) {
    if (known_) {
      AddDecoded(utf16_ ? utf16_->Decode(piece) : std::string(piece));
      return;
    }
    beginning_.append(piece);
    if (beginning_.size() >= kSniffBytes) Decide();
  }

  void Decide() {
    known_ = true;
    if (beginning_.starts_with("\xff\xfe")) utf16_.emplace(std::size_t{1});
    if (beginning_.starts_with("\xfe\xff")) utf16_.emplace(std::size_t{0});
    auto beginning =
        utf16_ ? utf16_->Decode(std::exchange(beginning_, {})) : std::exchange(beginning_, {});
    constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
    if (beginning.starts_with(kByteOrderMark)) beginning.erase(0, kByteOrderMark.size());
    if (const auto kind = BinaryKind(beginning); !kind.empty()) {
      list_.problems.push_back({1, std::string(kind)});
      return;
    }
    list_.format = FormatOf(beginning);
    if (list_.format == OutlineFormat::kOpml)
      opml_.emplace(DeclaredCharset(schemas::TrimUnicodeSpace(beginning)));
    if (list_.format == OutlineFormat::kText) lines_.emplace();
    if (list_.format == OutlineFormat::kChannels) channels_.emplace();
    if (list_.format == OutlineFormat::kBookmarks) bookmarks_.emplace();
    AddDecoded(beginning);
  }

  void AddDecoded(std::string_view bytes) {
    if (opml_) opml_->Add(bytes, list_);
    if (lines_) lines_->Add(bytes, list_);
    if (channels_) channels_->Add(bytes, list_);
    if (bookmarks_) bookmarks_->Add(bytes, list_);
  }

  std::string beginning_;  // until the format is known
  bool known_ = false;
  std::optional<Utf16Decoder> utf16_;
  std::optional<OpmlReader> opml_;
  std::optional<LineReader> lines_;
  std::optional<ChannelReader> channels_;
  std::optional<BookmarkReader> bookmarks_;
  OutlineList list_;
};

OutlineReader::OutlineReader() : state_(std::make_unique<State>()) {}
OutlineReader::~OutlineReader() = default;
void OutlineReader::Add(std::string_view bytes) { state_->Add(bytes); }
void OutlineReader::End() { state_->End(); }
bool OutlineReader::Done() const { return state_->Done(); }
OutlineList OutlineReader::Take() { return state_->Take(); }

OutlineList ReadOutlines(std::string_view bytes) {
  OutlineReader reader;
  reader.Add(bytes);
  reader.End();
  return reader.Take();
}

std::string WriteOpml(std::string_view title, const std::vector<Outline>& outlines) {
  std::string out =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<opml version=\"2.0\">\n  <head>\n    <title>";
  AppendEscaped(title, out);
  out += "</title>\n  </head>\n  <body>\n";
  std::map<std::string_view, std::vector<const Outline*>> folders;
  for (const auto& outline : outlines) folders[outline.category].push_back(&outline);
  for (const auto& [category, members] : folders) {
    if (category.empty()) {
      for (const auto* outline : members) AppendOutline(*outline, "    ", out);
      continue;
    }
    out += "    <outline";
    AppendAttribute("text", category, out);
    out += ">\n";
    for (const auto* outline : members) AppendOutline(*outline, "      ", out);
    out += "    </outline>\n";
  }
  out += "  </body>\n</opml>\n";
  return out;
}

}  // namespace saunter::crawler::lists
