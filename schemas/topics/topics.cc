#include "schemas/topics/topics.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "schemas/text.h"
#include "schemas/topics/topics_built_in.h"

namespace saunter::schemas::topics {
namespace {

constexpr std::size_t kFileBytesMax = 1048576;
// The parts of a word are looked up too, if there are no more than this.
constexpr std::size_t kPartsMax = 5;
constexpr std::size_t kPartBytesMin = 3;
// Code points of the longest part that is looked for in scripts without spaces.
constexpr std::size_t kScriptPartMax = 6;

// U+00C0 to U+017F without their accents; "?" stays as it is.
constexpr std::string_view kLatin =
    "aaaaaaaceeeeiiiidnooooo?ouuuuytsaaaaaaaceeeeiiiidnooooo?ouuuuyty"
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkklllllll"
    "lllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
static_assert(kLatin.size() == 0x180 - 0xc0);

// Greek letters with tonos, and what they are without.
char32_t FoldGreek(char32_t c) {
  constexpr std::array<std::array<char32_t, 2>, 16> kTonos = {{{0x386, 0x3b1},
                                                               {0x388, 0x3b5},
                                                               {0x389, 0x3b7},
                                                               {0x38a, 0x3b9},
                                                               {0x38c, 0x3bf},
                                                               {0x38e, 0x3c5},
                                                               {0x38f, 0x3c9},
                                                               {0x3ac, 0x3b1},
                                                               {0x3ad, 0x3b5},
                                                               {0x3ae, 0x3b7},
                                                               {0x3af, 0x3b9},
                                                               {0x3cc, 0x3bf},
                                                               {0x3cd, 0x3c5},
                                                               {0x3ce, 0x3c9},
                                                               {0x3c2, 0x3c3},
                                                               {0x3ca, 0x3b9}}};
  for (const auto& [from, to] : kTonos) {
    if (c == from) return to;
  }
  return c >= 0x391 && c <= 0x3a9 ? c + 0x20 : c;
}

char32_t FoldAscii(char32_t c) {
  const auto lower = ToLowerAscii(static_cast<char>(c));
  const bool is_kept = IsAsciiLetter(lower) || IsAsciiDigit(lower) || lower == '+' || lower == '#';
  return is_kept ? static_cast<char32_t>(lower) : 0;
}

char32_t FoldCyrillic(char32_t c) {
  if (c >= 0x410 && c <= 0x42f) return c + 0x20;
  if (c == 0x401 || c == 0x451) return 0x435;  // ё is written е as often
  return c <= 0x40f ? c + 0x50 : c;
}

bool IsMark(char32_t c) {
  if (c >= 0x2000 && c <= 0x206f) return true;                   // dashes and quotes
  if ((c >= 0x3000 && c <= 0x3020) || c == 0x30fb) return true;  // CJK brackets and dots
  return c == 0xfe0f || (c >= 0x1f000 && c <= 0x1faff);          // pictures
}

// 0: the code point divides words or has no meaning.
char32_t Fold(char32_t c) {
  if (c >= 0xff01 && c <= 0xff5e) c -= 0xfee0;  // full width
  if (c < 0x80) return FoldAscii(c);
  if (c < 0xc0) return 0;
  if (c < 0x180) {
    const char plain = kLatin[c - 0xc0];
    return plain == '?' ? 0 : static_cast<char32_t>(plain);
  }
  if (c >= 0x1ea0 && c <= 0x1ef9) {  // Vietnamese: capital and small letters take turns
    return c | 1;
  }
  if (c >= 0x300 && c <= 0x36f) return 0x300;  // a combining accent
  if (c >= 0x370 && c < 0x400) return FoldGreek(c);
  if (c >= 0x400 && c < 0x460) return FoldCyrillic(c);
  return IsMark(c) ? 0 : c;
}

// Scripts that put no space between words.
bool IsSpaceless(char32_t c) {
  return (c >= 0x3040 && c <= 0x30ff) || (c >= 0x3400 && c <= 0x9fff) ||
         (c >= 0xac00 && c <= 0xd7a3);
}

bool IsTopicName(std::string_view name) {
  return !name.empty() && name.size() <= 40 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

// All parts of a run of a spaceless script, the longest first at each place.
template <typename Find>
TopicMask OfScriptParts(std::string_view folded, const Find& find) {
  std::vector<std::size_t> starts;
  for (std::size_t at = 0; at < folded.size();) {
    starts.push_back(at);
    if (!IsSpaceless(NextCodePoint(folded, at))) return 0;
  }
  starts.push_back(folded.size());
  TopicMask topics = 0;
  for (std::size_t from = 0; from + 1 < starts.size();) {
    std::size_t step = 1;
    for (auto size = std::min(kScriptPartMax, starts.size() - 1 - from); size >= 2; --size) {
      const auto begin = starts[from];
      const auto found = find(std::string(folded.substr(begin, starts[from + size] - begin)));
      if (found == 0) continue;
      topics |= found;
      step = size;
      break;
    }
    from += step;
  }
  return topics;
}

}  // namespace

std::string FoldWord(std::string_view word) {
  std::string folded;
  if (!IsUtf8(word)) return folded;
  bool is_parted = false;
  for (std::size_t at = 0; at < word.size();) {
    const auto value = NextCodePoint(word, at);
    const auto plain = Fold(value);
    if (plain == 0x300) continue;
    const bool is_hash = plain == '#' && (folded.empty() || is_parted);
    if (plain == 0 || is_hash) {
      // An apostrophe does not divide words: "women's" is "womens".
      is_parted = is_parted || (value != '\'' && value != 0x2019);
      continue;
    }
    if (is_parted && !folded.empty()) folded.push_back(' ');
    is_parted = false;
    AppendUtf8(folded, plain);
  }
  return folded;
}

// Reads one list, line by line.
class Topics::Reader {
 public:
  explicit Reader(Topics& topics) : topics_(topics) {}

