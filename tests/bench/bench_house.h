// What the benchmarks of whole crawls share: feeds on loopback hosts, a clean start, ratios.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "tests/end_to_end/house.h"

namespace saunter::bench {

inline double Seconds(std::chrono::steady_clock::time_point since) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
}

// The same feed of fifteen posts at every host.
inline support::OriginAnswer AnswerFeed(const support::OriginRequest& request) {
  support::OriginAnswer answer;
  answer.headers = {{"Content-Type", "application/rss+xml"}, {"ETag", "\"1\""}};
  answer.body = end_to_end::RssFeed("http://" + request.address, 1, 15);
  return answer;
}

inline std::vector<std::string> FeedUrls(end_to_end::House& house, int feeds) {
  std::vector<std::string> urls;
  for (int i = 0; i < feeds; ++i) {
    urls.push_back(house.origin().Url(end_to_end::SiteAddress(i), "/feed"));
  }
  return urls;
}

inline void RemoveDatabase(const end_to_end::House& house) {
  for (const auto* suffix : {"", "-wal", "-shm", ".lock", "-asked"}) {
    ::unlink((house.DatabasePath() + suffix).c_str());
  }
}

inline void PrintRatios(const std::string& what, std::vector<double> ratios) {
  std::sort(ratios.begin(), ratios.end());
  std::printf("%s: min %.2f, median %.2f, max %.2f\n", what.c_str(), ratios.front(),
              ratios[ratios.size() / 2], ratios.back());
}

// An argument as a number above zero.
inline int NumberOr(int argc, char** argv, int index, int fallback) {
  if (index >= argc) return fallback;
  return std::max(1, static_cast<int>(std::strtol(argv[index], nullptr, 10)));
}

}  // namespace saunter::bench
