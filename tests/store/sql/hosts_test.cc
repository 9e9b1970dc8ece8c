#include <gmock/gmock.h>

#include "tests/store/fixture.h"

namespace saunter::store::sql {
namespace {

using schemas::FetchOutcome;
using schemas::PauseReason;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;
using HostsTest = StoreTest;

constexpr std::int64_t kPlenty = 1000000;

schemas::WriteBatch BatchOf(schemas::HostState hosts) {
  schemas::WriteBatch batch;
  batch.hosts = std::move(hosts);
  return batch;
}

std::string Line(const schemas::HostPause& pause) {
  return pause.host + " " + std::to_string(static_cast<int>(pause.reason)) + " " +
         std::to_string(pause.until_at - kNow);
}

std::vector<std::string> Lines(const std::vector<schemas::HostPause>& pauses) {
  std::vector<std::string> lines;
  for (const auto& pause : pauses) lines.push_back(Line(pause));
  return lines;
}

TEST_F(HostsTest, KeepsThePausesThatAreInForce) {
  OpenWriter();
  Write(BatchOf({.pauses = {{"a.example", PauseReason::kRetryAfter, kNow + 60},
                            {"a.example", PauseReason::kGap, kNow + 5},
                            {"*.b.example", PauseReason::kRetryAfter, kNow + 10}},
                 .robots = {}}));
  auto reader = OpenReader();
  EXPECT_THAT(Lines(reader->HostsInForce(kNow, 1, kPlenty).pauses),
              UnorderedElementsAre("a.example 1 60", "a.example 0 5", "*.b.example 1 10"));
  EXPECT_THAT(Lines(reader->HostsInForce(kNow + 10, 1, kPlenty).pauses),
              ElementsAre("a.example 1 60"));
}

TEST_F(HostsTest, NeverShortensAPause) {
  OpenWriter();
  Write(BatchOf({.pauses = {{"a.example", PauseReason::kRetryAfter, kNow + 60}}, .robots = {}}));
  Write(BatchOf({.pauses = {{"a.example", PauseReason::kRetryAfter, kNow + 10}}, .robots = {}}));
  EXPECT_THAT(Lines(OpenReader()->HostsInForce(kNow, 1, kPlenty).pauses),
              ElementsAre("a.example 1 60"));
}

TEST_F(HostsTest, KeepsTheNewestRobotsOfAnOrigin) {
  OpenWriter();
  schemas::Robots robots{.origin = "https://a.example",
                         .outcome = FetchOutcome::kDisallowedByRobots,
                         .fetched_at = kNow - 1,
                         .until_at = kNow + 3600,
                         .rules = {}};
  Write(BatchOf({.pauses = {}, .robots = {robots}}));
  robots.outcome = FetchOutcome::kOk;
  robots.fetched_at = kNow;
  robots.until_at = kNow + 86400;
  robots.rules = "user-agent: *\ndisallow: /x\n";
  Write(BatchOf({.pauses = {}, .robots = {robots}}));
  const auto found = OpenReader()->HostsInForce(kNow, 10, kPlenty).robots;
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].origin, "https://a.example");
  EXPECT_EQ(found[0].outcome, FetchOutcome::kOk);
  EXPECT_EQ(found[0].fetched_at, kNow);
  EXPECT_EQ(found[0].until_at, kNow + 86400);
  EXPECT_EQ(found[0].rules, "user-agent: *\ndisallow: /x\n");
}

TEST_F(HostsTest, KeepsRobotsThatWereReadLaterThanThoseThatCome) {
  OpenWriter();
  const auto robots = [](schemas::UnixSeconds fetched_at, const char* rules) {
    return schemas::Robots{.origin = "https://a.example",
                           .outcome = FetchOutcome::kOk,
                           .fetched_at = fetched_at,
                           .until_at = fetched_at + 86400,
                           .rules = rules};
  };
  Write(BatchOf({.pauses = {}, .robots = {robots(kNow, "new")}}));
  Write(BatchOf({.pauses = {}, .robots = {robots(kNow - 3600, "old")}}));
  const auto found = OpenReader()->HostsInForce(kNow, 10, kPlenty).robots;
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].rules, "new");
}

TEST_F(HostsTest, ReadsNoMoreRobotsThanAskedFor) {
  OpenWriter();
  schemas::HostState hosts;
  for (int i = 0; i < 5; ++i) {
    hosts.robots.push_back({.origin = "https://" + std::to_string(i) + ".example",
                            .outcome = FetchOutcome::kOk,
                            .fetched_at = kNow,
                            .until_at = kNow + 100 + i,
                            .rules = std::string(100, 'x')});
  }
  Write(BatchOf(hosts));
  auto reader = OpenReader();
  const auto newest = reader->HostsInForce(kNow, 2, kPlenty).robots;
  ASSERT_THAT(newest, SizeIs(2));
  EXPECT_EQ(newest[0].origin, "https://4.example");
  EXPECT_EQ(newest[1].origin, "https://3.example");
  EXPECT_THAT(reader->HostsInForce(kNow, 5, 250).robots, SizeIs(3)) << "ends once it is too much";
}

TEST_F(HostsTest, ForgetsWhatIsNoLongerInForce) {
  OpenWriter();
  // The batch carries the time kNow.
  Write(BatchOf({.pauses = {{"past.example", PauseReason::kRetryAfter, kNow},
                            {"future.example", PauseReason::kRetryAfter, kNow + 1}},
                 .robots = {{.origin = "https://past.example",
                             .outcome = FetchOutcome::kOk,
                             .fetched_at = kNow - 86400,
                             .until_at = kNow,
                             .rules = {}}}}));
  const auto all = OpenReader()->HostsInForce(0, 10, kPlenty);
  EXPECT_THAT(Lines(all.pauses), ElementsAre("future.example 1 1"));
  EXPECT_THAT(all.robots, IsEmpty());
}

}  // namespace
}  // namespace saunter::store::sql
