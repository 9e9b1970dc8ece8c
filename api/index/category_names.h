// Names of categories, in layers that later indexes share.
//
// Thread safety: a value; its layers are immutable. Ownership: layers are shared between copies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace saunter::api::index {

class CategoryNames {
 public:
  using Names = std::vector<std::pair<std::uint32_t, std::string>>;  // number, name

  // Numbers and names that are not there yet.
  void Add(Names names);
  // Keeps those for which keep(number) is true.
  template <typename Keep>
  void Prune(Keep&& keep) {
    Names kept;
    for (const auto& layer : layers_) {
      for (const auto& named : layer->names) {
        if (keep(named.first)) kept.push_back(named);
      }
    }
    layers_.clear();
    Add(std::move(kept));
  }

  [[nodiscard]] std::optional<std::uint32_t> Find(std::string_view name) const;
  // Null: unknown.
  [[nodiscard]] const std::string* NameOf(std::uint32_t number) const;
  // Calls visit(name) for some, `count_max` at the most, those known longest first.
  template <typename Visit>
  void VisitSome(std::size_t count_max, Visit&& visit) const {
    for (const auto& layer : layers_) {
      for (const auto& [number, name] : layer->names) {
        if (count_max-- == 0) return;
        visit(name);
      }
    }
  }
  // Calls visit(name, number) for each.
  template <typename Visit>
  void ForEach(Visit&& visit) const {
    for (const auto& layer : layers_) {
      for (const auto& [number, name] : layer->names) visit(name, number);
    }
  }

 private:
  struct Layer {
    explicit Layer(Names names_in);

    const Names names;                                            // by number
    std::unordered_map<std::string_view, std::uint32_t> numbers;  // by those names
  };
  std::vector<std::shared_ptr<const Layer>>
      layers_;  // each at most half as large as the one before
};

}  // namespace saunter::api::index
