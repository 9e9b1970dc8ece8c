#include "api/index/category_names.h"

#include <algorithm>
#include <iterator>

namespace saunter::api::index {

CategoryNames::Layer::Layer(Names names_in) : names(std::move(names_in)) {
  numbers.reserve(names.size());
  for (const auto& [number, name] : names) numbers.insert_or_assign(name, number);
}

void CategoryNames::Add(Names names) {
  if (names.empty()) return;
  while (!layers_.empty() && names.size() * 2 > layers_.back()->names.size()) {
    const auto& last = layers_.back()->names;
    names.insert(names.end(), last.begin(), last.end());
    layers_.pop_back();
  }
  std::sort(names.begin(), names.end());
  layers_.push_back(std::make_shared<const Layer>(std::move(names)));
}

std::optional<std::uint32_t> CategoryNames::Find(std::string_view name) const {
  for (const auto& layer : layers_) {
    if (const auto found = layer->numbers.find(name); found != layer->numbers.end()) {
      return found->second;
    }
  }
  return std::nullopt;
}

const std::string* CategoryNames::NameOf(std::uint32_t number) const {
  for (const auto& layer : layers_) {
    const auto& names = layer->names;
    if (number < names.front().first || number > names.back().first) continue;
    const auto comes_before = [](const auto& named, std::uint32_t wanted) {
      return named.first < wanted;
    };
    // Its place if the numbers have no gap; with gaps it is nearer to the front.
    const auto places = number - names.front().first;
    auto end = names.begin() + std::min<std::ptrdiff_t>(places, std::ssize(names) - 1);
    if (end->first != number) end = std::lower_bound(names.begin(), end, number, comes_before);
    if (end->first == number) return &end->second;
  }
  return nullptr;
}

}  // namespace saunter::api::index
