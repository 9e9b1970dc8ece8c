#include "crawler/text/entities.h"

#include <gumbo.h>
#include <libxml/HTMLparser.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "crawler/text/plain_text.h"
#include "schemas/text.h"

namespace saunter::crawler::text {
namespace {

constexpr std::size_t kNameBytesMax = 32;

struct CommonEntity {
  std::string_view name;
  char32_t code_point;
};

// The names that make up nearly all entities in feeds.
constexpr std::array kCommonEntities = {
    CommonEntity{"rsquo", U'\u2019'},  CommonEntity{"lsquo", U'\u2018'},
    CommonEntity{"ldquo", U'\u201c'},  CommonEntity{"rdquo", U'\u201d'},
    CommonEntity{"hellip", U'\u2026'}, CommonEntity{"mdash", U'\u2014'},
    CommonEntity{"ndash", U'\u2013'},
};

// Gumbo knows all of HTML 5's names but does not show its table, so it parses a fragment.
std::optional<std::u32string> AskGumbo(const std::string& reference) {
  GumboOutput* const output = gumbo_parse(reference.c_str());
  if (output == nullptr) return std::nullopt;
  std::optional<std::u32string> found;
  const GumboNode* node = output->root;
  while (node != nullptr && node->type == GUMBO_NODE_ELEMENT) {
    const GumboVector& children = node->v.element.children;
    node = children.length == 0 ? nullptr
                                : static_cast<const GumboNode*>(children.data[children.length - 1]);
  }
  if (node != nullptr && (node->type == GUMBO_NODE_TEXT || node->type == GUMBO_NODE_WHITESPACE)) {
    const std::string_view text = node->v.text.text;
    if (text != reference && text.find(';') == std::string_view::npos) {
      found.emplace();
      for (std::size_t at = 0; at < text.size();)
        found->push_back(schemas::NextCodePoint(text, at));
    }
  }
  gumbo_destroy_output(&kGumboDefaultOptions, output);
  return found;
}

}  // namespace

std::optional<std::u32string> LookUpEntity(std::string_view name) {
  if (name.empty() || name.size() > kNameBytesMax) return std::nullopt;
  for (const auto& common : kCommonEntities) {
    if (common.name == name) return std::u32string(1, common.code_point);
  }
  if (!std::all_of(name.begin(), name.end(),
                   [](unsigned char c) { return std::isalnum(c) != 0; })) {
    return std::nullopt;
  }
  const std::string terminated(name);
  const auto* bytes = reinterpret_cast<const xmlChar*>(terminated.c_str());
  if (const htmlEntityDesc* known = htmlEntityLookup(bytes)) {
    return std::u32string(1, static_cast<char32_t>(known->value));
  }
  return AskGumbo("&" + terminated + ";");
}

char32_t FromWindows1252(char32_t code_point) {
  static constexpr std::array<char32_t, 32> kHigh = {
      0x20ac, 0x81,   0x201a, 0x192,  0x201e, 0x2026, 0x2020, 0x2021, 0x2c6,  0x2030, 0x160,
      0x2039, 0x152,  0x8d,   0x17d,  0x8f,   0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
      0x2013, 0x2014, 0x2dc,  0x2122, 0x161,  0x203a, 0x153,  0x9d,   0x17e,  0x178};
  return code_point >= 0x80 && code_point <= 0x9f ? kHigh[code_point - 0x80] : code_point;
}

}  // namespace saunter::crawler::text
