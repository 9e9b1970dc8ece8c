#include "api/index/choices.h"

#include <functional>
#include <string>
#include <utility>

#include "api/index/mix.h"

namespace saunter::api::index {

std::size_t Choices::HashOfKey::operator()(const Key& key) const {
  const auto& selection = *key.selection;
  std::uint64_t hash = static_cast<std::uint64_t>(key.day) ^ (std::uint64_t{key.week} << 32);
  const auto add = [&](std::uint64_t value) { hash = Mix(hash ^ value) + 1; };
  const auto add_all = [&](const std::vector<std::string>& names) {
    add(names.size());
    for (const auto& name : names) add(std::hash<std::string>{}(name));
  };
  add_all(selection.categories);
  add_all(selection.not_categories);
  if (!selection.language.empty()) add(std::hash<std::string>{}(selection.language));
  add(static_cast<std::uint64_t>(selection.max_age_days.value_or(0)));
  add(static_cast<std::uint64_t>(selection.site_id.value_or(0)));
  return static_cast<std::size_t>(hash);
}

Choice Choices::Find(const std::shared_ptr<const LinkIndex>& index, const Selection& selection,
                     schemas::UnixSeconds now, std::uint32_t week) {
  auto weights = index->WeightsOf(week);
  if (selection.TakesAll()) return {index, all_, std::move(weights)};
  const Key key{&selection, selection.max_age_days ? DayOf(now) : std::int16_t{0},
                weights ? weights->week() : 0};
  std::shared_ptr<const Fitting> before;
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = places_.find(key); found != places_.end()) {
      kept_.splice(kept_.begin(), kept_, found->second);
      before = found->second->fitting;
    }
  }
  if (before && before->build() == index->build) {
    return {index, std::move(before), std::move(weights)};
  }
  auto fitting =
      std::make_shared<const Fitting>(*index, selection, now, before.get(), weights.get());
  Keep(key, fitting);
  return {index, std::move(fitting), std::move(weights)};
}

void Choices::Keep(const Key& key, std::shared_ptr<const Fitting> fitting) {
  Kept kept{*key.selection, key.day, key.week, std::move(fitting)};
  kept.bytes = BytesOf(kept);
  const std::lock_guard lock(mutex_);
  if (const auto found = places_.find(key); found != places_.end()) {
    // Another worker may be ahead of this one.
    if (found->second->fitting->build() > kept.fitting->build()) return;
    Drop(found->second);
  }
  if (kept.bytes > bytes_max_) return;
  while (bytes_ + kept.bytes > bytes_max_) Drop(std::prev(kept_.end()));
  bytes_ += kept.bytes;
  kept_.push_front(std::move(kept));
  const auto& front = kept_.front();
  places_.emplace(Key{&front.selection, front.day, front.week}, kept_.begin());
}

void Choices::Drop(std::list<Kept>::iterator kept) {
  bytes_ -= kept->bytes;
  places_.erase(Key{&kept->selection, kept->day, kept->week});
  kept_.erase(kept);
}

std::size_t Choices::BytesOf(const Kept& kept) {
  constexpr std::size_t kNodes = 160;  // of the list, the map and the shared pointer
  std::size_t bytes = sizeof(Kept) + kNodes + kept.fitting->bytes();
  for (const auto* names : {&kept.selection.categories, &kept.selection.not_categories}) {
    for (const auto& name : *names) bytes += sizeof(std::string) + name.capacity();
  }
  return bytes;
}

std::size_t Choices::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

std::size_t Choices::count() const {
  const std::lock_guard lock(mutex_);
  return kept_.size();
}

}  // namespace saunter::api::index
