#include "crawler/cli/fetch_one.h"

#include <cstdint>
#include <utility>

namespace saunter::crawler::cli {
namespace {

constexpr std::int64_t kTurnMs = 1000;

}  // namespace

fetch::Response FetchOne::Ask(fetch::RequestKind kind, const std::string& url) {
  fetch::Request request;
  request.kind = kind;
  request.url = url;
  return Ask(std::move(request));
}

fetch::Response FetchOne::Ask(fetch::Request request) {
  fetcher_.Submit(std::move(request));
  while (true) {
    auto responses = fetcher_.Poll(kTurnMs);
    if (!responses.empty()) return std::move(responses.front());
  }
}

}  // namespace saunter::crawler::cli
