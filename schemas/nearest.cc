#include "schemas/nearest.h"

#include <algorithm>
#include <array>
#include <utility>

#include "schemas/text.h"

namespace saunter::schemas {
namespace {

constexpr std::size_t kPrefixBytesMin = 3;

constexpr std::size_t kChangesMax = 3;

// One in three letters, and never every letter of a short name.
std::size_t ChangesMax(std::size_t bytes) {
  if (bytes < 2 || bytes > kNearBytesMax) return 0;
  return std::min(bytes / 3 + 1, kChangesMax);
}

// The optimal string alignment distance; more than `most` is given as most + 1. Only what lies so
// near to the diagonal of the table is looked at. Both names are at most kNearBytesMax long.
std::size_t ChangesBetween(std::string_view a, std::string_view b, std::size_t most) {
  using Row = std::array<std::size_t, kNearBytesMax + 2>;
  std::array<Row, 3> rows{};  // by the bytes of `a` taken, modulo 3
  const auto beyond = most + 1;
  for (std::size_t j = 0; j <= std::min(b.size(), most); ++j) rows[0][j] = j;
  rows[0][std::min(b.size(), most) + 1] = beyond;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto& row = rows[i % 3];
    const auto& above = rows[(i + 2) % 3];
    const auto& before = rows[(i + 1) % 3];
    const auto first = i > most ? i - most : 1;
    const auto last = std::min(b.size(), i + most);
    row[first - 1] = first == 1 ? i : beyond;
    auto least = row[first - 1];
    for (auto j = first; j <= last; ++j) {
      auto changes = above[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U);
      changes = std::min({changes, above[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        changes = std::min(changes, before[j - 2] + 1);
      }
      row[j] = changes;
      least = std::min(least, changes);
    }
    row[last + 1] = beyond;
    if (least > most) return beyond;
  }
  return std::min(rows[a.size() % 3][b.size()], beyond);
}

}  // namespace

NearNames::NearNames(std::string_view wanted)
    : wanted_(ToLowerAscii(wanted.substr(0, kNearBytesMax + 1))),
      changes_max_(ChangesMax(wanted_.size())) {}

void NearNames::Offer(std::string_view name) {
  if (changes_max_ == 0 || name.empty() || name.size() > kNearBytesMax) return;
  const bool is_longer = name.size() > wanted_.size();
  const auto apart = is_longer ? name.size() - wanted_.size() : wanted_.size() - name.size();
  const bool may_begin = is_longer && wanted_.size() >= kPrefixBytesMin &&
                         ToLowerAscii(name.front()) == wanted_.front();
  if (apart > changes_max_ && !may_begin) return;
  const auto lower = ToLowerAscii(name);
  auto changes = changes_max_ + 1;
  if (apart <= changes_max_) changes = ChangesBetween(lower, wanted_, changes_max_);
  if (changes > changes_max_ && may_begin && lower.starts_with(wanted_)) changes = changes_max_;
  if (changes > changes_max_) return;
  std::pair found(changes, std::string(name));
  const auto place = std::lower_bound(found_.begin(), found_.end(), found);
  if (place != found_.end() && *place == found) return;
  found_.insert(place, std::move(found));
  if (found_.size() > kNearNamesMax) found_.pop_back();
}

std::vector<std::string> NearNames::Names() const {
  std::vector<std::string> names;
  names.reserve(found_.size());
  for (const auto& [changes, name] : found_) names.push_back(name);
  return names;
}

std::string NearestName(std::string_view given, std::span<const std::string> names) {
  NearNames near(given);
  for (const auto& name : names) near.Offer(name);
  const auto found = near.Names();
  return found.empty() ? std::string() : found.front();
}

std::string DidYouMean(std::string_view nearest, std::string_view otherwise) {
  if (nearest.empty()) return std::string(otherwise);
  return "; did you mean " + std::string(nearest) + "?";
}

}  // namespace saunter::schemas
