// One request at a time, for commands: the crawler's own fetcher, its limits and its pace.
//
// Thread safety: one thread. Errors: FetchOutcome.
#pragma once

#include <string>

#include "crawler/fetch/fetcher.h"
#include "schemas/settings.h"

namespace saunter::crawler::cli {

class FetchOne {
 public:
  explicit FetchOne(const schemas::FetchSettings& settings) : fetcher_(settings) {}
  // Waits for the answer; every fetch has its time limits.
  [[nodiscard]] fetch::Response Ask(fetch::RequestKind kind, const std::string& url);
  [[nodiscard]] fetch::Response Ask(fetch::Request request);

 private:
  fetch::Fetcher fetcher_;
};

}  // namespace saunter::crawler::cli
