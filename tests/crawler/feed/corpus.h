// What the tests over the corpus share: its files, its comparison of texts, and the files beside
// the tests that name each difference with its reason.
#pragma once

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "crawler/text/plain_text.h"
#include "schemas/units.h"
#include "tests/support/files.h"

namespace saunter::crawler::feed {

inline constexpr schemas::UnixSeconds kCorpusNow = 1800000000;

// Empty where the key is missing or no string.
inline std::string StringOf(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// Lines "key: reason" of a file beside these tests; "#" begins a comment.
inline std::map<std::string, std::string> ReadExceptions(std::string_view name) {
  std::map<std::string, std::string> reasons;
  std::ifstream file(support::Tree("tests/crawler/feed") / name);
  for (std::string line; std::getline(file, line);) {
    const auto end = line.find(": ");
    if (line.starts_with('#') || end == std::string::npos) continue;
    reasons.emplace(line.substr(0, end), line.substr(end + 2));
  }
  return reasons;
}

inline std::string Words(const std::string& text, text::Markup markup) {
  return text::PlainText(text, markup, text::kNoLimit, text::Cut::kCodePoint);
}

// The same words, whether what is wanted is markup, plain text, or `want_plain`.
inline bool SameText(const std::string& got, const std::string& want,
                     const std::string& want_plain = {}) {
  const std::string words = Words(got, text::Markup::kPlain);
  const std::string stripped = Words(got, text::Markup::kHtml);
  for (const auto& wanted :
       {Words(want, text::Markup::kPlain), Words(want, text::Markup::kHtml), want_plain}) {
    if (!wanted.empty() && (words == wanted || stripped == wanted)) return true;
  }
  return false;
}

}  // namespace saunter::crawler::feed
