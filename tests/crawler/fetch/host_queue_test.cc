#include "crawler/fetch/host_queue.h"

#include <gmock/gmock.h>

#include <algorithm>

namespace saunter::crawler::fetch {
namespace {

constexpr std::int64_t kGapMin = 1000;
constexpr std::int64_t kGapMax = 30000;

std::unique_ptr<Job> JobFor(const std::string& host, const std::string& url,
                            RequestKind kind = RequestKind::kFeed) {
  auto job = std::make_unique<Job>();
  job->host = host;
  job->url = url;
  job->request.kind = kind;
  return job;
}

// The URL of the next job, or "-".
std::string Next(HostQueue& from, std::int64_t now_ms) {
  const std::unique_ptr<Job> job = from.Pop(now_ms);
  return job == nullptr ? "-" : job->url;
}

class HostQueueTest : public testing::Test {
 protected:
  void Push(const std::string& host, const std::string& url,
            RequestKind kind = RequestKind::kFeed) {
    queue.Push(JobFor(host, url, kind), HostQueue::Place::kBack, 0);
  }
  HostQueue queue{kGapMin, kGapMax};
};

TEST_F(HostQueueTest, GivesOneJobOfAHostAtATime) {
  Push("a", "a1");
  Push("a", "a2");
  Push("b", "b1");
  EXPECT_EQ(Next(queue, 0), "a1");
  EXPECT_EQ(Next(queue, 0), "b1");
  EXPECT_EQ(Next(queue, 100000), "-") << "a is busy, however long it takes";
  queue.Release("a", 10, 100000);
  EXPECT_EQ(Next(queue, 100000 + kGapMin - 1), "-");
  EXPECT_EQ(queue.NextTurnMs(), 100000 + kGapMin);
  EXPECT_EQ(Next(queue, 100000 + kGapMin), "a2");
  EXPECT_EQ(queue.waiting(), 0U);
}

TEST_F(HostQueueTest, AsksAtOnceWhereNothingWasAskedAfterAll) {
  Push("a", "a1");
  Push("a", "a2");
  EXPECT_EQ(Next(queue, 0), "a1");
  queue.Return("a", 5);
  EXPECT_EQ(Next(queue, 5), "a2");
  queue.Return("a", 6);
  EXPECT_EQ(queue.hosts(), 0U);
}

TEST_F(HostQueueTest, LetsAHostRestThatWasAskedBefore) {
  queue.Rest("a", 5000, 0);
  queue.Rest("a", 3000, 0);
  Push("a", "a1");
  EXPECT_EQ(Next(queue, 4999), "-");
  EXPECT_EQ(Next(queue, 5000), "a1");
}

TEST_F(HostQueueTest, KnowsWhatIsInForce) {
  queue.Rest("resting", 5000, 0);
  (void)queue.Hold("held", 9000, 0);
  Push("busy", "b1");
  Push("waiting", "w1");
  EXPECT_EQ(Next(queue, 0), "b1");
  std::map<std::string, std::pair<schemas::PauseReason, std::int64_t>> found;
  for (const auto& pause : queue.InForce(1000)) {
    found[pause.host] = {pause.reason, pause.until_ms};
  }
  using schemas::PauseReason;
  EXPECT_THAT(found, testing::UnorderedElementsAre(
                         testing::Pair("resting", testing::Pair(PauseReason::kGap, 5000)),
                         testing::Pair("held", testing::Pair(PauseReason::kRetryAfter, 9000)),
                         testing::Pair("busy", testing::Pair(PauseReason::kGap, 1000 + 5 * 1000))));
  EXPECT_THAT(queue.InForce(9000), testing::SizeIs(1)) << "the busy one alone";
}

TEST_F(HostQueueTest, LeavesFiveTimesTheDurationWithinItsBounds) {
  std::int64_t now_ms = 0;
  for (const auto& [duration_ms, gap_ms] : std::vector<std::pair<std::int64_t, std::int64_t>>{
           {0, 1000}, {199, 1000}, {201, 1005}, {2000, 10000}, {6001, 30000}, {90000, 30000}}) {
    queue.Push(JobFor("a", "first"), HostQueue::Place::kBack, now_ms);
    queue.Push(JobFor("a", "second"), HostQueue::Place::kBack, now_ms);
    EXPECT_EQ(Next(queue, now_ms), "first");
    queue.Release("a", duration_ms, now_ms);
    EXPECT_EQ(Next(queue, now_ms + gap_ms - 1), "-");
    EXPECT_EQ(Next(queue, now_ms + gap_ms), "second") << duration_ms;
    queue.Release("a", 0, now_ms + gap_ms);
    now_ms += gap_ms + kGapMin;
  }
}

TEST_F(HostQueueTest, TakesFeedsBeforeProbes) {
  Push("a", "a probe", RequestKind::kProbe);
  Push("b", "b probe", RequestKind::kProbe);
  Push("b", "b feed");
  Push("c", "c page", RequestKind::kPage);
  EXPECT_EQ(Next(queue, 0), "b feed");
  EXPECT_EQ(Next(queue, 0), "c page");
  EXPECT_EQ(Next(queue, 0), "a probe");
  EXPECT_EQ(Next(queue, 0), "-");
  queue.Release("b", 0, 0);
  EXPECT_EQ(Next(queue, kGapMin), "b probe");
}

TEST_F(HostQueueTest, LetsANextHopGoFirst) {
  Push("a", "a1");
  queue.Push(JobFor("a", "hop"), HostQueue::Place::kFront, 0);
  EXPECT_EQ(Next(queue, 0), "hop");
}

TEST_F(HostQueueTest, GivesBackWhatWaitsForAHostThatAsksForAPause) {
  Push("a", "a1");
  Push("a", "a2");
  Push("a", "a3", RequestKind::kProbe);
  EXPECT_EQ(Next(queue, 0), "a1");
  queue.Release("a", 0, 0);
  EXPECT_EQ(queue.Hold("a", 5000, 0).size(), 2U);
  EXPECT_EQ(queue.waiting(), 0U);
  EXPECT_EQ(queue.HeldUntil("a", 4999), 5000);
  EXPECT_EQ(queue.HeldUntil("a", 5000), std::nullopt);
  Push("a", "a4");
  EXPECT_EQ(Next(queue, 4999), "-");
  EXPECT_EQ(Next(queue, 5000), "a4");
}

TEST_F(HostQueueTest, ForgetsHostsWhenTheirGapIsOver) {
  constexpr int kHosts = 10000;
  for (int i = 0; i < kHosts; ++i) Push(std::to_string(i), "x");
  for (int i = 0; i < kHosts; ++i) {
    const std::unique_ptr<Job> job = queue.Pop(0);
    ASSERT_NE(job, nullptr);
    queue.Release(job->host, 0, 0);
  }
  EXPECT_EQ(queue.hosts(), static_cast<std::size_t>(kHosts)) << "all are in their gap";
  EXPECT_EQ(queue.NextTurnMs(), std::nullopt) << "and nothing waits for it";
  EXPECT_EQ(Next(queue, kGapMin), "-");
  EXPECT_EQ(queue.hosts(), 0U);
}

// Random steps against a model that looks at every host each time.
TEST_F(HostQueueTest, AgreesWithAModelThatScansAllHosts) {
  struct Model {
    int waiting = 0;
    std::int64_t ready_at_ms = 0;
    bool busy = false;
  };
  std::map<std::string, Model> hosts;
  std::vector<std::string> busy;
  std::uint64_t state = 42;
  const auto random = [&](std::uint64_t below) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    return (state >> 33U) % below;
  };
  std::int64_t now_ms = 0;
  for (int step = 0; step < 200000; ++step) {
    now_ms += static_cast<std::int64_t>(random(100));
    const std::string host = std::to_string(random(50));
    switch (random(3)) {
      case 0: {
        const auto kind = random(2) == 0 ? RequestKind::kFeed : RequestKind::kProbe;
        queue.Push(JobFor(host, host, kind), HostQueue::Place::kBack, now_ms);
        ++hosts[host].waiting;
        break;
      }
      case 1: {
        const bool any = std::ranges::any_of(hosts, [&](const auto& entry) {
          const Model& model = entry.second;
          return model.waiting > 0 && !model.busy && model.ready_at_ms <= now_ms;
        });
        const std::string got = Next(queue, now_ms);
        ASSERT_EQ(got != "-", any) << "step " << step;
        if (!any) break;
        Model& model = hosts[got];
        ASSERT_TRUE(model.waiting > 0 && !model.busy && model.ready_at_ms <= now_ms) << step;
        --model.waiting;
        model.busy = true;
        busy.push_back(got);
        break;
      }
      default:
        if (busy.empty()) break;
        std::swap(busy[random(busy.size())], busy.back());
        const auto duration_ms = static_cast<std::int64_t>(random(1000));
        queue.Release(busy.back(), duration_ms, now_ms);
        hosts[busy.back()].busy = false;
        hosts[busy.back()].ready_at_ms = now_ms + std::clamp(5 * duration_ms, kGapMin, kGapMax);
        busy.pop_back();
    }
  }
}

TEST_F(HostQueueTest, GivesBackWhatWasNotAskedAndKeepsNextHops) {
  Push("a", "a1");
  Push("a", "a probe", RequestKind::kProbe);
  Push("b", "b probe", RequestKind::kProbe);
  auto hop = JobFor("b", "b hop");
  hop->asked = true;
  queue.Push(std::move(hop), HostQueue::Place::kFront, 0);
  std::vector<std::string> withdrawn;
  for (const auto& job : queue.Withdraw(0)) withdrawn.push_back(job->url);
  std::ranges::sort(withdrawn);
  EXPECT_EQ(withdrawn, (std::vector<std::string>{"a probe", "a1", "b probe"}));
  EXPECT_EQ(queue.waiting(), 1U);
  EXPECT_EQ(Next(queue, 0), "b hop");
  EXPECT_EQ(Next(queue, 0), "-");
}

}  // namespace
}  // namespace saunter::crawler::fetch
