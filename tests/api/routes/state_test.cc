#include <gmock/gmock.h>

#include "api/routes/status_json.h"
#include "tests/api/routes/fixture.h"

namespace saunter::api::routes {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::SizeIs;

constexpr schemas::UnixSeconds kDay = 86400;

class StateRoutesTest : public RoutesTest {
 protected:
  // A feed whose last fetch failed.
  void AddFailing(const std::string& host, schemas::FetchOutcome outcome,
                  const std::string& title = {}) {
    Database().AddFeedOnly(host);
    const auto reader = store::OpenFileReader(settings_.store).reader;
    schemas::WriteBatch batch;
    auto& crawl = batch.crawls.emplace_back();
    const auto url = "https://" + host + "/feed.xml";
    crawl.feed = reader->FindFeed(reader->FindFeed(url)->feed_id).value();
    if (!title.empty()) crawl.feed.title = title;
    crawl.feed.checked_at = kTestNow;
    crawl.feed.last_outcome = outcome;
    crawl.feed.error_count = 3;
    crawl.fetch.fetched_at = kTestNow;
    crawl.fetch.outcome = outcome;
    Database().Apply(batch);
  }
  void SayStatus(schemas::UnixSeconds at, std::optional<schemas::UnixSeconds> outage_at) {
    schemas::WriteBatch batch;
    auto& status = batch.status.emplace();
    status.version = "1";
    status.reported_at = at;
    status.outage_at = outage_at;
    Database().ApplyAt(at, batch);
  }
};

TEST_F(StateRoutesTest, CountsEachFeedOnceInTheSnapshotOfTheSums) {
  Database().AddSite("good.example", 2);
  Database().AddFeedOnly("new.example");
  AddFailing("bad.example", schemas::FetchOutcome::kTimeout);
  const auto status = AskJson("/v1/status");
  EXPECT_EQ(status["made_at"], kTestNow);
  EXPECT_EQ(status["stats"], AskJson("/v1/stats"));
  EXPECT_EQ(status["feed_counts"], json::parse(R"([
    {"state":"active","last_outcome":null,"is_failing":false,"feeds":1},
    {"state":"active","last_outcome":"ok","is_failing":false,"feeds":1},
    {"state":"active","last_outcome":"timeout","is_failing":true,"feeds":1}])"));
  EXPECT_EQ(status["stats"]["feeds"], 3);
}

TEST_F(StateRoutesTest, NamesTheCausesOfFailingFeedsAndWhatToDo) {
  AddFailing("lost.example", schemas::FetchOutcome::kNotFound);
  for (int i = 0; i < 8; ++i) {
    AddFailing("slow" + std::to_string(i) + ".example", schemas::FetchOutcome::kTimeout,
               "</script><b>");
  }
  const auto causes = AskJson("/v1/status")["failing_causes"];
  ASSERT_THAT(causes, SizeIs(2));
  EXPECT_EQ(causes[0]["outcome"], "timeout");
  EXPECT_EQ(causes[0]["feeds"], 8);
  EXPECT_EQ(causes[0]["since_at"], kTestNow);
  EXPECT_EQ(causes[0]["meaning"], "No answer came in time.");
  EXPECT_THAT(causes[0]["advice"].get<std::string>(), HasSubstr("network"));
  ASSERT_THAT(causes[0]["feed_list"], SizeIs(5));
  EXPECT_EQ(causes[0]["feed_list"][0]["title"], "</script><b>");
  EXPECT_EQ(causes[0]["feed_list"][0]["error_count"], 3);
  EXPECT_EQ(causes[0]["feed_list"][0]["ok_at"], nullptr);
  EXPECT_EQ(causes[1]["feed_list"][0]["url"], "https://lost.example/feed.xml");
  EXPECT_EQ(causes[1]["feed_list"][0]["host"], "lost.example");
}

TEST_F(StateRoutesTest, GivesEachCauseItsShareOfTheBytes) {
  settings_.api.max_response_bytes = 8192;
  for (int i = 0; i < 5; ++i) {
    AddFailing("slow" + std::to_string(i) + ".example", schemas::FetchOutcome::kTimeout,
               std::string(2000, 'x'));
    AddFailing("lost" + std::to_string(i) + ".example", schemas::FetchOutcome::kNotFound);
  }
  const auto answer = Ask("/v1/status");
  EXPECT_LE(answer.body.size(), 8192U);
  const auto causes = json::parse(answer.body)["failing_causes"];
  EXPECT_EQ(causes[0]["feeds"], 5);
  EXPECT_LT(causes[1]["feed_list"].size(), 2U) << "titles of strangers take no one else's room";
  EXPECT_THAT(causes[0]["feed_list"], SizeIs(5));
}

TEST_F(StateRoutesTest, ShowsAYearByHoursDaysAndWeeksWithItsOutages) {
  for (const auto at : {kTestNow - 300 * kDay, kTestNow - 20 * kDay, kTestNow - 2 * kDay}) {
    SayStatus(at, {});
  }
  SayStatus(kTestNow - kDay, kTestNow - kDay);
  SayStatus(kTestNow - kDay + 7200, {});
  SayStatus(kTestNow, kTestNow - 60);
  const auto status = AskJson("/v1/status");
  EXPECT_THAT(status["hours"], SizeIs(4));
  EXPECT_THAT(status["days"], SizeIs(4));
  EXPECT_GE(status["weeks"].size(), 3U);
  EXPECT_LE(status["weeks"][0]["week_at"], kTestNow - 300 * kDay);
  EXPECT_EQ((status["weeks"][0]["week_at"].get<std::int64_t>() / kDay + 3) % 7, 0) << "a Monday";
  EXPECT_EQ(status["activity_begins_at"], kTestNow - 300 * kDay - (kTestNow - 300 * kDay) % 3600);
  EXPECT_EQ(status["outages"],
            json({{{"began_at", kTestNow - kDay}, {"ended_at", kTestNow - kDay + 7200}}}));
  EXPECT_EQ(status["stats"]["crawler"]["outage_at"], kTestNow - 60);
}

TEST_F(StateRoutesTest, ReadsTheStatusAnewEveryTenSecondsAtTheMost) {
  Database().AddSite("a.example", 1);
  const auto links = [&](schemas::UnixSeconds now) {
    return json::parse(Ask("/v1/status", {}, now).body)["stats"]["links"];
  };
  EXPECT_EQ(links(kTestNow), 1);
  Database().AddSite("b.example", 1);
  EXPECT_EQ(links(kTestNow + 9), 1);
  EXPECT_EQ(links(kTestNow + 10), 2);
}

TEST_F(StateRoutesTest, SaysNothingOfAReplicaWhereTheDatabaseIsNoCopy) {
  Database().AddSite("a.example", 1);
  const auto ready = AskJson("/readyz");
  EXPECT_TRUE(ready["replica_behind_s"].is_null());
  EXPECT_TRUE(ready["replica_problem"].is_null());
}

TEST(CopyStateText, IsAProblemOnlyBeyondWhatIsAllowed) {
  const auto said = [](schemas::UnixSeconds current_at) {
    std::string text = "{\"a\":1";
    AppendCopyState(text, store::CopyState{.current_at = current_at}, 300, kTestNow);
    return json::parse(text + "}");
  };
  EXPECT_EQ(said(kTestNow - 300)["replica_behind_s"], 300);
  EXPECT_TRUE(said(kTestNow - 300)["replica_problem"].is_null());
  EXPECT_THAT(said(kTestNow - 301)["replica_problem"].get<std::string>(),
              HasSubstr("The replica is 301 s behind"));
  EXPECT_EQ(said(kTestNow + 5)["replica_behind_s"], 0);  // by a clock that was put back
}

}  // namespace
}  // namespace saunter::api::routes
