// Fetches one address at a time for commands, with the crawler's own fetcher, limits and pace.
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
  // Waits for the answer. It comes in any case, since every fetch has its time limits.
  [[nodiscard]] fetch::Response Ask(fetch::RequestKind kind, const std::string& url);
  [[nodiscard]] fetch::Response Ask(fetch::Request request);

 private:
  fetch::Fetcher fetcher_;
};

}  // namespace saunter::crawler::cli
