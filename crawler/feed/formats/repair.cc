#include "crawler/feed/formats/repair.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "crawler/text/plain_text.h"
#include "schemas/text.h"

namespace saunter::crawler::feed::formats {
namespace {

constexpr std::size_t kNpos = std::string_view::npos;

bool Holds(const auto& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(), [&](std::string_view known) {
    return schemas::EqualsIgnoringCase(known, name);
  });
}

constexpr auto kContainers =
    std::to_array<std::string_view>({"rss", "rdf", "channel", "feed", "item", "entry"});

// Fields that hold no element of the feed: a new field ends them, closed or not.
constexpr auto kLeaves = std::to_array<std::string_view>({"title",
                                                          "link",
                                                          "guid",
                                                          "pubDate",
                                                          "category",
                                                          "comments",
                                                          "id",
                                                          "updated",
                                                          "published",
                                                          "issued",
                                                          "modified",
                                                          "created",
                                                          "name",
                                                          "uri",
                                                          "email",
                                                          "url",
                                                          "language",
                                                          "copyright",
                                                          "generator",
                                                          "docs",
                                                          "ttl",
                                                          "lastBuildDate",
                                                          "width",
                                                          "height",
                                                          "managingEditor",
                                                          "webMaster",
                                                          "enclosure",
                                                          "creator",
                                                          "date",
                                                          "subject"});

// Fields that hold text with markup; only elements that are not HTML end them.
constexpr auto kTexts = std::to_array<std::string_view>(
    {"description", "encoded", "summary", "content", "subtitle", "tagline", "body", "rights"});

constexpr auto kNotHtml = std::to_array<std::string_view>(
    {"guid", "pubDate", "id", "updated", "published", "issued", "modified", "enclosure", "comments",
     "description", "encoded", "creator", "category", "author", "lastBuildDate", "ttl"});

constexpr auto kVoid = std::to_array<std::string_view>(
    {"br", "hr", "img", "input", "wbr", "col", "embed", "param", "track", "source", "area"});

std::string_view Local(std::string_view name) {
  const std::size_t colon = name.find(':');
  return colon == kNpos ? name : name.substr(colon + 1);
}

bool IsNameStart(char c) {
  return schemas::IsAsciiLetter(c) || c == '_' || c == ':' ||
         (static_cast<unsigned char>(c) & 0x80U) != 0;
}
bool IsNameByte(char c) {
  return IsNameStart(c) || schemas::IsAsciiDigit(c) || c == '-' || c == '.';
}

enum class Kind { kContainer, kLeaf, kText, kOther };

Kind KindOf(std::string_view name) {
  const std::string_view local = Local(name);
  if (Holds(kContainers, local)) return Kind::kContainer;
  // With a prefix, as in media:content or itunes:title, it is no field of the feed but still a
  // leaf.
  if (Holds(kLeaves, local)) return Kind::kLeaf;
  return Holds(kTexts, local) ? Kind::kText : Kind::kOther;
}

class Repairer {
 public:
  Repairer(std::string_view text, std::size_t depth_max) : text_(text), depth_max_(depth_max) {}

  std::string Run() {
    out_.reserve(text_.size() + text_.size() / 8);
    at_ = RootBegin();
    while (at_ < text_.size() && open_.size() <= depth_max_) {
      const std::size_t tag = text_.find('<', at_);
      PutText(text_.substr(at_, tag - at_));
      if (tag == kNpos) break;
      at_ = tag;
      if (!StepMarkup()) break;
    }
    DropUnfinished();
    CloseDownTo(0);
    return std::move(out_);
  }

 private:
  struct Open {
    std::string_view name;
    std::size_t out_begin;
    Kind kind;
  };

