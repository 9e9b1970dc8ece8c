#include "crawler/fetch/guests.h"

#include <gtest/gtest.h>

#include "tests/crawler/fetch/fixture.h"

namespace saunter::crawler::fetch {
namespace {

using schemas::FetchOutcome;
using support::Origin;
using support::OriginAnswer;

constexpr std::size_t kHostsLed = 100;
constexpr std::size_t kGuestsOfAKind = 16;

// Hosts of which each redirects to one that says nothing.
class GuestsTest : public ::testing::Test {
 protected:
  GuestsTest() {
    OriginAnswer silent;
    silent.manner = support::OriginManner::kSilent;
    for (const char* target : {"/robots.txt", "/slow"}) {
      origin_.SetAnswer("127.0.1.200", target, silent);
    }
    origin_.SetAnswer("", "/led", support::Redirect(302, origin_.Url("127.0.1.200", "/slow")));
    settings_.block_gap_ms = 0;
  }

  // Until all have been led there and the silent host is being asked.
  std::vector<Response> AskAll(Fetcher& fetcher, Request (*ask)(std::string)) {
    for (std::size_t i = 1; i <= kHostsLed; ++i) {
      fetcher.Submit(ask(origin_.Url("127.0.1." + std::to_string(i), "/led")));
    }
    std::vector<Response> responses;
    while (Led() < kHostsLed || fetcher.InFlight() > 1 || origin_.Log("127.0.1.200").empty()) {
      for (auto& response : fetcher.Poll(1)) responses.push_back(std::move(response));
    }
    return responses;
  }
  [[nodiscard]] std::size_t Led() const {
    std::size_t count = 0;
    for (const auto& request : origin_.Log()) count += request.target == "/led" ? 1 : 0;
    return count;
  }

  Origin origin_;
  schemas::FetchSettings settings_ = SettingsFor(origin_);
};

TEST_F(GuestsTest, WaitForOneHostInSmallNumbersOnly) {
  Fetcher fetcher(settings_);
  const auto responses = AskAll(fetcher, FeedOf);
  EXPECT_EQ(fetcher.Pending(RequestKind::kFeed), kGuestsOfAKind);
  ASSERT_EQ(responses.size(), kHostsLed - kGuestsOfAKind);
  for (const auto& response : responses) {
    EXPECT_EQ(response.outcome, FetchOutcome::kTooManyRequests);
    EXPECT_EQ(response.retry_after_s, 3600);
    EXPECT_EQ(response.status, 302);
  }
}

TEST_F(GuestsTest, WaitForItsRobotsFileInSmallNumbersToo) {
  Fetcher fetcher(settings_);
  const auto responses = AskAll(fetcher, ProbeOf);
  EXPECT_EQ(fetcher.Pending(RequestKind::kProbe), kGuestsOfAKind);
  EXPECT_EQ(responses.size(), kHostsLed - kGuestsOfAKind);
}

TEST_F(GuestsTest, MakeRoomWhenTheyLeave) {
  origin_.SetAnswer("127.0.1.200", "/slow", Body("<rss/>"));
  Fetcher fetcher(settings_);
  for (std::size_t i = 1; i <= 3 * kGuestsOfAKind; ++i) {
    const auto url = origin_.Url("127.0.1." + std::to_string(i), "/led");
    ASSERT_EQ(FetchOne(fetcher, FeedOf(url)).outcome, FetchOutcome::kOk) << i;
  }
}

TEST(Guests, AreCountedByKindAndLeaveOnce) {
  Guests guests;
  std::vector<Job> jobs(Guests::kOfAKindMax);
  for (auto& job : jobs) EXPECT_TRUE(guests.Enter("a.example", job));
  Job late;
  EXPECT_FALSE(guests.Enter("a.example", late));
  EXPECT_TRUE(guests.Enter("b.example", late));
  Job probe;
  probe.request.kind = RequestKind::kProbe;
  EXPECT_TRUE(guests.Enter("a.example", probe));
  guests.Leave(jobs.front());
  guests.Leave(jobs.front());
  Job next;
  EXPECT_TRUE(guests.Enter("a.example", next));
  Job last;
  EXPECT_FALSE(guests.Enter("a.example", last));
}

}  // namespace
}  // namespace saunter::crawler::fetch
