#include "crawler/health/page.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <unordered_map>

#include "crawler/url/url.h"
#include "schemas/text.h"

namespace saunter::crawler::health {
namespace {

constexpr double kAlikeFrom = 0.95;
constexpr std::size_t kSlugBytesMin = 6;
constexpr std::size_t kPlainSlugBytesMin = 20;  // no word of a text is that long
constexpr std::size_t kHexDigits = 8;

// Letters, digits and everything beyond ASCII.
constexpr bool IsWordByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
}

// The element's name of a tag that begins at `at`, without the "/" of an end tag.
std::string_view TagName(std::string_view html, std::size_t at) {
  std::size_t begin = at + 1;
  if (begin < html.size() && html[begin] == '/') ++begin;
  std::size_t end = begin;
  while (end < html.size() && ((html[end] >= 'a' && html[end] <= 'z') || html[end] == '-')) ++end;
  return html.substr(begin, end - begin);
}

struct VisibleText {
  std::string title;
  std::string text;  // the title's included
  bool has_script = false;
};

// Linear: each byte is passed once. `html` is in lower case.
VisibleText ReadVisibleText(std::string_view html) {
  VisibleText visible;
  bool in_title = false;
  bool had_title = false;
  std::size_t at = 0;
  while (at < html.size()) {
    if (html[at] != '<') {
      const auto end = std::min(html.find('<', at), html.size());
      const auto piece = html.substr(at, end - at);
      visible.text.append(piece);
      if (in_title) visible.title.append(piece);
      at = end;
      continue;
    }
    const bool ends_tag = html.substr(at).starts_with("</");
    const auto name = TagName(html, at);
    std::string_view closing = ">";
    if (html.substr(at).starts_with("<!--")) {
      closing = "-->";
    } else if (!ends_tag && name == "script") {
      visible.has_script = true;
      closing = "</script";
    } else if (!ends_tag && name == "style") {
      closing = "</style";
    } else if (name == "title") {
      in_title = !ends_tag && !had_title;
      had_title = true;
    }
    visible.text.push_back(' ');
    const auto end = html.find(closing, at + 1);
    if (end == std::string_view::npos) break;
    at = end + (closing.starts_with("</") ? 0 : closing.size());
  }
  return visible;
}

// The parts of the requested address that a page may repeat.
std::vector<std::string> EchoesOf(std::string_view asked_url) {
  std::vector<std::string> echoes;
  const auto url = url::ParseUrl(asked_url);
  if (!url) return echoes;
  const auto value = url->query.substr(std::min(url->query.find('='), url->query.size()));
  if (value.size() > kSlugBytesMin) echoes.push_back(schemas::ToLowerAscii(value.substr(1)));
  if (url->path.size() < 2) return echoes;
  const auto path = schemas::ToLowerAscii(url->path);
  echoes.push_back(path);
  std::string_view slug = path;
  while (slug.ends_with('/')) slug.remove_suffix(1);
  slug.remove_prefix(std::min(slug.find_last_of('/') + 1, slug.size()));
  // A slug that is a plain word may occur in any text.
  const bool plain =
      std::all_of(slug.begin(), slug.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  if (slug.size() >= (plain ? kPlainSlugBytesMin : kSlugBytesMin)) echoes.emplace_back(slug);
  return echoes;
}

void EraseEchoes(const std::vector<std::string>& echoes, std::string& text) {
  for (const auto& echo : echoes) {
    std::string kept;
    std::size_t at = 0;
    while (true) {
      const auto found = text.find(echo, at);
      if (found == std::string::npos) break;
      kept.append(text, at, found - at).push_back(' ');
      at = found + echo.size();
    }
    if (at > 0) text = kept.append(text, at, std::string::npos);
  }
}

template <typename Each>
void ForEachWord(std::string_view text, Each each) {
  std::size_t at = 0;
  while (at < text.size()) {
    while (at < text.size() && !IsWordByte(text[at])) ++at;
    const auto begin = at;
    while (at < text.size() && IsWordByte(text[at])) ++at;
    if (at > begin) each(text.substr(begin, at - begin));
  }
}

// A word that occurs n times counts n times.
std::uint32_t HashOccurrence(schemas::Key word, std::uint32_t nth) {
  auto hash = static_cast<std::uint64_t>(word) + nth * 0x9e3779b97f4a7c15;
  hash = (hash ^ (hash >> 32)) * 0xd6e8feb86659fd93;
  return static_cast<std::uint32_t>(hash >> 32);
}

// In lower case.
constexpr std::array<std::string_view, 22> kParkingMarks = {"sedoparking.com",
                                                            "parkingcrew.net",
                                                            "bodis.com",
                                                            "parklogic.com",
                                                            "above.com/marketplace",
                                                            "hugedomains.com",
                                                            "dan.com/buy-domain",
                                                            "afternic.com/forsale",
                                                            "undeveloped.com",
                                                            "domainmarket.com",
                                                            "parking.namesilo",
                                                            "parkingpage.namecheap",
                                                            "window.park =",
                                                            "location.href=\"/lander\"",
                                                            "location.replace(\"/lander",
                                                            "domain is for sale",
                                                            "domain may be for sale",
                                                            "domain is parked",
                                                            "this domain is available for purchase",
                                                            "buy this domain",
                                                            "domain name is for sale",
                                                            "parked free, courtesy of"};

// `html` is in lower case.
bool FindParkingMark(std::string_view html) {
  return std::any_of(kParkingMarks.begin(), kParkingMarks.end(),
                     [&](std::string_view mark) { return html.find(mark) != std::string::npos; });
}

}  // namespace

PageSketch SketchPage(std::string_view html, std::string_view asked_url) {
  const auto lower = schemas::ToLowerAscii(html);
  auto visible = ReadVisibleText(lower);
  const auto echoes = EchoesOf(asked_url);
  EraseEchoes(echoes, visible.text);
  EraseEchoes(echoes, visible.title);
  PageSketch sketch;
  sketch.has_script = visible.has_script;
  sketch.has_parking_mark = FindParkingMark(lower);
  std::string title;
  ForEachWord(visible.title, [&](std::string_view word) { title.append(word).push_back(' '); });
  if (!title.empty()) sketch.title_key = url::TextKey(title);
  std::unordered_map<schemas::Key, std::uint32_t> counts;
  ForEachWord(visible.text, [&](std::string_view word) {
    const auto key = url::TextKey(word);
    sketch.words.push_back(HashOccurrence(key, counts[key]++));
  });
  sketch.word_count = sketch.words.size();
  std::sort(sketch.words.begin(), sketch.words.end());
  sketch.words.erase(std::unique(sketch.words.begin(), sketch.words.end()), sketch.words.end());
  if (sketch.words.size() > kSketchWordsMax) sketch.words.resize(kSketchWordsMax);
  return sketch;
}

double Similarity(const std::vector<std::uint32_t>& a, const std::vector<std::uint32_t>& b) {
  if (a.empty() || b.empty()) return 0;
  // Nothing is known of a page beyond the last word of its full sample.
  auto last = std::max(a.back(), b.back());
  if (a.size() == kSketchWordsMax) last = std::min(last, a.back());
  if (b.size() == kSketchWordsMax) last = std::min(last, b.back());
  std::size_t common = 0;
  std::size_t all = 0;
  auto one = a.begin();
  auto other = b.begin();
  while (one != a.end() || other != b.end()) {
    const bool take_one = other == b.end() || (one != a.end() && *one <= *other);
    const bool take_other = one == a.end() || (other != b.end() && *other <= *one);
    if ((take_one ? *one : *other) > last) break;
    if (take_one) ++one, ++all;
    if (take_other) ++other, ++all;
    if (take_one && take_other) ++common;
  }
  return all == 0 ? 0 : 2.0 * static_cast<double>(common) / static_cast<double>(all);
}

bool ReadsAlike(const PageSketch& a, const PageSketch& b) {
  return a.title_key == b.title_key && Similarity(a.words, b.words) >= kAlikeFrom;
}

std::string PrintWords(const std::vector<std::uint32_t>& words) {
  std::string text;
  text.reserve(words.size() * kHexDigits);
  for (const auto word : words) {
    for (std::size_t i = 0; i < kHexDigits; ++i)
      text += schemas::kHexDigits[(word >> (28 - 4 * i)) & 15];
  }
  return text;
}

std::vector<std::uint32_t> ReadWords(std::string_view text) {
  std::vector<std::uint32_t> words;
  words.reserve(text.size() / kHexDigits);
  for (; text.size() >= kHexDigits; text.remove_prefix(kHexDigits)) {
    std::uint32_t word = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + kHexDigits, word, 16);
    if (error != std::errc() || end != text.data() + kHexDigits) return {};
    words.push_back(word);
  }
  return text.empty() ? words : std::vector<std::uint32_t>();
}

bool HasParkingMark(std::string_view html) { return FindParkingMark(schemas::ToLowerAscii(html)); }

}  // namespace saunter::crawler::health