  // What is wrong with the line, if anything.
  std::optional<std::string> Take(std::string_view line) {
    line = Trim(line, kBlanksAndLineEnds);
    if (line.empty() || line.front() == '#') return std::nullopt;
    if (line.front() == '[') return Begin(line);
    if (topics_.list_.empty()) return "words before the first [topic]";
    while (true) {
      const auto comma = line.find(',');
      const auto word = FoldWord(line.substr(0, comma));
      if (!word.empty()) {
        topics_.words_[word] |= Bit(topics_.list_.size() - 1);
      } else if (!Trim(line.substr(0, comma), kBlanksAndLineEnds).empty()) {
        return "\"" + std::string(Trim(line.substr(0, comma), kBlanksAndLineEnds)) +
               "\" holds no letter or digit";
      }
      if (comma == std::string_view::npos) return std::nullopt;
      line.remove_prefix(comma + 1);
    }
  }

 private:
  static TopicMask Bit(std::size_t place) { return TopicMask{1} << place; }

  // "[name] Label" or "[name in group] Label"
  std::optional<std::string> Begin(std::string_view line) {
    const auto end = line.find(']');
    if (end == std::string_view::npos) return "a topic's name ends in \"]\"";
    auto name = Trim(line.substr(1, end - 1), kBlanksAndLineEnds);
    std::string_view group;
    if (const auto in = name.find(" in "); in != std::string_view::npos) {
      group = Trim(name.substr(in + 4), kBlanksAndLineEnds);
      name = Trim(name.substr(0, in), kBlanksAndLineEnds);
    }
    if (!IsTopicName(name)) {
      return "\"" + std::string(name) + "\": a topic's name is made of a-z, 0-9 and \"-\"";
    }
    if (topics_.named_.contains(std::string(name))) {
      return "the topic \"" + std::string(name) + "\" stands twice";
    }
    if (topics_.list_.size() == kTopicsMax) {
      return "there are more than " + std::to_string(kTopicsMax) + " topics";
    }
    const auto bit = Bit(topics_.list_.size());
    if (!group.empty()) {
      const auto found = std::find_if(topics_.list_.begin(), topics_.list_.end(),
                                      [&](const Topic& topic) { return topic.name == group; });
      if (found == topics_.list_.end() || !found->group.empty()) {
        return "\"" + std::string(group) + "\" is not a topic above that can be a group";
      }
      topics_.named_[std::string(group)] |= bit;
    }
    const auto label = Trim(line.substr(end + 1), kBlanksAndLineEnds);
    topics_.named_[std::string(name)] = bit;
    topics_.words_[FoldWord(name)] |= bit;
    topics_.list_.push_back({.name = std::string(name),
                             .label = std::string(label.empty() ? name : label),
                             .group = std::string(group)});
    return std::nullopt;
  }

  Topics& topics_;
};

Topics::ParseResult Topics::Parse(std::string_view text, std::string_view name) {
  const std::string where(name);
  if (text.size() > kFileBytesMax) return {nullptr, where + " is larger than a megabyte"};
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  if (!IsUtf8(text)) return {nullptr, where + " is not UTF-8"};
  auto topics = std::make_shared<Topics>();
  Reader reader(*topics);
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    if (const auto problem = reader.Take(text.substr(0, end))) {
      return {nullptr, where + ":" + std::to_string(number) + ": " + *problem};
    }
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  if (topics->list_.empty()) return {nullptr, where + " names no topic"};
  return {std::move(topics), {}};
}

std::shared_ptr<const Topics> Topics::BuiltIn() {
  static const auto kTopics = [] {
    auto parsed = Parse(BuiltInTopics(), "the built-in topics");
    if (!parsed.topics) throw std::logic_error(parsed.problem);
    return parsed.topics;
  }();
  return kTopics;
}

std::optional<TopicMask> Topics::Named(std::string_view name) const {
  const auto found = named_.find(std::string(name));
  if (found == named_.end()) return std::nullopt;
  return found->second;
}

// As it is, or without the s of a plural.
TopicMask Topics::Find(const std::string& folded) const {
  if (const auto found = words_.find(folded); found != words_.end()) return found->second;
  if (folded.size() <= kPartBytesMin || folded.back() != 's') return 0;
  const auto found = words_.find(folded.substr(0, folded.size() - 1));
  return found == words_.end() ? 0 : found->second;
}

TopicMask Topics::OfParts(std::string_view folded) const {
  if (static_cast<std::size_t>(std::count(folded.begin(), folded.end(), ' ')) >= kPartsMax) {
    return 0;
  }
  TopicMask topics = 0;
  while (!folded.empty()) {
    const auto space = folded.find(' ');
    const std::string part(folded.substr(0, space));
    auto found = part.size() < kPartBytesMin ? 0 : Find(part);
    if (found == 0) {
      found = OfScriptParts(part, [&](const std::string& piece) { return Find(piece); });
    }
    topics |= found;
    folded = space == std::string_view::npos ? std::string_view() : folded.substr(space + 1);
  }
  return topics;
}

TopicMask Topics::Of(std::string_view word) const {
  const auto folded = FoldWord(word);
  const auto found = Find(folded);
  return found != 0 ? found : OfParts(folded);
}

}  // namespace saunter::schemas::topics
