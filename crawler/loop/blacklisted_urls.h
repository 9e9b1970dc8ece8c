// The blacklist as the fetcher asks it: before each hop.
//
// Thread safety: immutable. Ownership: it shares the blacklist. Errors: none.
#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include "crawler/fetch/avoided_urls.h"
#include "crawler/health/blacklist.h"
#include "crawler/health/site.h"
#include "schemas/units.h"

namespace saunter::crawler::loop {

class BlacklistedUrls : public fetch::AvoidedUrls {
 public:
  explicit BlacklistedUrls(std::shared_ptr<const health::Blacklist> blacklist)
      : blacklist_(std::move(blacklist)) {}

  // A second look is for links of sites on parole.
  [[nodiscard]] bool Has(std::string_view url, fetch::Errand errand,
                         schemas::UnixSeconds now) const override {
    const auto match = blacklist_->MatchUrl(url);
    if (!match) return false;
    return errand == fetch::Errand::kUsual || !health::IsOnParole(match->ToEntry(), now);
  }

 private:
  const std::shared_ptr<const health::Blacklist> blacklist_;
};

}  // namespace saunter::crawler::loop
