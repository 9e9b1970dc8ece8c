// The addresses of feeds asked lately, so that two feeds that lead to one place do not both ask it.
//
// The schedule sets a feed's own pace; this adds the other feeds that redirect to its address. They
// come second: a feed that finds that another has just been at its address has the next turn there,
// and while it goes there itself within two pauses, no other does. Only the newest addresses are
// kept, so memory is bounded.
//
// Thread safety: none, one thread. Times are milliseconds of one steady clock. Errors: none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "crawler/url/url.h"
#include "schemas/units.h"

namespace saunter::crawler::fetch {

class AskedUrls {
 public:
  explicit AskedUrls(std::int64_t pause_ms) : pause_ms_(pause_ms) {}

  enum class Way { kOwn, kRedirect };
  // nullopt: the address may be asked, and is noted as asked now. Else so many milliseconds, more
  // than 0, from now on it may not.
  [[nodiscard]] std::optional<std::int64_t> Collides(std::string_view url, Way way,
                                                     std::int64_t now_ms) {
    Forget(now_ms);
    const auto key = url::TextKey(url);
    const auto found = asked_.find(key);
    if (found != asked_.end()) {
      auto& asked = found->second;
      const bool own_first = asked.way == Way::kOwn || asked.own_waits;
      const std::int64_t rest_ms =
          way == Way::kRedirect && own_first ? pause_ms_ * kOwnPauses : pause_ms_;
      const std::int64_t left_ms = asked.at_ms + rest_ms - now_ms;
      const bool both_own = way == Way::kOwn && asked.way == Way::kOwn;
      if (left_ms > 0 && !both_own) {
        asked.own_waits = asked.own_waits || way == Way::kOwn;
        return left_ms;
      }
    }
    asked_[key] = {now_ms, way};
    order_.emplace_back(now_ms, key);
    return std::nullopt;
  }

  // What was asked before counts here, too.
  void TakeOver(AskedUrls&& before) {
    asked_ = std::move(before.asked_);
    order_ = std::move(before.order_);
  }

 private:
  static constexpr std::size_t kUrlsMax = 100000;
  static constexpr std::int64_t kOwnPauses = 2;
  struct Asked {
    std::int64_t at_ms = 0;
    Way way = Way::kOwn;
    bool own_waits = false;  // the feed of this address was turned away since
  };

  void Forget(std::int64_t now_ms) {
    while (!order_.empty() &&
           (now_ms - order_.front().first >= kOwnPauses * pause_ms_ || order_.size() >= kUrlsMax)) {
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
