#include "crawler/fetch/transfers.h"

#include <gmock/gmock.h>
#include <sys/resource.h>

#include "crawler/fetch/clock.h"
#include "tests/crawler/fetch/fixture.h"

namespace saunter::crawler::fetch {
namespace {

using schemas::FetchOutcome;
using support::Origin;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class TransfersTest : public ::testing::Test {
 protected:
  TransfersTest() { origin_.SetAnswer("", "/feed", Body("<rss/>")); }

  std::unique_ptr<Job> JobOf(std::uint64_t ticket, RequestKind kind = RequestKind::kFeed) {
    auto job = std::make_unique<Job>();
    job->host = "127.0.1." + std::to_string(ticket + 1);
    job->url = job->request.url = origin_.Url(job->host, "/feed");
    job->request.ticket = ticket;
    job->request.kind = kind;
    return job;
  }
  void Start(std::unique_ptr<Job> job) {
    transfers_.Start(std::move(job), Transfer::Connection::kClose);
  }
  // What comes of all that is in flight.
  std::vector<EndedTransfer> End() {
    std::vector<EndedTransfer> all;
    const auto deadline_ms = SteadyMs() + kPatienceMs;
    while (transfers_.in_flight() > 0 && SteadyMs() < deadline_ms) {
      for (auto& ended : transfers_.Run()) all.push_back(std::move(ended));
      if (transfers_.in_flight() > 0) transfers_.Wait(1000);
    }
    return all;
  }

  Origin origin_;
  const schemas::FetchSettings settings_ = SettingsFor(origin_);
  const AddressGuard guard_{settings_.allow_networks, settings_.allow_ports};
  BlockPace blocks_{0, SteadyMs};
  Transfers transfers_{settings_, guard_, blocks_};
};

TEST_F(TransfersTest, GiveEachJobBackWithWhatBecameOfIt) {
  origin_.SetAnswer("127.0.1.3", "/feed", Status(503));
  Start(JobOf(1));
  Start(JobOf(2));
  EXPECT_EQ(transfers_.in_flight(), 2U);
  const auto ended = End();
  ASSERT_THAT(ended, SizeIs(2));
  for (const auto& [job, result] : ended) {
    EXPECT_EQ(result.outcome, FetchOutcome::kOk) << "a whole answer";
    EXPECT_EQ(result.status, job->request.ticket == 1 ? 200 : 503);
    EXPECT_EQ(result.body, job->request.ticket == 1 ? "<rss/>" : "");
  }
  EXPECT_THAT(transfers_.Run(), IsEmpty());
}

TEST_F(TransfersTest, CanBeTakenBackUntilLibcurlHasLookedAtThem) {
  Start(JobOf(1));
  Start(JobOf(2));
  EXPECT_EQ(transfers_.unseen(), 2U);
  const auto jobs = transfers_.TakeBack({2, 7});
  ASSERT_THAT(jobs, SizeIs(1));
  EXPECT_EQ(jobs.front()->request.ticket, 2U);
  EXPECT_EQ(transfers_.in_flight(), 1U);
  EXPECT_EQ(transfers_.unseen(), 1U);
  EXPECT_THAT(End(), SizeIs(1));
  EXPECT_EQ(transfers_.unseen(), 0U);
  EXPECT_THAT(Asked(origin_), ElementsAre("GET 127.0.1.2/feed")) << "nothing of the other was sent";
}

TEST_F(TransfersTest, ServeAnotherJobAfterOneThatWasTakenBack) {
  Start(JobOf(1));
  ASSERT_THAT(transfers_.TakeBack({1}), SizeIs(1));
  Start(JobOf(2));
  const auto ended = End();
  ASSERT_THAT(ended, SizeIs(1));
  EXPECT_EQ(ended.front().job->request.ticket, 2U);
  EXPECT_THAT(Asked(origin_), ElementsAre("GET 127.0.1.3/feed"));
}

// The tickets are the caller's, and may be like the one that no request of robots.txt has.
TEST_F(TransfersTest, OfRobotsFilesGoOn) {
  Start(JobOf(0, RequestKind::kRobots));
  EXPECT_THAT(transfers_.TakeBack({0}), IsEmpty());
  EXPECT_THAT(End(), SizeIs(1));
}

TEST_F(TransfersTest, LetAWaitEndThatBeginsAfterItsWake) {
  const auto begin_ms = SteadyMs();
  transfers_.Wake();
  transfers_.Wait(kPatienceMs);
  EXPECT_LT(SteadyMs() - begin_ms, kPatienceMs);
}

TEST_F(TransfersTest, AreNoMoreThanTheProcessMayOpenDescriptorsFor) {
  schemas::FetchSettings settings = settings_;
  settings.transfers_max = 50;
  EXPECT_EQ(Transfers(settings, guard_, blocks_).count_max(), 50U);
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit few = before;
  few.rlim_cur = 104;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
  const auto count_max = Transfers(settings, guard_, blocks_).count_max();
  EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(count_max, 20U) << "two for each, beside those that the process has for other things";
}

}  // namespace
}  // namespace saunter::crawler::fetch