  // Lenient: warnings and other junk before the feed are skipped, a page's own tags are not.
  [[nodiscard]] std::size_t RootBegin() const {
    static constexpr auto kRoots =
        std::to_array<std::string_view>({"rss", "rdf:RDF", "feed", "channel"});
    for (std::size_t at = text_.find('<'); at != kNpos; at = text_.find('<', at + 1)) {
      const std::string_view rest = text_.substr(at + 1, 8);
      if (schemas::EqualsIgnoringCase(rest.substr(0, 4), "html") ||
          schemas::EqualsIgnoringCase(rest, "!doctype")) {
        return 0;
      }
      std::size_t length = 0;
      while (length < rest.size() && IsNameByte(rest[length])) ++length;
      if (Holds(kRoots, rest.substr(0, length))) return at;
    }
    return 0;
  }

  void PutText(std::string_view value) {
    if (!open_.empty()) out_ += value;
  }

  // Handles the "<" at at_; false if the document ends inside of it.
  bool StepMarkup() {
    const std::string_view rest = text_.substr(at_);
    if (rest.starts_with("<!--")) return SkipBehind("-->", at_ + 4);
    if (rest.starts_with("<![CDATA[")) {
      const std::size_t begin = at_;
      if (!SkipBehind("]]>", at_ + 9)) return false;
      PutText(text_.substr(begin, at_ - begin));
      return true;
    }
    if (rest.starts_with("<?")) return SkipBehind("?>", at_ + 2);
    if (rest.starts_with("<!")) return SkipDeclaration();
    if (rest.starts_with("</") && rest.size() > 2 && IsNameStart(rest[2])) return StepEnd();
    if (rest.size() > 1 && IsNameStart(rest[1])) return StepStart();
    if (rest.size() < 2 || rest == "</") return false;
    PutText("&lt;");
    ++at_;
    return true;
  }

  bool SkipBehind(std::string_view mark, std::size_t from) {
    const std::size_t end = text_.find(mark, from);
    if (end == kNpos) return false;
    at_ = end + mark.size();
    return true;
  }

  bool SkipDeclaration() {
    const std::size_t end = text_.find('>', at_);
    if (end == kNpos) return false;
    const std::size_t subset = text_.substr(0, end).find('[', at_);
    return subset == kNpos ? SkipBehind(">", at_) : SkipBehind("]", subset) && SkipBehind(">", at_);
  }

  std::string_view TakeName() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && IsNameByte(text_[at_])) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  bool StepEnd() {
    at_ += 2;
    const std::string_view name = TakeName();
    const std::size_t end = text_.find('>', at_);
    if (end == kNpos) return false;
    // Lenient: "</title" that lacks its ">".
    const std::size_t next = text_.find('<', at_);
    at_ = next < end ? next : end + 1;
    const Kind kind = KindOf(name);
    for (std::size_t i = open_.size(); i-- > 0;) {
      if (schemas::EqualsIgnoringCase(open_[i].name, name)) {
        CloseDownTo(i);
        break;
      }
      if (open_[i].kind == Kind::kContainer && kind != Kind::kContainer) break;
    }
    return true;
  }

  bool StepStart() {
    const std::size_t begin = at_++;
    const std::string_view name = TakeName();
    std::string attributes;
    const std::optional<TagEnd> end = TakeAttributes(attributes);
    if (!end) return false;
    if (*end == TagEnd::kBroken) {
      PutText("&lt;");
      at_ = begin + 1;
      return true;
    }
    const Kind kind = KindOf(name);
    MakeRoom(name, kind);
    const bool in_field = !open_.empty() && open_.back().kind != Kind::kContainer;
    const bool single = *end == TagEnd::kSingle || (in_field && Holds(kVoid, name));
    const std::size_t out_begin = out_.size();
    out_ += '<';
    out_ += name;
    out_ += attributes;
    out_ += single ? "/>" : ">";
    if (!single) open_.push_back({name, out_begin, kind});
    return true;
  }

