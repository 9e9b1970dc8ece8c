// Of each link, the number of the place where it stands.
//
// Links lie in pages by id: a page that has come to be more than half in use is an array until less
// than an eighth is, any other a list of those in use, and one without any is not there. So a link
// costs some 4 bytes where ids are dense and some 150 where each stands alone, whatever its id.
//
// Thread safety: one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "schemas/units.h"

namespace saunter::api::index {

class LinkPlaces {
 public:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  // Sets the place of a link and returns the one before; kNone is no place. link_id > 0.
  std::uint32_t Exchange(schemas::Id link_id, std::uint32_t place);
  // Every place has got another number: by its old one, its new one.
  void Renumber(const std::vector<std::uint32_t>& new_places);

  [[nodiscard]] std::size_t bytes() const;

 private:
  // Either an array of all ids of the page, and then `ids` is empty, or a list of some.
  struct Page {
    std::vector<std::uint16_t> ids;  // within the page, in order
    std::vector<std::uint32_t> places;
    std::size_t count = 0;

    void Widen();
    void Narrow();
  };

  static std::uint32_t ExchangeInArray(Page& page, std::uint16_t id, std::uint32_t place);
  static std::uint32_t ExchangeInList(Page& page, std::uint16_t id, std::uint32_t place);

  std::unordered_map<schemas::Id, Page> pages_;
};

}  // namespace saunter::api::index
