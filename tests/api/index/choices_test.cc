#include "api/index/choices.h"

#include <gtest/gtest.h>

#include "api/index/index_builder.h"
#include "tests/api/index/filter_fixture.h"

namespace saunter::api::index {
namespace {

class ChoicesTest : public testing::Test {
 protected:
  ChoicesTest() {
    // So many sources that a count for each is what a selection mostly needs.
    for (schemas::Id id = 1; id <= 3000; ++id) builder_.Put(id, Row(id, id));
    index_ = builder_.Build();
  }
  // Each fits all links.
  static Selection Young(std::int64_t days) { return {.max_age_days = days}; }

  IndexBuilder builder_;
  std::shared_ptr<const LinkIndex> index_;
};

TEST_F(ChoicesTest, KeepsWhatWasAskedForLastWithinItsBytes) {
  Choices all(1 << 30);
  all.Find(index_, Young(1), kNow);
  const auto one = all.bytes();
  EXPECT_GT(one, 3000 * sizeof(std::uint32_t));
  Choices choices(10 * one);
  for (std::int64_t days = 1; days <= 1000; ++days) {
    EXPECT_EQ(choices.Find(index_, Young(days), kNow).counts().links(), 3000);
    choices.Find(index_, Young(1), kNow);
    EXPECT_LE(choices.bytes(), 10 * one);
  }
  EXPECT_EQ(choices.count(), 10U);
  // The one that was asked for again and again is still the one first made.
  const auto* const kept = &choices.Find(index_, Young(1), kNow).counts();
  EXPECT_EQ(&choices.Find(index_, Young(1), kNow).counts(), kept);
}

TEST_F(ChoicesTest, AnswersASelectionThatIsLargerThanItsBytesWithoutKeepingIt) {
  Choices choices(1000);
  EXPECT_EQ(choices.Find(index_, Young(1), kNow).counts().links(), 3000);
  EXPECT_EQ(choices.count(), 0U);
  EXPECT_EQ(choices.bytes(), 0U);
}

TEST_F(ChoicesTest, TakesLittleForASelectionThatFewSourcesFit) {
  Choices choices(1 << 20);
  for (schemas::Id id = 1; id <= 1000; ++id) {
    EXPECT_EQ(choices.Find(index_, {.site_id = id}, kNow).counts().links(), 1);
  }
  EXPECT_EQ(choices.count(), 1000U);
}

TEST_F(ChoicesTest, LetsAnOldIndexGo) {
  Choices choices(1 << 20);
  choices.Find(index_, Young(1), kNow);
  const std::weak_ptr<const LinkIndex> old = index_;
  builder_.Put(1, std::nullopt);
  index_ = builder_.Build();
  EXPECT_TRUE(old.expired());
  EXPECT_EQ(choices.Find(index_, Young(1), kNow).counts().links(), 2999);
  EXPECT_EQ(choices.count(), 1U);
}

TEST_F(ChoicesTest, AnswersAWorkerThatIsBehindFromItsOwnIndex) {
  Choices choices(1 << 20);
  builder_.Put(1, std::nullopt);
  const auto newer = builder_.Build();
  choices.Find(newer, Young(1), kNow);
  EXPECT_EQ(choices.Find(index_, Young(1), kNow).counts().links(), 3000);
  EXPECT_EQ(choices.Find(newer, Young(1), kNow).counts().links(), 2999);
}

}  // namespace
}  // namespace saunter::api::index
