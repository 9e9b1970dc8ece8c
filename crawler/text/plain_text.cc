#include "crawler/text/plain_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <experimental/simd>

#include "crawler/text/entities.h"
#include "crawler/text/markup.h"
#include "schemas/text.h"

namespace saunter::crawler::text {
namespace {

namespace stdx = std::experimental;

constexpr std::size_t kEntityBytesMax = 34;
constexpr std::size_t kTitleFromTextCodePoints = 100;
constexpr std::string_view kCdataBegin = "<![CDATA[";
constexpr std::string_view kCdataEnd = "]]>";

struct UsualEntity {
  std::string_view text;
  char32_t code_point;
};

// XML 1.0, 4.6, and what else is common in escaped markup; all others are looked up.
constexpr auto kUsualEntities = std::to_array<UsualEntity>({{"&lt;", U'<'},
                                                            {"&gt;", U'>'},
                                                            {"&amp;", U'&'},
                                                            {"&quot;", U'"'},
                                                            {"&#39;", U'\''},
                                                            {"&#34;", U'"'},
                                                            {"&nbsp;", U'\xa0'},
                                                            {"&apos;", U'\''}});

// Characters that turn the text around them (Unicode Standard Annex 9, 2), or that take no room:
// with them a title can show what it does not say. The joiners stay, since scripts and pictures
// need them.
bool IsInvisible(char32_t c) {
  return c == 0x61c || c == 0x180e || c == 0x200b || c == 0x200e || c == 0x200f ||
         (c >= 0x202a && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
}

// Wider than what XML forbids: no reader is to see a control character.
bool IsUnprintable(char32_t c) {
  if (c < 0x20 || c == 0x7f) return true;
  if (c < 0x61c) return false;
  return IsInvisible(c) || (c >= 0xd800 && c <= 0xdfff) || c == 0xfffe || c == 0xffff ||
         c > 0x10ffff;
}

// Takes code points, folds white space, and stops when it has enough.
class Folder {
 public:
  Folder(std::size_t code_points_max, Cut cut) : code_points_max_(code_points_max), cut_(cut) {}

  // Makes room for the result of `bytes` bytes that are mostly ASCII.
  void Reserve(std::size_t bytes) { text_.reserve(std::min(bytes, code_points_max_)); }
  // False once nothing more is taken.
  bool Put(char32_t c) {
    // Lenient: U+0080 to U+009F were windows-1252 once.
    c = FromWindows1252(c);
    if (schemas::IsUnicodeSpace(c)) return Space();
    if (IsUnprintable(c)) return true;
    if (space_ && !text_.empty()) {
      if (count_ == code_points_max_) return Fill();
      text_ += ' ';
      ++count_;
    }
    space_ = false;
    if (count_ == code_points_max_) return Fill();
    schemas::AppendUtf8(text_, c);
    ++count_;
    return true;
  }
  // The same for what RunLength allows: ASCII with single spaces in it.
  bool PutRun(std::string_view run) {
    if (!Put(static_cast<unsigned char>(run.front()))) return false;
    run.remove_prefix(1);
    const std::size_t room = std::min(run.size(), code_points_max_ - count_);
    text_ += run.substr(0, room);
    count_ += room;
    if (room == run.size()) return true;
    space_ = run[room] == ' ';
    return Fill();
  }
  // The same for one sequence of three bytes that is neither white nor forbidden.
  bool PutWide(std::string_view sequence) {
    if (space_ || count_ == code_points_max_) {
      std::size_t at = 0;
      return Put(schemas::NextCodePoint(sequence, at));
    }
    text_ += sequence;
    ++count_;
    return true;
  }
  bool Space() {
    space_ = true;
    return true;
  }
  [[nodiscard]] bool IsEmpty() const { return text_.empty(); }
  [[nodiscard]] Folded Take() {
    const std::size_t word_end = text_.rfind(' ');
    if (full_ && cut_ == Cut::kWord && !ended_at_word_ && word_end != std::string::npos &&
        word_end > text_.size() / 2) {
      text_.resize(word_end);
    }
    while (!text_.empty() && text_.back() == ' ') text_.pop_back();
    return {std::move(text_), full_};
  }

 private:
  bool Fill() {
    full_ = true;
    ended_at_word_ = space_;
    return false;
  }

  const std::size_t code_points_max_;
  const Cut cut_;
  std::string text_;
  std::size_t count_ = 0;
  bool space_ = false;
  bool full_ = false;
  bool ended_at_word_ = false;
};

// Bytes that can be copied as they are.
constexpr std::array<bool, 256> kRunBytes = [] {
  std::array<bool, 256> bytes{};
  for (std::size_t i = 0x21; i < 0x7f; ++i) bytes[i] = i != '<' && i != '&' && i != ']';
  return bytes;
}();

// The length of the text at `at` that is run bytes with single spaces between them.
std::size_t RunLength(std::string_view text, std::size_t at) {
  using Lanes = stdx::native_simd<char>;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (!kRunBytes[byte(at)]) return 0;
  const std::size_t begin = at++;
  for (; text.size() - at >= Lanes::size(); at += Lanes::size()) {
    const Lanes before(text.data() + at - 1, stdx::element_aligned);
    const Lanes block(text.data() + at, stdx::element_aligned);
    // As signed numbers the bytes beyond ASCII are less than a space, too.
    const auto ends = block < ' ' || block == '\x7f' || block == '<' || block == '&' ||
                      block == ']' || (block == ' ' && before == ' ');
    if (stdx::any_of(ends)) {
      at += static_cast<std::size_t>(stdx::find_first_set(ends));
      return at - begin - (text[at - 1] == ' ' ? 1 : 0);
    }
  }
  while (at < text.size() && (kRunBytes[byte(at)] || (text[at] == ' ' && text[at - 1] != ' '))) {
    ++at;
  }
  return at - begin - (text[at - 1] == ' ' ? 1 : 0);
}

// True for the first byte of three that make a CJK character or the like: none of them is white.
bool IsWide(std::string_view text, std::size_t at) {
  const auto first = static_cast<unsigned char>(text[at]);
  return first >= 0xe4 && first <= 0xec && text.size() - at >= 3;
}

// Whether the entity at `at` is what a plain text speaks of, as in "Why &nbsp; matters": one that
// would vanish into the white space around it. All others are left over from a second escaping.
bool IsSpokenOf(std::string_view text, std::size_t at) {
  const auto is_blank = [&](std::size_t i) { return schemas::IsBlankOrLineEnd(text[i]); };
  if (at == 0 || !is_blank(at - 1)) return false;
  const std::size_t end = text.find(';', at);
  std::string_view name = text.substr(at, std::min(end, at + kEntityBytesMax) - at);
  std::size_t behind = at + name.size() + 1;
  // "&amp;nbsp;", as it is written of how the other is written.
  while (name == "&amp" && behind < text.size() && !is_blank(behind)) {
    name = text.substr(behind, text.substr(behind, kEntityBytesMax).find(';'));
    behind += name.size() + 1;
    if (name == "amp") name = "&amp";
  }
  if (behind + 1 >= text.size() || !is_blank(behind)) return false;
  if (name.starts_with('&')) name.remove_prefix(1);
  const std::string reference = std::string("&").append(name).append(";");
  EntityReader entities;
  const auto entity = entities.Read(reference);
  return entity && entity->length == reference.size() && entity->code_points.size() == 1 &&
         schemas::IsUnicodeSpace(entity->code_points.front()) &&
         text.find_first_not_of(schemas::kAsciiSpace, behind) != std::string_view::npos;
}

// Reads a text with its markup and entities into a folder.
class FoldedReader {
 public:
  FoldedReader(std::string_view text, Markup markup, Extent extent, Folder& folder)
      : text_(text),
        markup_(markup),
        whole_(extent == Extent::kWhole),
        folder_(folder),
        tags_(text, markup, extent) {}

  void Read() {
    const std::size_t undecided = whole_ ? 0 : std::min(text_.size(), kUndecidedBytes);
    const std::size_t end = text_.size() - undecided;
    while (at_ < end) {
      if (const std::size_t run = RunLength(text_, at_); run > 0) {
        if (!folder_.PutRun(text_.substr(at_, run))) return;
        at_ += run;
        continue;
      }
      if (IsWide(text_, at_)) {
        if (!folder_.PutWide(text_.substr(at_, 3))) return;
        at_ += 3;
        continue;
      }
      const auto mark = PassMark();
      if (mark == Mark::kEnough) return;
      if (mark == Mark::kNone && !folder_.Put(schemas::NextCodePoint(text_, at_))) return;
    }
  }

 private:
  static constexpr std::size_t kUndecidedBytes = 64;  // holds the longest entity and any character
  // kNone: a character stands here. kPassed: it was none, and is passed. kEnough: the folder takes
  // no more, or what follows the text decides what this is.
  enum class Mark { kNone, kPassed, kEnough };

  Mark PassMark() {
    switch (text_[at_]) {
      case '<':
        return PassTag();
      case '&':
        return PassEntity();
      case ']':
        if (!in_cdata_ || !text_.substr(at_).starts_with(kCdataEnd)) return Mark::kNone;
        in_cdata_ = false;
        at_ += kCdataEnd.size();
        return Mark::kPassed;
      default:
        return Mark::kNone;
    }
  }

  Mark PassTag() {
    // Lenient: a plain text may be wrapped as a whole.
    const bool may_be_wrapped = markup_ != Markup::kPlain || folder_.IsEmpty();
    if (may_be_wrapped && text_.substr(at_).starts_with(kCdataBegin)) {
      in_cdata_ = true;
      at_ += kCdataBegin.size();
      return Mark::kPassed;
    }
    if (markup_ == Markup::kPlain) return Mark::kNone;
    const MarkupSpan span = tags_.Read(at_);
    if (!whole_ && !span.decided) return Mark::kEnough;
    if (span.next == at_) return Mark::kNone;
    if (span.ends_word) folder_.Space();
    at_ = span.next;
    return Mark::kPassed;
  }

  Mark PassEntity() {
    if (markup_ == Markup::kPlain && IsSpokenOf(text_, at_)) return Mark::kNone;
    const auto entity = entities_.Read(text_.substr(at_));
    if (!entity) return Mark::kNone;
    at_ += entity->length;
    for (const char32_t code_point : entity->code_points) {
      if (!folder_.Put(code_point)) return Mark::kEnough;
    }
    return Mark::kPassed;
  }

  const std::string_view text_;
  const Markup markup_;
  const bool whole_;
  Folder& folder_;
  MarkupReader tags_;
  std::size_t at_ = 0;
  bool in_cdata_ = false;
  EntityReader entities_;
};

// Leaves out the beginning of an entity that a cut went through: the rest would have decided it.
void DropCutEntity(std::string& text) {
  const std::size_t at = text.rfind('&');
  if (at == std::string::npos || text.size() - at > kEntityBytesMax) return;
  const bool may_go_on = std::all_of(
      text.begin() + static_cast<std::ptrdiff_t>(at) + 1, text.end(),
      [](char c) { return schemas::IsAsciiLetter(c) || schemas::IsAsciiDigit(c) || c == '#'; });
  if (may_go_on) text.resize(at);
}

}  // namespace

std::optional<Entity> EntityReader::Read(std::string_view text) {
  for (const auto& usual : kUsualEntities) {
    if (text.starts_with(usual.text)) return Entity{{&usual.code_point, 1}, usual.text.size()};
  }
  const std::size_t end = text.substr(0, kEntityBytesMax).find(';');
  if (end == std::string_view::npos || end < 2) return std::nullopt;
  const std::string_view name = text.substr(1, end - 1);
  if (name[0] != '#') {
    auto known = LookUpEntity(name);
    if (!known) return std::nullopt;
    buffer_ = *std::move(known);
    return Entity{buffer_, end + 1};
  }
  const bool hex = name.size() > 1 && (name[1] == 'x' || name[1] == 'X');
  const std::string_view digits = name.substr(hex ? 2 : 1);
  std::uint32_t value = 0;
  const auto [stop, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, hex ? 16 : 10);
  if (digits.empty() || stop != digits.data() + digits.size()) return std::nullopt;
  buffer_.clear();
  const char32_t c = FromWindows1252(value);
  const bool white = c == '\t' || c == '\n' || c == '\r';
  if (error == std::errc() && (white || !IsUnprintable(c))) buffer_.push_back(c);
  return Entity{buffer_, end + 1};
}

std::string DecodeEntities(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  AppendDecoded(text, decoded);
  return decoded;
}

void AppendDecoded(std::string_view text, std::string& decoded) {
  EntityReader entities;
  while (true) {
    const std::size_t ampersand = text.find('&');
    decoded += text.substr(0, ampersand);
    if (ampersand == std::string_view::npos) return;
    text.remove_prefix(ampersand);
    const auto entity = entities.Read(text);
    if (!entity) decoded += '&';
    for (const char32_t c : entity ? entity->code_points : std::u32string_view()) {
      schemas::AppendUtf8(decoded, c);
    }
    text.remove_prefix(entity ? entity->length : 1);
  }
}

Folded FoldText(std::string_view text, Markup markup, std::size_t code_points_max, Cut cut,
                Extent extent) {
  Folder folder(code_points_max, cut);
  folder.Reserve(text.size());
  FoldedReader(text, markup, extent, folder).Read();
  Folded folded = folder.Take();
  if (folded.text.find('&') == std::string::npos) return folded;
  if (folded.cut) DropCutEntity(folded.text);
  // Lenient: what was escaped twice still holds entities.
  Folder again(code_points_max, cut);
  FoldedReader(folded.text, Markup::kPlain, Extent::kWhole, again).Read();
  folded.text = again.Take().text;
  return folded;
}

std::string PlainText(std::string_view text, Markup markup, std::size_t code_points_max, Cut cut) {
  return FoldText(text, markup, code_points_max, cut, Extent::kWhole).text;
}

std::string_view CutCodePoints(std::string_view text, std::size_t code_points_max) {
  std::size_t at = 0;
  for (std::size_t count = 0; at < text.size(); ++count) {
    if (count == code_points_max) return text.substr(0, at);
    static_cast<void>(schemas::NextCodePoint(text, at));
  }
  return text;
}

std::string TitleFromText(std::string_view text) {
  return std::string(schemas::TrimUnicodeSpace(CutCodePoints(text, kTitleFromTextCodePoints)));
}

std::string_view WithoutCdata(std::string_view text) {
  const std::string_view trimmed = schemas::TrimUnicodeSpace(text);
  if (!trimmed.starts_with(kCdataBegin) || !trimmed.ends_with(kCdataEnd)) return text;
  return trimmed.substr(kCdataBegin.size(), trimmed.size() - kCdataBegin.size() - kCdataEnd.size());
}

}  // namespace saunter::crawler::text
