// Reduces the text of a page to what comparing two pages needs, to see whether a post's page is the
// one that its site gives for pages that do not exist. Pure.
//
// Scripts, styles and markup do not count, nor does the requested address where the page repeats
// it. Words are hashed; of a long page a sample of fixed size is kept, chosen by hash, so that two
// samples are as alike as their pages.
//
// Thread safety: all functions. Errors: none; bytes that are not HTML are taken as text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/site.h"
#include "schemas/units.h"

namespace saunter::crawler::health {

inline constexpr std::size_t kSketchWordsMax = 512;

struct PageSketch {
  std::optional<schemas::Key> title_key;
  std::vector<std::uint32_t> words;  // hashes, ordered, the smallest of the page's
  std::size_t word_count = 0;
  bool has_script = false;
  bool has_parking_mark = false;
};

[[nodiscard]] PageSketch SketchPage(std::string_view html, std::string_view asked_url);

// Share of words that two sketches have in common (Dice), 0 to 1; 0 if either has none.
[[nodiscard]] double Similarity(const std::vector<std::uint32_t>& a,
                                const std::vector<std::uint32_t>& b);

// Nearly the same words under the same title. A post within a large frame shares most words with
// any other page of its site, but not the title.
[[nodiscard]] bool ReadsAlike(const PageSketch& a, const PageSketch& b);

// The words as SiteLook::words holds them, and back; any other text is read as no words.
[[nodiscard]] std::string PrintWords(const std::vector<std::uint32_t>& words);
[[nodiscard]] std::vector<std::uint32_t> ReadWords(std::string_view text);

// Whether the page has a mark of parked domains: the address of a parking service, or an offer to
// sell the domain.
[[nodiscard]] bool HasParkingMark(std::string_view html);

}  // namespace saunter::crawler::health
