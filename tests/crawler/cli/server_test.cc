// Commands over PostgreSQL, which several programs write at once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "schemas/postgres.h"
#include "tests/crawler/cli/saunter_program.h"
#include "tests/crawler/cli/standing_crawler.h"
#include "tests/support/cluster.h"

namespace saunter::crawler::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const std::string kVersion = std::to_string(schemas::PostgresSchemaVersion());

class ServerTest : public SaunterTest {
 protected:
  void SetUp() override {
    if (const auto why = support::Cluster::WhyNone(); !why.empty()) GTEST_SKIP() << why;
    name_ = support::Cluster::Own().MakeDatabase();
    url_ = support::Cluster::Own().UrlOf(name_);
    config_ = directory_.Write("saunter.toml", "[store]\nurl = \"" + url_ + "\"\n");
  }
  void TearDown() override {
    if (!name_.empty()) support::Cluster::Own().DropDatabase(name_);
  }
  [[nodiscard]] schemas::Settings CrawlersSettings() const {
    auto settings = this->settings();
    settings.store.url = url_;
    return settings;
  }

  std::string name_;
  std::string url_;
};

TEST_F(ServerTest, MakeTheTablesAndSayWhatTheDatabaseIs) {
  const auto unmade = Run({"db", "check"});
  EXPECT_EQ(unmade.exit_code, 3);
  EXPECT_THAT(unmade.errors, HasSubstr("is empty; run `saunter import`"));
  EXPECT_EQ(Run({"db", "migrate"}).output, url_ + ": schema version " + kVersion + "\n");
  EXPECT_EQ(Run({"db", "check"}).output, url_ + ": no problem was found\n");
  EXPECT_EQ(RunJson({"stats"})["schema_version"], schemas::PostgresSchemaVersion());
  EXPECT_FALSE(std::filesystem::exists(database()));
}

TEST_F(ServerTest, LeaveCopyingToItsOwnTools) {
  const auto copied = Run({"db", "backup", directory_.File("copy.db")});
  EXPECT_EQ(copied.exit_code, 2);
  EXPECT_THAT(copied.errors, HasSubstr("pg_dump --format=custom"));
  EXPECT_THAT(Run({"db", "restore", "copy"}).errors, HasSubstr("pg_restore"));
}

TEST_F(ServerTest, ImportListAndRemove) {
  const std::string list = "https://a.example/feed\nhttps://b.example/feed\n";
  EXPECT_EQ(RunJson({"import", "-"}, list)["added"], 2);
  EXPECT_EQ(RunJson({"import", "-"}, list)["already_known"], 2);
  ASSERT_EQ(Run({"blacklist", "add", "a.example"}).exit_code, 0);
  EXPECT_THAT(Run({"feed", "list"}).output, HasSubstr("https://b.example/feed"));
  EXPECT_EQ(Run({"feed", "remove", "https://b.example/feed"}).exit_code, 0);
  EXPECT_EQ(RunJson({"stats"})["feeds"], 1);
  EXPECT_EQ(Run({"db", "compact"}).exit_code, 0);
  EXPECT_EQ(Run({"db", "check"}).exit_code, 0);
}

TEST_F(ServerTest, HandChangesToTheCrawlerOfThisMachine) {
  StandingCrawler crawler(CrawlersSettings());
  ASSERT_EQ(Run({"blacklist", "add", "b.example"}).exit_code, 0);
  EXPECT_TRUE(crawler.thread.blacklist()->MatchUrl("http://b.example/"));
}

TEST_F(ServerTest, WriteWhileCrawlersOfOtherMachinesDoWhichHearOfIt) {
  StandingCrawler crawler(CrawlersSettings());
  const auto here = "--store.path=" + directory_.File("elsewhere.db");
  ASSERT_EQ(Run({"blacklist", "add", "b.example", here}).exit_code, 0);
  schemas::AddFeed feed;
  feed.url = "http://b.example/feed";
  feed.host = feed.registrable_domain = "b.example";
  EXPECT_THAT(crawler.thread.Change({feed}).outcomes,
              ElementsAre(schemas::ChangeOutcome::kBlacklisted));
  EXPECT_TRUE(crawler.thread.blacklist()->MatchUrl("http://b.example/"));
  ASSERT_EQ(Run({"blacklist", "remove", "b.example", here}).exit_code, 0);
  EXPECT_THAT(crawler.thread.Change({feed}).outcomes, ElementsAre(schemas::ChangeOutcome::kDone));
}

TEST_F(ServerTest, DoNotAskAFeedThatARunningCrawlerMayAsk) {
  ASSERT_EQ(RunJson({"feed", "add", "http://127.0.0.1:1/feed"})["added"], 1);
  support::Cluster::Own().Ask(name_,
                              "UPDATE feed SET next_check_at = 0; INSERT INTO crawler (crawler_id, "
                              "version, started_at, reported_at, feeds_due, in_flight) VALUES (1, "
                              "'1', 0, extract(epoch FROM now()), 0, 0)");
  const auto refused = Run({"fetch", "http://127.0.0.1:1/feed"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.output, HasSubstr("a crawler runs"));
  support::Cluster::Own().Ask(name_, "UPDATE crawler SET stopped_at = 1");
  EXPECT_THAT(Run({"fetch", "http://127.0.0.1:1/feed"}).output, Not(HasSubstr("a crawler runs")));
}

TEST_F(ServerTest, SayWhereItCannotBeReachedAndKeepThePasswordToThemselves) {
  const auto unreached = Run({"stats", "--store.url=postgresql://ann:hunter2@127.0.0.1:1/saunter"});
  EXPECT_EQ(unreached.exit_code, 3);
  EXPECT_THAT(unreached.errors, HasSubstr("cannot be reached"));
  EXPECT_THAT(unreached.errors + unreached.output, Not(HasSubstr("hunter2")));
}

TEST_F(ServerTest, AreLookedAtByDoctorInsteadOfAFile) {
  ASSERT_EQ(Run({"db", "migrate"}).exit_code, 0);
  const auto report = RunJson({"doctor", "--offline"});
  EXPECT_EQ(report["path"], url_);
  for (const auto& finding : report["findings"]) {
    if (finding["name"] != "database") continue;
    EXPECT_EQ(finding["state"], "ok");
    EXPECT_THAT(finding["found"].get<std::string>(), HasSubstr("PostgreSQL, schema " + kVersion));
    EXPECT_THAT(finding["advice"], IsEmpty());
  }
}

}  // namespace
}  // namespace saunter::crawler::cli
