// What a reader asks for, and which links of an index fit it.
//
// Thread safety: values; a Filter refers to the index it was made for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/link_index.h"
#include "schemas/records.h"

namespace saunter::api {

struct Selection {
  std::vector<std::string> categories = {};      // any of them
  std::vector<std::string> not_categories = {};  // none of them
  std::string language = {};                     // BCP 47; "en" takes "en-GB" too
  std::optional<std::int64_t> max_age_days = {};
  std::optional<schemas::Id> site_id = {};

  [[nodiscard]] bool TakesAll() const;
};

class Filter {
 public:
  Filter(const Selection& selection, const LinkIndex& index, schemas::UnixSeconds now);

  [[nodiscard]] bool takes_all() const { return takes_all_; }
  // The only site that fits, if there is one by name.
  [[nodiscard]] const std::optional<schemas::Id>& site_id() const { return site_id_; }
  // False: no link of the site fits. True: it must be looked through.
  [[nodiscard]] bool MayFit(const SiteLinks& site) const;
  // Indexes into site.links of those that fit, ascending. `fitting` is overwritten.
  void FindFitting(const SiteLinks& site, std::vector<std::uint32_t>& fitting) const;

 private:
  [[nodiscard]] bool FitsFacet(const SiteLinks& site, const Facet& facet) const;

  bool takes_all_ = true;
  bool takes_none_ = false;
  std::vector<std::uint32_t> categories_;
  std::vector<std::uint32_t> not_categories_;
  std::uint64_t category_bits_ = 0;
  std::vector<bool> languages_;  // by number, empty: any
  std::int32_t day_min_ = kNoDay;
  std::optional<schemas::Id> site_id_;
};

// RFC 4647, 3.3.1 (basic filtering): "en" matches "en" and "en-GB", in any case.
[[nodiscard]] bool MatchesLanguage(const std::string& language, const std::string& range);

}  // namespace saunter::api
