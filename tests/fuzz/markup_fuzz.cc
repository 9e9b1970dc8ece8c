// Markup to plain text. The first byte picks what the text is, the second how long it may become.

#include <algorithm>
#include <array>
#include <string>

#include "crawler/text/charset.h"
#include "crawler/text/plain_text.h"
#include "schemas/text.h"
#include "tests/fuzz/invariants.h"

namespace {

using saunter::crawler::text::Cut;
using saunter::crawler::text::Extent;
using saunter::crawler::text::Markup;
using saunter::fuzz::IsStorableText;
using saunter::fuzz::Require;

std::size_t CountCodePoints(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

// Words with one blank between them, and no character that cannot be seen to be there.
void RequireFolded(std::string_view text, std::size_t code_points_max) {
  Require(IsStorableText(text), "text is storable");
  Require(CountCodePoints(text) <= code_points_max, "text is cut");
  Require(saunter::schemas::TrimUnicodeSpace(text) == text, "text begins and ends with a word");
  Require(text.find("  ") == std::string_view::npos, "white space is folded");
  Require(std::ranges::none_of(text, [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; }),
          "text is without control characters");
}

// The fold of the beginning says of itself whether it is that of the whole.
void RequireDecidedBeginning(std::string_view text, Markup markup, std::size_t code_points_max,
                             Cut cut) {
  using saunter::crawler::text::FoldText;
  const std::string whole = FoldText(text, markup, code_points_max, cut, Extent::kWhole).text;
  for (const std::size_t parts : {2U, 3U, 5U}) {
    std::size_t bytes = text.size() / parts;
    while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xc0U) == 0x80U) --bytes;
    const auto beginning =
        FoldText(text.substr(0, bytes), markup, code_points_max, cut, Extent::kBeginning);
    Require(!beginning.cut || beginning.text == whole, "a beginning that is cut is enough");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using saunter::crawler::text::PlainText;
  if (size < 2) return 0;
  static constexpr std::array kMarkups = {Markup::kHtml, Markup::kHtmlTitle, Markup::kPlain};
  const Markup markup = kMarkups[data[0] % kMarkups.size()];
  const Cut cut = data[0] < 0x80 ? Cut::kCodePoint : Cut::kWord;
  const std::size_t code_points_max = data[1] * std::size_t{2};
  const std::string text =
      saunter::crawler::text::RepairUtf8({reinterpret_cast<const char*>(data) + 2, size - 2});

  const std::string plain = PlainText(text, markup, code_points_max, cut);
  RequireFolded(plain, code_points_max);
  RequireDecidedBeginning(text, markup, code_points_max, cut);
  Require(IsStorableText(saunter::crawler::text::DecodeEntities(text)), "decoded is storable");
  Require(CountCodePoints(saunter::crawler::text::TitleFromText(text)) <= 100,
          "a title made of text is short");

  const std::string all =
      PlainText(text, markup, saunter::crawler::text::kNoLimit, Cut::kCodePoint);
  RequireFolded(all, saunter::crawler::text::kNoLimit);
  if (all.find('&') != std::string::npos) return 0;  // it would be decoded once more
  Require(all.starts_with(plain), "a cut text is the beginning of the whole");
  const bool exact = cut == Cut::kCodePoint && text.find('&') == std::string::npos;
  Require(!exact || plain == saunter::schemas::TrimUnicodeSpace(
                                 saunter::crawler::text::CutCodePoints(all, code_points_max)),
          "a cut text is as long as it may be");
  Require(
      all.starts_with("<![CDATA[") ||
          PlainText(all, Markup::kPlain, saunter::crawler::text::kNoLimit, Cut::kCodePoint) == all,
      "plain text stays as it is");
  return 0;
}
