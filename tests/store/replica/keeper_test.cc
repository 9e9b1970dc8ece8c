#include "store/replica/keeper.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>

#include <memory>
#include <string>

#include "store/replica/progress.h"
#include "tests/store/replica/copy.h"
#include "tests/store/replica/source.h"
#include "tests/support/files.h"

namespace saunter::store::replica {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

TEST(PauseAfterFailures, GrowsToAMinute) {
  EXPECT_EQ(PauseAfter(1), milliseconds(1000));
  EXPECT_EQ(PauseAfter(2), milliseconds(2000));
  EXPECT_EQ(PauseAfter(6), milliseconds(32000));
  EXPECT_EQ(PauseAfter(7), milliseconds(60000));
  EXPECT_EQ(PauseAfter(1000000), milliseconds(60000));
}

class KeeperTest : public ::testing::Test {
 protected:
  void SetUp() override {
    source_->AddPosts("a.example", 3);
    settings_.store.path = folder_ + "/copy.db";
    auto opened = sql::OpenCopyFile(settings_.store, "test");
    ASSERT_EQ(opened.status, OpenStatus::kOk) << opened.detail;
    file_ = std::move(opened.file);
    keeper_ = std::make_unique<Keeper>(
        *file_, settings_,
        [this]() -> sql::OpenedSource {
          if (is_away_) return {.status = OpenStatus::kUnavailable, .detail = "nobody answers"};
          return {.database = source_->Connect()};
        },
        [this] { return now_; }, progress_);
  }
  void TurnUntilCurrent() {
    while (keeper_->Turn() != milliseconds(settings_.replica.pull_interval_ms)) {
      ASSERT_EQ(progress_.Facts().trouble, "");
    }
  }

  void ExecuteInCopy(const char* sql) const {
    SQLite::Database(settings_.store.path, SQLite::OPEN_READWRITE).exec(sql);
  }

  support::TemporaryDirectory directory_;
  std::string folder_ = directory_.path().string();
  std::unique_ptr<ReplicaSource> source_ = MakeReplicaSource(folder_, {});
  schemas::Settings settings_;
  schemas::UnixSeconds now_ = kStart;
  bool is_away_ = false;
  Progress progress_;
  std::unique_ptr<sql::CopyFile> file_;
  std::unique_ptr<Keeper> keeper_;
};

TEST_F(KeeperTest, WaitsLongerAndLongerForADatabaseThatIsAwayAndGoesOnByItself) {
  is_away_ = true;
  EXPECT_EQ(keeper_->Turn(), milliseconds(1000));
  EXPECT_EQ(keeper_->Turn(), milliseconds(2000));
  EXPECT_EQ(progress_.Facts().trouble, "nobody answers");
  EXPECT_THAT(Summary(progress_.Facts(), now_), HasSubstr("no copy yet; nobody answers"));
  is_away_ = false;
  TurnUntilCurrent();
  EXPECT_EQ(progress_.Facts().current_at, kStart);
  EXPECT_THAT(Summary(progress_.Facts(), now_ + 100), HasSubstr("the copy is 100 s behind"));
}

// A statement that fails ends the connection, and the next turn makes another one.
TEST_F(KeeperTest, ConnectsAnewAfterAFailure) {
  TurnUntilCurrent();
  source_->Execute("ALTER TABLE origin RENAME TO elsewhere");
  EXPECT_EQ(keeper_->Turn(), milliseconds(1000));
  EXPECT_THAT(progress_.Facts().trouble, HasSubstr("origin"));
  EXPECT_EQ(progress_.Facts().current_at, kStart);
  source_->Execute("ALTER TABLE elsewhere RENAME TO origin");
  TurnUntilCurrent();
}

// A short check does not miss a table.
TEST_F(KeeperTest, FillsAnewWhatIsFoundDamagedTwiceAndPassesTheCheck) {
  TurnUntilCurrent();
  ExecuteInCopy("ALTER TABLE site RENAME TO elsewhere");
  source_->AddPosts("b.example", 2);
  EXPECT_EQ(keeper_->Turn(), milliseconds(1000));
  EXPECT_EQ(keeper_->Turn(), milliseconds(2000));
  EXPECT_THAT(progress_.Facts().trouble, HasSubstr("site"));
  TurnUntilCurrent();
  EXPECT_EQ(progress_.Facts().fillings, 2);
}

TEST_F(KeeperTest, FillsAnewWhatFailsAlikeAgainAndAgain) {
  TurnUntilCurrent();
  ExecuteInCopy("CREATE UNIQUE INDEX nobody_made_this ON site (registrable_domain IS NULL)");
  source_->AddPosts("b.example", 2);
  for (int failure = 1; failure <= 5; ++failure) {
    EXPECT_EQ(keeper_->Turn(), PauseAfter(failure));
    EXPECT_THAT(progress_.Facts().trouble, HasSubstr("UNIQUE"));
  }
  TurnUntilCurrent();
  EXPECT_EQ(progress_.Facts().fillings, 2);
}

// The copy is as good as it was, and the one that can be had.
TEST_F(KeeperTest, KeepsItsCopyWhileTheDatabaseFailsAlike) {
  TurnUntilCurrent();
  source_->Execute("ALTER TABLE origin RENAME TO elsewhere");
  for (int failure = 1; failure <= 9; ++failure) {
    EXPECT_EQ(keeper_->Turn(), PauseAfter(failure));
  }
  source_->Execute("ALTER TABLE elsewhere RENAME TO origin");
  TurnUntilCurrent();
  EXPECT_EQ(progress_.Facts().fillings, 1);
}

TEST_F(KeeperTest, TellsHowManyRowsItCopied) {
  TurnUntilCurrent();
  const auto facts = progress_.Facts();
  EXPECT_GT(facts.rows_copied, 6);
  EXPECT_EQ(facts.fillings, 1);
  EXPECT_FALSE(facts.is_filling);
  EXPECT_EQ(facts.changes_behind, 0);
}

}  // namespace
}  // namespace saunter::store::replica
