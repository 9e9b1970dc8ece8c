// The addresses of feeds asked lately, so that two feeds that lead to one place do not both ask it.
//
// The schedule sets a feed's own pace; this adds the other feeds that redirect to its address. Only
// the newest addresses are kept, so memory is bounded.
//
// Thread safety: none, one thread. Times are milliseconds of one steady clock. Errors: none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>
#include <unordered_map>

#include "crawler/url/url.h"
#include "schemas/units.h"

namespace saunter::crawler::fetch {

class AskedUrls {
 public:
  explicit AskedUrls(std::int64_t pause_ms) : pause_ms_(pause_ms) {}

  enum class Way { kOwn, kRedirect };
  // True if the address was asked less than the pause ago and one of the two was a redirect. False
  // notes it as asked now.
  [[nodiscard]] bool Collides(std::string_view url, Way way, std::int64_t now_ms) {
    Forget(now_ms);
    const auto key = url::TextKey(url);
    const auto found = asked_.find(key);
    if (found != asked_.end() && (way == Way::kRedirect || found->second.way == Way::kRedirect)) {
      return true;
    }
    asked_[key] = {now_ms, way};
    order_.emplace_back(now_ms, key);
    return false;
  }

 private:
  static constexpr std::size_t kUrlsMax = 100000;
  struct Asked {
    std::int64_t at_ms = 0;
    Way way = Way::kOwn;
  };

  void Forget(std::int64_t now_ms) {
    while (!order_.empty() &&
           (now_ms - order_.front().first >= pause_ms_ || order_.size() >= kUrlsMax)) {
      const auto found = asked_.find(order_.front().second);
      if (found != asked_.end() && found->second.at_ms == order_.front().first) asked_.erase(found);
      order_.pop_front();
    }
  }

  const std::int64_t pause_ms_;
  std::unordered_map<schemas::Key, Asked> asked_;
  std::deque<std::pair<std::int64_t, schemas::Key>> order_;  // oldest first
};

}  // namespace saunter::crawler::fetch
