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
  template <typename Call>
  static bool Fails(Call call) {
    try {
      call();
      return false;
    } catch (const StoreError&) {
      return true;
    }
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
  const auto takes_turn = [&] { return !Fails([&] { other->BeginWriting(); }); };
  EXPECT_TRUE(support::WaitUntil(takes_turn, std::chrono::seconds(30)));
  other->Rollback();
  const auto error = ErrorOf([&] { sleeper->Commit(Database::Durability::kNormal); });
  EXPECT_EQ(error.kind(), StoreErrorKind::kLost);
}

// In the middle of what it sends: the server waits for the rest, and has nothing to answer.
TEST_F(LockTest, LeavesOneThatFallsAsleepBetweenStatementsThatWait) {
  const auto sleeper = Connect();
  sleeper->BeginWriting();
  sleeper->Queue("SET idle_in_transaction_session_timeout = 1");
  for (int i = 0; i < 100; ++i) sleeper->Queue("SELECT 1");
  const auto other = Connect();
  const auto is_free = [&] {
    return other->QueryInt("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == 0;
  };
  EXPECT_TRUE(support::WaitUntil(is_free, std::chrono::seconds(20)));
  EXPECT_EQ(ErrorOf([&] { sleeper->Commit(Database::Durability::kNormal); }).kind(),
            StoreErrorKind::kLost);
}

TEST_F(LockTest, IsTakenFromOneThatTheServerHasWaitedForTooLong) {
  const auto sleeper = Connect();
  sleeper->BeginWriting();
  const auto other = Connect();
  EXPECT_TRUE(Fails([&] { other->BeginWriting(); })) << "it has slept for a moment only";
  EndSleeper(*other, kTurnLock, 0);
  const auto takes_turn = [&] { return !Fails([&] { other->BeginWriting(); }); };
  EXPECT_TRUE(support::WaitUntil(takes_turn, std::chrono::seconds(30)));
  other->Rollback();
  EXPECT_EQ(ErrorOf([&] { sleeper->Commit(Database::Durability::kNormal); }).kind(),
            StoreErrorKind::kLost);
}

// As long as a database is moved, nobody writes it, however long that takes.
TEST_F(LockTest, IsLeftToWhoHoldsItOutsideOfATransaction) {
  const auto mover = Connect();
  const auto lock = std::to_string(kTurnLock);
  ASSERT_EQ(mover->QueryInt(("SELECT pg_try_advisory_lock(" + lock + ")").c_str()), 1);
  const auto other = Connect();
  EXPECT_TRUE(Fails([&] { other->BeginWriting(); }));
  EndSleeper(*other, kTurnLock, 0);
  EXPECT_TRUE(Fails([&] { other->BeginWriting(); }));
  EXPECT_EQ(mover->QueryInt(("SELECT pg_advisory_unlock(" + lock + ")").c_str()), 1);
}

}  // namespace
}  // namespace saunter::store::postgres
