// What an operator is shown of readers' reports.
#include "store/review.h"

#include <gmock/gmock.h>

#include <string>

#include "store/feedback.h"
#include "tests/store/fixture.h"

namespace saunter::store::sql {
namespace {

using schemas::ReportKind;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ReviewTest : public StoreTest {
 protected:
  void SetUp() override {
    OpenWriter();
    feed_ = AddFeed("https://a.example/feed", "a.example");
    Crawl(feed_, {Entry("a.example", 1), Entry("a.example", 2), Entry("a.example", 3)});
  }
  void Report(schemas::Id link_id, std::uint64_t networks) {
    schemas::WriteBatch batch;
    for (std::uint64_t network = 1; network <= networks; ++network) {
      batch.feedback.push_back({.link_id = link_id,
                                .source_id = 1,
                                .given_at = kNow,
                                .nonce = ++nonces_,
                                .network = network,
                                .said = schemas::Report{.kind = ReportKind::kSpam, .note = {}}});
    }
    Write(batch);
  }

  schemas::Id feed_ = 0;
  std::uint64_t nonces_ = 0;
};

TEST_F(ReviewTest, ListsLinksInPages) {
  Report(3, 1);
  Report(1, 2);
  Report(2, 1);
  EXPECT_THAT(OpenReader()->LinksToReview({0, 2}), ElementsAre(1, 2));
  EXPECT_THAT(OpenReader()->LinksToReview({2, 2}), ElementsAre(3));
  EXPECT_THAT(OpenReader()->LinksToReview({3, 2}), IsEmpty());
}

TEST_F(ReviewTest, CountsNetworksAndNotReports) {
  Report(1, 2);
  Report(1, 3);
  EXPECT_EQ(OpenReader()->FindReviewedLink(1)->networks, 3);
  EXPECT_EQ(OpenReader()->ReportsOn(1).size(), 5U);
  EXPECT_FALSE(OpenReader()->FindReviewedLink(2)) << "nobody reported it";
}

TEST_F(ReviewTest, ListsAWithheldLinkWithoutReports) {
  Report(2, kWithholdingNetworks);
  engine_->Execute("DELETE FROM report");
  EXPECT_THAT(OpenReader()->LinksToReview({0, 100}), ElementsAre(2));
  EXPECT_TRUE(OpenReader()->FindReviewedLink(2)->is_withheld);
}

TEST_F(ReviewTest, KeepsTheReportsOnALinkThatHasGone) {
  Report(2, kWithholdingNetworks);
  Remove("https://a.example/feed");
  const auto link = OpenReader()->FindReviewedLink(2);
  ASSERT_TRUE(link);
  EXPECT_EQ(link->url, "https://a.example/2");
  EXPECT_FALSE(link->is_in_pool);
}

}  // namespace
}  // namespace saunter::store::sql
