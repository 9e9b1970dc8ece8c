// URLs that are asked for nobody, whoever leads there. The caller knows them and hands them over as
// a value; the fetcher asks it before each hop, robots.txt included.
//
// Thread safety: immutable; share it by shared_ptr<const AvoidedUrls> and replace it whole. Errors:
// none.
#pragma once

#include <string_view>

#include "schemas/units.h"

namespace saunter::crawler::fetch {

// For whom the URL would be asked. Where it was to be avoided until a time that has passed, it may
// be looked at again.
enum class Errand { kUsual, kSecondLook };

class AvoidedUrls {
 public:
  AvoidedUrls() = default;
  virtual ~AvoidedUrls() = default;
  AvoidedUrls(const AvoidedUrls&) = delete;
  AvoidedUrls& operator=(const AvoidedUrls&) = delete;

  [[nodiscard]] virtual bool Has(std::string_view url, Errand errand,
                                 schemas::UnixSeconds now) const = 0;
};

}  // namespace saunter::crawler::fetch
