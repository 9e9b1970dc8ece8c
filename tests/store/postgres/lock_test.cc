#include "store/postgres/lock.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "tests/store/postgres/fixture.h"

namespace saunter::store::postgres {
namespace {

class LockTest : public PostgresTest {
 protected:
  std::unique_ptr<Database> ConnectAs(std::string_view program) {
    return std::make_unique<Database>(cluster().UrlOf(name_), Database::Access::kReadWrite,
                                      ConnectionName(program), 0, 100);
  }
  const std::string crawler_ = "saunter-crawler, process " + std::to_string(getpid());
};

TEST_F(LockTest, OfMigratingIsHeldByOneAndNamesIt) {
  auto holder = ConnectAs("saunter-crawler");
  EXPECT_EQ(TakeMigrationLock(*holder), std::nullopt);
  const auto other = Connect();
  const auto held = TakeMigrationLock(*other);
  ASSERT_TRUE(held);
  EXPECT_TRUE(held->starts_with(crawler_)) << *held;
  LeaveMigrationLock(*holder);
  EXPECT_EQ(TakeMigrationLock(*other), std::nullopt);
}

TEST_F(LockTest, OfMigratingEndsWithItsConnection) {
  auto holder = Connect();
  EXPECT_EQ(TakeMigrationLock(*holder), std::nullopt);
  holder.reset();
  // The server needs a moment to see that a connection has ended.
  const auto other = Connect();
  EXPECT_TRUE(
      support::WaitUntil([&] { return !TakeMigrationLock(*other); }, std::chrono::seconds(30)));
}

TEST_F(LockTest, IsOneForEachDatabase) {
  const auto first = Connect();
  const auto model = name_;
  name_ = cluster().MakeDatabase();
  const auto second = Connect();
  EXPECT_EQ(TakeMigrationLock(*first), std::nullopt);
  EXPECT_EQ(TakeMigrationLock(*second), std::nullopt);
  cluster().DropDatabase(model);
}

TEST_F(LockTest, IsATurnFromTheBeginningOfATransactionToItsCommit) {
  const auto holder = ConnectAs("saunter-crawler");
  const auto other = Connect();
  holder->BeginWriting();
  const auto error = ErrorOf([&] { other->BeginWriting(); });
  EXPECT_EQ(error.kind(), StoreErrorKind::kBusy);
  EXPECT_NE(std::string(error.what()).find(crawler_), std::string::npos) << error.what();
  EXPECT_FALSE(other->IsInTransaction());
  holder->Commit(Database::Durability::kNormal);
  other->BeginWriting();
  other->Rollback();
  holder->BeginWriting();
  holder->Rollback();
}

TEST_F(LockTest, IsNotWaitedForByThoseWhoRead) {
  const auto writer = Connect();
  writer->BeginWriting();
  const auto reader = Connect(Database::Access::kReadOnly);
  reader->BeginReading();
  EXPECT_EQ(reader->QueryInt("SELECT 7"), 7);
  reader->EndReading();
  writer->Rollback();
}

// The server ends it by itself; here its time is cut short.
TEST_F(LockTest, LeavesOneThatFallsAsleepInTheMiddle) {
  const auto sleeper = Connect();
  EXPECT_EQ(sleeper->QueryText("SHOW idle_in_transaction_session_timeout"), "10s");
  sleeper->Execute("SET idle_in_transaction_session_timeout = 1");
  sleeper->BeginWriting();
  const auto other = Connect();
  const auto takes_turn = [&] {
    try {
      other->BeginWriting();
      return true;
    } catch (const StoreError&) {
      return false;
    }
  };
  EXPECT_TRUE(support::WaitUntil(takes_turn, std::chrono::seconds(30)));
  other->Rollback();
  const auto error = ErrorOf([&] { sleeper->Commit(Database::Durability::kNormal); });
  EXPECT_EQ(error.kind(), StoreErrorKind::kLost);
}

}  // namespace
}  // namespace saunter::store::postgres
