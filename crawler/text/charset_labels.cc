#include "crawler/text/charset_labels.h"

#include <deque>
#include <unordered_map>

#include "schemas/text.h"

namespace saunter::crawler::text {
namespace {

constexpr std::size_t kLabelBytesMax = 40;

std::string FoldLabel(std::string_view label) {
  std::string folded;
  for (const char c : label.substr(0, kLabelBytesMax)) {
    if (schemas::IsAsciiLetter(c) || schemas::IsAsciiDigit(c)) folded += schemas::ToLowerAscii(c);
  }
  return folded;
}

// What stands before `end`, which is passed as well.
std::string_view TakePart(std::string_view& rest, char end) {
  const std::string_view taken = rest.substr(0, rest.find(end));
  rest.remove_prefix(std::min(taken.size() + 1, rest.size()));
  return taken;
}

struct CharsetList {
  std::deque<Charset> charsets;  // stay where they are
  std::unordered_map<std::string, const Charset*> by_label;

  CharsetList() {
    std::string_view text = BuiltInCharsets();
    while (!text.empty()) {
      std::string_view line = TakePart(text, '\n');
      if (line.empty() || line.front() == '#') continue;
      Charset& charset = charsets.emplace_back();
      charset.name = TakePart(line, ' ');
      charset.converter = TakePart(line, ' ');
      if (charset.converter == "-") charset.converter.clear();
      while (!line.empty()) by_label.emplace(FoldLabel(TakePart(line, ' ')), &charset);
    }
  }
};

const CharsetList& List() {
  static const CharsetList list;
  return list;
}

}  // namespace

const Charset* FindCharset(std::string_view label) {
  const auto found = List().by_label.find(FoldLabel(label));
  return found == List().by_label.end() ? nullptr : found->second;
}

const Charset& Utf8Charset() { return List().charsets[0]; }

const Charset& FallbackCharset() { return List().charsets[1]; }

}  // namespace saunter::crawler::text
