// The parameters of a request: decoded, checked, or refused with a sentence that says what to do.
//
// Thread safety: all functions. Errors: a problem is text for the client. Unknown parameters are
// problems too, so that a mistyped one is noticed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/index/selection.h"
#include "api/routes/link_fields.h"
#include "api/walk/walk.h"

namespace saunter::api::routes {

struct RandomParameters {
  std::int64_t count = 1;
  index::Selection selection;  // site_id is not filled in here
  std::string site;            // its name, see AsSiteName
  std::vector<std::string> not_sites;
  // kStrict: each source has the same chance, whatever readers voted.
  enum class Fair { kWeighted, kStrict } fair = Fair::kWeighted;
  LinkFields fields = kLinkFields;
  std::optional<walk::Walk> walk;  // absent too if the token is of an older form
};

// What went wrong, if anything.
[[nodiscard]] std::optional<std::string> ReadRandomParameters(std::string_view query,
                                                              std::int64_t count_max,
                                                              RandomParameters& parameters);

// Of /v1/daily.atom and /v1/recent.atom. `count` stays as it is unless another is given.
[[nodiscard]] std::optional<std::string> ReadFeedParameters(std::string_view query,
                                                            std::int64_t count_max,
                                                            RandomParameters& parameters);

// Of /v1/sites.
struct SitesParameters {
  RandomParameters fitting;  // which links stand on them, and how many sites
  std::string after;         // a site's name, or empty
};
[[nodiscard]] std::optional<std::string> ReadSitesParameters(std::string_view query,
                                                             std::int64_t count_max,
                                                             SitesParameters& parameters);

// Of /v1/links/{id}.
[[nodiscard]] std::optional<std::string> ReadLinkParameters(std::string_view query,
                                                            LinkFields& fields);

// For routes that take none.
[[nodiscard]] std::optional<std::string> RefuseParameters(std::string_view query);

// Percent-decoding; "+" is a space in queries only. nullopt: a broken escape, a control byte or
// bytes that are not UTF-8.
enum class Plus { kIsSpace, kIsPlus };
[[nodiscard]] std::optional<std::string> PercentDecode(std::string_view text, Plus plus);

// As sites are stored, see schemas/site.h: a host in lower case without a leading "www.", with the
// tenant, if there is one.
[[nodiscard]] std::string AsSiteName(std::string_view text);

// Decimal digits only, within the bounds.
[[nodiscard]] std::optional<std::int64_t> ReadNumber(std::string_view text, std::int64_t least,
                                                     std::int64_t most);

}  // namespace saunter::api::routes
