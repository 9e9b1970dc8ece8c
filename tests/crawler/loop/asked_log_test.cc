#include "crawler/loop/asked_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "tests/support/files.h"

namespace saunter::crawler::loop {
namespace {

using ::testing::IsEmpty;

class AskedLogTest : public ::testing::Test {
 protected:
  // What the next process finds.
  std::map<schemas::Id, schemas::UnixSeconds> Found() { return AskedLog(path_).found(); }

  support::TemporaryDirectory folder_;
  std::string path_ = folder_.File("saunter.db");
};

TEST_F(AskedLogTest, HoldsNothingAtFirst) { EXPECT_THAT(Found(), IsEmpty()); }

TEST_F(AskedLogTest, KeepsWhatWasAsked) {
  {
    AskedLog log(path_);
    EXPECT_TRUE(log.Note({AskedFeed{7, 100}}));
    EXPECT_TRUE(log.Note({AskedFeed{8, 101}}));
    EXPECT_TRUE(log.Note({AskedFeed{7, 102}}));
  }
  EXPECT_EQ(Found(), (std::map<schemas::Id, schemas::UnixSeconds>{{7, 102}, {8, 101}}));
}

TEST_F(AskedLogTest, UsesThePlaceOfWhatIsSettledAgain) {
  {
    AskedLog log(path_);
    EXPECT_TRUE(log.Note({AskedFeed{7, 100}}));
    log.Settle({7});
    EXPECT_TRUE(log.Note({AskedFeed{8, 101}}));
    log.Settle({9});
  }
  EXPECT_EQ(Found(), (std::map<schemas::Id, schemas::UnixSeconds>{{8, 101}}));
}

TEST_F(AskedLogTest, KeepsWhatItFoundUntilThatIsSettled) {
  {
    AskedLog log(path_);
    EXPECT_TRUE(log.Note({AskedFeed{7, 100}}));
    EXPECT_TRUE(log.Note({AskedFeed{8, 101}}));
  }
  {
    AskedLog log(path_);
    log.Settle({8});
    for (schemas::Id id = 100; id <= 9000; ++id) EXPECT_TRUE(log.Note({AskedFeed{id, 200}}));
  }
  const auto found = Found();
  EXPECT_EQ(found.size(), 8902U);
  EXPECT_EQ(found.at(7), 100);
  EXPECT_FALSE(found.contains(8));
}

TEST_F(AskedLogTest, TakesTheNewestOfSeveralRecords) {
  {
    AskedLog log(path_);
    EXPECT_TRUE(log.Note({AskedFeed{7, 100}}));
    EXPECT_TRUE(log.Note({AskedFeed{8, 100}}));
    log.Settle({7});
    EXPECT_TRUE(log.Note({AskedFeed{9, 101}}));  // in the place of 7
    log.Settle({8});
    EXPECT_TRUE(log.Note({AskedFeed{7, 102}}));  // in the place of 8
    log.Settle({9});
    log.Settle({7});
    EXPECT_TRUE(log.Note({AskedFeed{7, 103}}));
  }
  EXPECT_EQ(Found().at(7), 103);
}

TEST_F(AskedLogTest, GrowsWithWhatIsInFlight) {
  {
    AskedLog log(path_);
    for (schemas::Id id = 1; id <= 10000; ++id) EXPECT_TRUE(log.Note({AskedFeed{id, 2 * id}}));
  }
  const auto found = Found();
  ASSERT_EQ(found.size(), 10000U);
  EXPECT_EQ(found.at(9999), 19998);
}

TEST_F(AskedLogTest, ThrowsWhereItCannotBeKept) {
  EXPECT_THROW(AskedLog(folder_.File("none/saunter.db")), std::system_error);
}

}  // namespace
}  // namespace saunter::crawler::loop
