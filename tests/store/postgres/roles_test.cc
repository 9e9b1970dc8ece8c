// What each program may do under its role of systemd/postgres-roles.sql.
#include <gmock/gmock.h>

#include <string>

#include "tests/store/fixture.h"
#include "tests/support/cluster.h"

namespace saunter::store::postgres {
namespace {

using ::testing::SizeIs;

class RolesTest : public StoreTest {
 protected:
  RolesTest() {
    OpenWriter();
    const auto url = settings_.url;
    const auto database = url.substr(url.rfind('=') + 1);
    support::Cluster::Own().RunScript(database, SAUNTER_ROLES_SCRIPT);
    Crawl(AddFeed("https://a.example/feed", "a.example"),
          {Entry("a.example", 1), Entry("a.example", 2), Entry("b.example", 3)});
  }
  // From now on all is written under that role.
  void BecomeRole(const std::string& role) {
    const std::string owner = "user=saunter";
    settings_.url.replace(settings_.url.find(owner), owner.size(), "user=" + role);
    writer_.reset();
    OpenWriter();
  }
  schemas::Feedback ReportOf(schemas::Id link_id, std::uint64_t nonce) {
    return {.link_id = link_id,
            .source_id = 1,
            .given_at = kNow,
            .nonce = nonce,
            .network = nonce,
            .said = schemas::Report{.kind = schemas::ReportKind::kSpam, .note = {}}};
  }
};

TEST_F(RolesTest, LetTheCrawlerWriteItsBatches) {
  BecomeRole("saunter_crawler");
  Crawl(1, {Entry("a.example", 4)});
  EXPECT_THAT(PoolUrls(), SizeIs(4));
}

TEST_F(RolesTest, LetAnOperatorTakeOutWhatReadersAreGiven) {
  BecomeRole("saunter_cli");
  schemas::WriteBatch batch;
  schemas::BlacklistEntry entry;
  entry.pattern = "b.example";
  batch.changes.emplace_back(schemas::AddBlacklist{entry});
  batch.changes.emplace_back(schemas::EditFeed{
      .url = "https://a.example/feed", .title = std::nullopt, .category = std::string("bread")});
  Write(batch);
  Remove("https://a.example/feed");
  EXPECT_THAT(PoolUrls(), SizeIs(0));
}

// Every kind of report, by enough networks that a link is withheld.
TEST_F(RolesTest, LetAReplicaWriteWhatReadersSay) {
  settings_.removal_rows_max = 0;  // as the replica's desk sets it
  settings_.reports_max = 15;
  BecomeRole("saunter_replica");
  schemas::WriteBatch batch;
  for (std::uint64_t i = 1; i <= 20; ++i) batch.feedback.push_back(ReportOf(1, i));
  schemas::Feedback vote = ReportOf(2, 100);
  vote.said = schemas::Vote{};
  batch.feedback.push_back(vote);
  EXPECT_THAT(Write(batch).feedback_outcomes, SizeIs(21));
  EXPECT_THAT(PoolUrls(), SizeIs(2));
}

TEST_F(RolesTest, LetAReplicaWriteNoFeeds) {
  BecomeRole("saunter_replica");
  EXPECT_THROW(static_cast<void>(AddFeed("https://b.example/feed", "b.example")), StoreError);
}

}  // namespace
}  // namespace saunter::store::postgres
