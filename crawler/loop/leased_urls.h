// Nothing is to be asked once the lease is over: the fetcher asks before each hop, so that one that
// slept in the middle of a redirect does not go on with it.
//
// Thread safety: immutable. Ownership: the keeper outlives it. Errors: none.
#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include "crawler/fetch/avoided_urls.h"
#include "crawler/loop/lease_keeper.h"
#include "schemas/units.h"

namespace saunter::crawler::loop {

class LeasedUrls : public fetch::AvoidedUrls {
 public:
  LeasedUrls(std::shared_ptr<const fetch::AvoidedUrls> others, const LeaseKeeper& keeper)
      : others_(std::move(others)), keeper_(keeper) {}

  [[nodiscard]] bool Has(std::string_view url, fetch::Errand errand,
                         schemas::UnixSeconds now) const override {
    return keeper_.IsOver() || others_->Has(url, errand, now);
  }

 private:
  const std::shared_ptr<const fetch::AvoidedUrls> others_;
  const LeaseKeeper& keeper_;
};

}  // namespace saunter::crawler::loop
