#include "schemas/nearest.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace saunter::schemas {
namespace {

// Nobody types a longer name; the work grows with the product of both lengths.
constexpr std::size_t kNameBytesMax = 100;

// The optimal string alignment distance, row by row.
std::size_t SlipsBetween(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before_last.swap(last);
    last.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t other = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + other});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
  }
  return row[b.size()];
}

}  // namespace

std::string NearestName(std::string_view given, std::span<const std::string> names) {
  if (given.size() > kNameBytesMax) return {};
  std::string nearest;
  // One slip in three letters, and never every letter of a short name.
  std::size_t fewest = given.size() / 3 + 1;
  if (given.size() <= fewest) return {};
  ++fewest;
  for (const auto& name : names) {
    const auto slips = SlipsBetween(given, name);
    if (slips >= fewest) continue;
    fewest = slips;
    nearest = name;
  }
  return nearest;
}

std::string DidYouMean(std::string_view nearest, std::string_view otherwise) {
  if (nearest.empty()) return std::string(otherwise);
  return "; did you mean " + std::string(nearest) + "?";
}

}  // namespace saunter::schemas