  // Closes what a new element of this name ends.
  void MakeRoom(std::string_view name, Kind kind) {
    const std::string_view local = Local(name);
    if (schemas::EqualsIgnoringCase(local, "item") || schemas::EqualsIgnoringCase(local, "entry")) {
      for (std::size_t i = open_.size(); i-- > 0;) {
        const std::string_view open = Local(open_[i].name);
        if (schemas::EqualsIgnoringCase(open, local)) return CloseDownTo(i);
      }
    }
    std::size_t close = open_.size();
    for (std::size_t i = open_.size(); i-- > 0 && open_[i].kind != Kind::kContainer;) {
      const bool known = kind != Kind::kOther || name.size() != local.size();
      if (open_[i].kind == Kind::kLeaf && known) close = i;
      if (open_[i].kind == Kind::kText && (Holds(kNotHtml, local) || kind == Kind::kContainer)) {
        close = i;
      }
    }
    CloseDownTo(close);
  }

  void CloseDownTo(std::size_t depth) {
    while (open_.size() > depth) {
      out_ += "</";
      out_ += open_.back().name;
      out_ += '>';
      open_.pop_back();
    }
  }

  // Leaves out the entry in which the document ends, else the field of the feed.
  void DropUnfinished() {
    std::size_t cut = open_.size();
    for (std::size_t i = 0; i < open_.size(); ++i) {
      const std::string_view local = Local(open_[i].name);
      const bool entry =
          schemas::EqualsIgnoringCase(local, "item") || schemas::EqualsIgnoringCase(local, "entry");
      if (entry || open_[i].kind != Kind::kContainer) {
        cut = i;
        break;
      }
    }
    if (cut == open_.size()) return;
    out_.resize(open_[cut].out_begin);
    open_.resize(cut);
  }

  enum class TagEnd { kOpen, kSingle, kBroken };

  // Reads to behind the ">" and writes the attributes anew; nothing if the document ends first.
  std::optional<TagEnd> TakeAttributes(std::string& attributes) {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '>') {
        ++at_;
        return TagEnd::kOpen;
      }
      if (c == '<') return TagEnd::kBroken;
      if (c == '/' && at_ + 1 < text_.size() && text_[at_ + 1] == '>') {
        at_ += 2;
        return TagEnd::kSingle;
      }
      if (!IsNameStart(c)) {
        ++at_;
        continue;
      }
      if (!TakeAttribute(attributes)) return std::nullopt;
    }
    return std::nullopt;
  }

  // From the "=" on; false if the text ends before the value does.
  bool TakeValue(std::string_view& value) {
    ++at_;
    while (at_ < text_.size() && schemas::IsBlankOrLineEnd(text_[at_])) ++at_;
    if (at_ == text_.size()) return false;
    const char quote = text_[at_];
    const bool quoted = quote == '"' || quote == '\'';
    const std::size_t begin = quoted ? at_ + 1 : at_;
    const std::size_t end =
        quoted ? text_.find(quote, begin) : text_.find_first_of(" \t\r\n>", begin);
    if (end == kNpos) return false;
    value = text_.substr(begin, end - begin);
    at_ = quoted ? end + 1 : end;
    if (!quoted && value.ends_with('/') && text_[at_] == '>') {
      value.remove_suffix(1);
      --at_;
    }
    return true;
  }

  bool TakeAttribute(std::string& attributes) {
    const std::string_view name = TakeName();
    while (at_ < text_.size() && schemas::IsBlankOrLineEnd(text_[at_])) ++at_;
    std::string_view value;
    if (at_ < text_.size() && text_[at_] == '=' && !TakeValue(value)) return false;
    attributes += ' ';
    attributes += name;
    attributes += "=\"";
    for (const char c : value) {
      if (c == '"') {
        attributes += "&quot;";
      } else if (c == '<') {
        attributes += "&lt;";
      } else {
        attributes += c;
      }
    }
    attributes += '"';
    return true;
  }

  const std::string_view text_;
  const std::size_t depth_max_;
  std::size_t at_ = 0;
  std::string out_;
  std::vector<Open> open_;
};

}  // namespace

std::string RepairXml(std::string_view text, std::size_t depth_max) {
  return Repairer(text, depth_max).Run();
}

}  // namespace saunter::crawler::feed::formats
