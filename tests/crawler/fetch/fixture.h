// What the tests of fetching share: an origin, settings that let the fetcher reach it and nothing
// else, and one request after the other.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "crawler/fetch/fetcher.h"
#include "tests/support/origin.h"

namespace saunter::crawler::fetch {

inline constexpr std::int64_t kPatienceMs = 60000;

// Sites live in 127.0.1.0/24; every other loopback address is a canary that nobody may touch.
inline schemas::FetchSettings SettingsFor(const support::Origin& origin) {
  schemas::FetchSettings settings;
  settings.contact_url = "https://saunter.example/about";
  settings.allow_networks = {"127.0.1.0/24"};
  settings.allow_ports = {origin.port()};
  settings.allow_names = {"test", "localhost"};  // the tests' resolver knows them
  settings.host_gap_min_ms = 0;
  settings.host_gap_max_ms = 0;
  return settings;
}

// A clock that stands still until the test moves it.
struct TestClock {
  std::int64_t now_ms = 1000000;

  [[nodiscard]] schemas::UnixSeconds UnixNow() const { return 1700000000 + now_ms / 1000; }
  [[nodiscard]] Clock Get() {
    return {.steady_ms = [this] { return now_ms; }, .unix_s = [this] { return UnixNow(); }};
  }
  void Pass(std::int64_t seconds) { now_ms += seconds * 1000; }
};

inline Request FeedOf(std::string url) {
  Request request;
  request.url = std::move(url);
  return request;
}

inline Request ProbeOf(std::string url) {
  Request request = FeedOf(std::move(url));
  request.kind = RequestKind::kProbe;
  return request;
}

inline Request PageOf(std::string url) {
  Request request = FeedOf(std::move(url));
  request.kind = RequestKind::kPage;
  return request;
}

// "METHOD ADDRESS TARGET" of all that was asked, in order.
inline std::vector<std::string> Asked(const support::Origin& origin) {
  std::vector<std::string> lines;
  for (const support::OriginRequest& request : origin.Log()) {
    lines.push_back(request.method + " " + request.address + request.target);
  }
  return lines;
}

// All responses to all that was submitted, in the order in which they came.
inline std::vector<Response> Drain(Fetcher& fetcher) {
  std::vector<Response> responses;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(kPatienceMs);
  while (fetcher.Pending(RequestKind::kFeed) + fetcher.Pending(RequestKind::kProbe) +
             fetcher.Pending(RequestKind::kPage) >
         0) {
    if (std::chrono::steady_clock::now() > deadline) {
      ADD_FAILURE() << "no answer within a minute";
      break;
    }
    for (Response& response : fetcher.Poll(1000)) responses.push_back(std::move(response));
  }
  for (Response& response : fetcher.Poll(0)) responses.push_back(std::move(response));
  return responses;
}

inline Response FetchOne(Fetcher& fetcher, Request request) {
  fetcher.Submit(std::move(request));
  std::vector<Response> responses = Drain(fetcher);
  EXPECT_EQ(responses.size(), 1U);
  return responses.empty() ? Response() : std::move(responses.front());
}

inline Response FetchOne(const schemas::FetchSettings& settings, Request request) {
  Fetcher fetcher(settings);
  return FetchOne(fetcher, std::move(request));
}

inline support::OriginAnswer Body(std::string body, support::Headers headers = {}) {
  support::OriginAnswer answer;
  answer.body = std::move(body);
  answer.headers = std::move(headers);
  return answer;
}

inline support::OriginAnswer Status(int status, support::Headers headers = {}) {
  support::OriginAnswer answer;
  answer.status = status;
  answer.headers = std::move(headers);
  return answer;
}

}  // namespace saunter::crawler::fetch
