// Forty blogs and ten hostile feeds, as the publishers of a week that is told hour by hour.
//
// A blog has thirty posts at first and a new one every six hours. A hostile feed lists, at each
// fetch, entries that are all new: posts of its own, posts whose session id or whose guid changes,
// hosts and sub-hosts and tenants that nobody has seen, each with words and languages that nobody
// has named, and the blogs' own posts under a title of its own, beside posts that those blogs never
// had. One of the ten is sent to another address of its own each hour; one leaves for a feed of a
// blog after two days.
//
// Site n has SiteAddress(n): a blog below kBlogs, a hostile feed from there on.
//
// Thread safety: all functions, at any time. Errors: none.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>

#include "tests/support/origin.h"

namespace saunter::end_to_end {

inline constexpr int kBlogs = 40;
inline constexpr int kHostileFeeds = 10;
inline constexpr int kWordsPerEntry = 32;
inline constexpr int kLeavesAtHour = 48;
inline constexpr const char* kForeignTitle = "BUY CHEAP PILLS";
// Below it stand the sub-hosts; they are this machine without being asked for by name.
inline constexpr const char* kSubHostsBelow = "localhost";

// Posts of a blog up to that hour.
[[nodiscard]] int PostsOfBlog(int hour);

class HostileWeb {
 public:
  // Hour 0 was at `began_at`, Unix seconds. A hostile feed lists so many entries.
  HostileWeb(std::int64_t began_at, int entries) : began_at_(began_at), entries_(entries) {}

  void SetHour(int hour) { hour_ = hour; }
  [[nodiscard]] support::OriginAnswer Answer(const support::OriginRequest& request);
  // How many hostile feeds were asked in this hour or sent elsewhere for good.
  [[nodiscard]] int HostileFeedsDone() const;

 private:
  [[nodiscard]] support::OriginAnswer AnswerHostile(int number, int hour,
                                                    const support::OriginRequest& request) const;
  [[nodiscard]] std::string BlogFeed(int hour, const std::string& host) const;
  [[nodiscard]] std::string HostileFeed(int number, int hour, const std::string& host) const;

  const std::int64_t began_at_;
  const int entries_;
  std::atomic<int> hour_ = 0;
  std::array<std::atomic<int>, kHostileFeeds> hours_asked_{};  // the hour of the last request, + 1
};

}  // namespace saunter::end_to_end
