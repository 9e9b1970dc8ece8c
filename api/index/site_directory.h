// Which sources have links on a site, and how many.
//
// Sites lie in buckets by a hash; a later index shares the buckets in which nothing changed. What
// is kept of a site are 16 bytes for each source that has links on it.
//
// Thread safety: a value; its buckets are immutable. Ownership: buckets are shared between copies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "schemas/units.h"

namespace saunter::api::index {

// The links of a source that stand on a site.
struct SiteSource {
  schemas::Id site_id = 0;
  std::uint32_t slot = 0;  // of the source
  std::uint32_t links = 0;

  bool operator==(const SiteSource&) const = default;
};

class SiteDirectory {
 public:
  SiteDirectory();

  // By slot. Valid as long as a copy of this state exists.
  [[nodiscard]] std::span<const SiteSource> SourcesOf(schemas::Id site_id) const;
  [[nodiscard]] std::int64_t LinksOn(schemas::Id site_id) const;
  // Sites that have a link.
  [[nodiscard]] std::size_t sites() const { return sites_; }

  // Each says how it is from now on; without links, the source has none on that site. No pair of
  // site and source comes twice.
  void Apply(std::vector<SiteSource> changes);
  // Every source has moved: by its old slot, its new one.
  void Move(const std::vector<std::uint32_t>& new_slots);

  [[nodiscard]] std::size_t bytes() const;

 private:
  using Bucket = std::vector<SiteSource>;  // by site, then by slot

  std::vector<std::shared_ptr<const Bucket>> buckets_;  // null: empty
  std::size_t sites_ = 0;
};

}  // namespace saunter::api::index
