#include "api/index/link_places.h"

#include <algorithm>
#include <utility>

namespace saunter::api::index {
namespace {

constexpr int kPageBits = 9;
constexpr std::size_t kPageIds = std::size_t{1} << kPageBits;
// A list becomes an array with so many ids, and the array a list with so few.
constexpr std::size_t kListMax = kPageIds / 2;
constexpr std::size_t kArrayMin = kPageIds / 8;

}  // namespace

void LinkPlaces::Page::Widen() {
  std::vector<std::uint32_t> all(kPageIds, kNone);
  for (std::size_t i = 0; i < ids.size(); ++i) all[ids[i]] = places[i];
  places = std::move(all);
  std::vector<std::uint16_t>().swap(ids);  // "= {}" would keep its memory
}

void LinkPlaces::Page::Narrow() {
  std::vector<std::uint32_t> some;
  some.reserve(count);
  ids.reserve(count);
  for (std::size_t id = 0; id < kPageIds; ++id) {
    if (places[id] == kNone) continue;
    ids.push_back(static_cast<std::uint16_t>(id));
    some.push_back(places[id]);
  }
  places = std::move(some);
}

std::uint32_t LinkPlaces::ExchangeInArray(Page& page, std::uint16_t id, std::uint32_t place) {
  const auto old = std::exchange(page.places[id], place);
  if (old == kNone && place != kNone) ++page.count;
  if (old != kNone && place == kNone && --page.count < kArrayMin) page.Narrow();
  return old;
}

std::uint32_t LinkPlaces::ExchangeInList(Page& page, std::uint16_t id, std::uint32_t place) {
  const auto found = std::lower_bound(page.ids.begin(), page.ids.end(), id);
  const auto at = page.places.begin() + (found - page.ids.begin());
  if (found == page.ids.end() || *found != id) {
    if (place == kNone) return kNone;
    page.places.insert(at, place);
    page.ids.insert(found, id);
    if (++page.count > kListMax) page.Widen();
    return kNone;
  }
  const auto old = std::exchange(*at, place);
  if (place == kNone) {
    page.places.erase(at);
    page.ids.erase(found);
    --page.count;
  }
  return old;
}

std::uint32_t LinkPlaces::Exchange(schemas::Id link_id, std::uint32_t place) {
  const auto number = link_id >> kPageBits;
  const auto id = static_cast<std::uint16_t>(static_cast<std::uint64_t>(link_id) & (kPageIds - 1));
  auto found = pages_.find(number);
  if (found == pages_.end()) {
    if (place == kNone) return kNone;
    found = pages_.try_emplace(number).first;
  }
  auto& page = found->second;
  const bool is_list = page.count == 0 || !page.ids.empty();
  const auto old = is_list ? ExchangeInList(page, id, place) : ExchangeInArray(page, id, place);
  if (page.count == 0) pages_.erase(found);
  return old;
}

void LinkPlaces::Renumber(const std::vector<std::uint32_t>& new_places) {
  for (auto& [number, page] : pages_) {
    for (auto& place : page.places) {
      if (place != kNone) place = new_places[place];
    }
  }
}

std::size_t LinkPlaces::bytes() const {
  constexpr std::size_t kNode = 32;
  std::size_t bytes = pages_.bucket_count() * sizeof(void*);
  for (const auto& [number, page] : pages_) {
    bytes += kNode + sizeof(Page) + page.ids.capacity() * sizeof(std::uint16_t) +
             page.places.capacity() * sizeof(std::uint32_t);
  }
  return bytes;
}

}  // namespace saunter::api::index
