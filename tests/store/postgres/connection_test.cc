#include "store/postgres/connection.h"

#include <gmock/gmock.h>

#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/store/postgres/fixture.h"

namespace saunter::store::postgres {
namespace {

constexpr char kMakeTable[] =
    "CREATE TABLE item (item_id BIGINT PRIMARY KEY, name TEXT COLLATE \"C\", weight DOUBLE "
    "PRECISION)";
constexpr char kInsert[] = "INSERT INTO item (item_id, name, weight) VALUES (?, ?, ?)";
constexpr char kInsertLists[] =
    "INSERT INTO item (item_id, name, weight) SELECT * FROM unnest(?::bigint[], ?::text[], "
    "?::float8[])";
constexpr char kCopy[] = "COPY item (item_id, name, weight) FROM STDIN (FORMAT binary)";
constexpr char kList[] = "SELECT item_id, name, weight FROM item ORDER BY item_id";
constexpr char kCount[] = "SELECT count(*) FROM item";
constexpr char kAdd[] = "SELECT ? + 1";
constexpr char kDelete[] = "DELETE FROM item WHERE item_id >= ?1 AND item_id <= ?1 + ?2";
constexpr char kCoalesce[] = "SELECT coalesce(?, ?)";
constexpr char kFind[] = "SELECT name FROM item WHERE item_id = ?";
constexpr char kSleep[] = "SELECT pg_sleep(600)";

TEST(WithDollarsTest, NumbersPlacesAndLeavesQuotesAndComments) {
  EXPECT_EQ(WithDollars("a = ? AND b = ?"), "a = $1 AND b = $2");
  EXPECT_EQ(WithDollars("a = ?2 AND b = ?1 OR c = ?12"), "a = $2 AND b = $1 OR c = $12");
  EXPECT_EQ(WithDollars("a = '?' AND \"b?\" = ? -- why?\n AND c = ?"),
            "a = '?' AND \"b?\" = $1 -- why?\n AND c = $2");
  EXPECT_EQ(WithDollars("a = 'it''s ?' AND b = ?"), "a = 'it''s ?' AND b = $1");
}

TEST(KindOfTest, TellsWhatToDoAboutAnError) {
  EXPECT_EQ(KindOf("53100"), StoreErrorKind::kFull);
  EXPECT_EQ(KindOf("40001"), StoreErrorKind::kBusy);
  EXPECT_EQ(KindOf("55P03"), StoreErrorKind::kBusy);
  EXPECT_EQ(KindOf("57014"), StoreErrorKind::kInterrupted);
  EXPECT_EQ(KindOf("25006"), StoreErrorKind::kReadOnly);
  EXPECT_EQ(KindOf("XX001"), StoreErrorKind::kCorrupt);
  EXPECT_EQ(KindOf("57P01"), StoreErrorKind::kLost);
  EXPECT_EQ(KindOf("08006"), StoreErrorKind::kLost);
  EXPECT_EQ(KindOf("58030"), StoreErrorKind::kIo);
  EXPECT_EQ(KindOf("23505"), StoreErrorKind::kOther);
}

class ConnectionTest : public PostgresTest {
 protected:
  void SetUp() override {
    PostgresTest::SetUp();
    if (IsSkipped()) return;
    database_ = Connect();
    database_->Execute(kMakeTable);
  }
  void TearDown() override {
    database_.reset();
    PostgresTest::TearDown();
  }

  void Insert(std::int64_t id, std::string_view name) {
    auto& insert = database_->Prepared(kInsert);
    insert.BindInt(1, id);
    insert.BindText(2, name);
    insert.BindReal(3, 0.5);
    insert.Run();
    insert.Reset();
  }
  // By the server.
  void EndConnection() {
    const auto process = database_->QueryText("SELECT pg_backend_pid()");
    cluster().Ask(name_, "SELECT pg_terminate_backend(" + process + ", 60000)");
  }
  std::int64_t Count() { return database_->QueryInt(kCount); }

  std::unique_ptr<Database> database_;
};

TEST_F(ConnectionTest, GivesBackWhatWasBound) {
  Insert(std::numeric_limits<std::int64_t>::min(), "");
  Insert(std::numeric_limits<std::int64_t>::max(), "\xc3\xa4 ' \" ? $1 \\ \n");
  auto& insert = database_->Prepared(kInsert);
  insert.BindInt(1, 0);
  insert.BindNull(2);
  insert.BindNull(3);
  insert.Run();
  insert.Reset();

  auto& list = database_->Prepared(kList);
  ASSERT_TRUE(list.Step());
  EXPECT_EQ(list.GetInt(0), std::numeric_limits<std::int64_t>::min());
  EXPECT_FALSE(list.IsNull(1));
  EXPECT_EQ(list.GetText(1), "");
  EXPECT_EQ(list.GetReal(2), 0.5);
  ASSERT_TRUE(list.Step());
  EXPECT_TRUE(list.IsNull(1));
  EXPECT_EQ(list.GetText(1), "");
  EXPECT_EQ(list.GetInt(2), 0);
  ASSERT_TRUE(list.Step());
  EXPECT_EQ(list.GetInt(0), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(list.GetText(1), "\xc3\xa4 ' \" ? $1 \\ \n");
  EXPECT_FALSE(list.Step());
  list.Reset();
}

TEST_F(ConnectionTest, WritesManyRowsByOneStatement) {
  {
    sql::Use insert(*database_, kInsertLists);
    for (int i = 0; i < 3; ++i) {
      const std::string name = "item, \"" + std::to_string(i) + "\" {NULL}";
      insert.Int(i);
      if (i == 1) {
        insert.TextOrNull("");
      } else {
        insert.Text(name);  // which goes before the statement runs
      }
      insert.Real(i / 2.0).KeepRow();
    }
    insert.Run();
  }
  sql::Use list(*database_, kList);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(list.Step());
    EXPECT_EQ(list.GetInt(0), i);
    EXPECT_EQ(list.GetText(1), i == 1 ? "" : "item, \"" + std::to_string(i) + "\" {NULL}");
    EXPECT_EQ(list.GetReal(2), i / 2.0);
  }
  EXPECT_FALSE(list.Step());
}

TEST_F(ConnectionTest, WritesManyRowsOfWhichNoneHasAValue) {
  for (const int first : {0, 10}) {
    sql::Use insert(*database_, kInsertLists);
    for (int i = 0; i < 2; ++i) {
      insert.Int(first + i).TextOrNull("").OptionalInt(std::nullopt).KeepRow();
    }
    insert.Run();
  }
  {
    sql::Use insert(*database_, kInsertLists);
    insert.Int(20).Text("the first text at its place").Real(1).KeepRow();
    insert.Run();
  }
  sql::Use count(*database_, kCount);
  ASSERT_TRUE(count.Step());
  EXPECT_EQ(count.GetInt(0), 5);
}

TEST_F(ConnectionTest, CopiesManyRows) {
  constexpr int kRows = 5000;  // more than go out at a time
  {
    sql::Use copy(*database_, kCopy);
    for (int i = 0; i < kRows; ++i) {
      const std::string name = "item\t\\N " + std::to_string(i) + std::string(50, '.');
      copy.Int(i);
      if (i == 1) {
        copy.OptionalInt(std::nullopt);
      } else {
        copy.Text(name);  // which goes before the rows are sent
      }
      copy.Real(i / 2.0).KeepRow();
    }
    copy.Run();
  }
  EXPECT_EQ(database_->Changes(), kRows);
  sql::Use list(*database_, kList);
  for (int i = 0; i < kRows; ++i) {
    ASSERT_TRUE(list.Step());
    EXPECT_EQ(list.GetInt(0), i);
    EXPECT_EQ(list.IsNull(1), i == 1);
    EXPECT_EQ(list.GetReal(2), i / 2.0);
  }
  EXPECT_FALSE(list.Step());
}

TEST_F(ConnectionTest, CopiesWithinATransaction) {
  database_->BeginWriting();
  Insert(1, "before");
  for (const int item : {2, 3}) {
    sql::Use copy(*database_, kCopy);
    copy.Int(item).Text("copied").Real(1).KeepRow();
    copy.Run();
  }
  Insert(4, "after");
  EXPECT_TRUE(database_->IsInTransaction());
  database_->Commit(sql::Database::Durability::kNormal);
  EXPECT_EQ(database_->QueryText("SELECT string_agg(name, ' ' ORDER BY item_id) FROM item"),
            "before copied copied after");
}

TEST_F(ConnectionTest, SaysWhyACopyFailedAndGoesOn) {
  Insert(1, "here");
  database_->BeginWriting();
  {
    sql::Use copy(*database_, kCopy);
    copy.Int(1).Text("twice").Real(1).KeepRow();
    try {
      copy.Run();
      FAIL();
    } catch (const StoreError& error) {
      EXPECT_THAT(error.what(), ::testing::HasSubstr("item_pkey"));
    }
  }
  database_->Rollback();
  EXPECT_EQ(database_->QueryText("SELECT name FROM item"), "here");
}

TEST_F(ConnectionTest, LeavesNothingOfACopyThatWasNotFinished) {
  database_->BeginWriting();
  {
    sql::Use copy(*database_, kCopy);
    const std::string name(100, '.');
    for (int i = 0; i < 5000; ++i) copy.Int(i).Text(name).Real(1).KeepRow();
  }
  database_->Rollback();
  EXPECT_EQ(database_->QueryInt("SELECT count(*) FROM item"), 0);
  Insert(1, "the next");
  EXPECT_EQ(database_->QueryText("SELECT name FROM item"), "the next");
}

TEST_F(ConnectionTest, TakesATextThatIsAPartOfALongerOne) {
  const std::string longer = "one two";
  Insert(1, std::string_view(longer).substr(0, 3));
  EXPECT_EQ(database_->QueryText("SELECT name FROM item"), "one");
}

TEST_F(ConnectionTest, WritesAReplacementForANul) {
  Insert(1, std::string_view("a\0b", 3));
  EXPECT_EQ(database_->QueryText("SELECT name FROM item"),
            "a\xef\xbf\xbd"
            "b");
}

TEST_F(ConnectionTest, WritesAReplacementForWhatIsNoUtf8) {
  Insert(1, "\xff\xc3\xa4\xe2\x82");
  EXPECT_EQ(database_->QueryText("SELECT name FROM item"),
            "\xef\xbf\xbd\xc3\xa4\xef\xbf\xbd\xef\xbf\xbd");
}

TEST_F(ConnectionTest, GivesAPlaceTheTypeOfItsValue) {
  auto& add = database_->Prepared(kAdd);
  add.BindInt(1, 1LL << 40);
  ASSERT_TRUE(add.Step());
  EXPECT_EQ(add.GetInt(0), (1LL << 40) + 1);
}

TEST_F(ConnectionTest, LearnsTheTypeOfAPlaceThatWasNullBefore) {
  auto& coalesce = database_->Prepared(kCoalesce);
  coalesce.BindNull(1);
  coalesce.BindInt(2, 7);
  ASSERT_TRUE(coalesce.Step());
  EXPECT_EQ(coalesce.GetInt(0), 7);
  coalesce.Reset();
  coalesce.BindInt(1, 1LL << 40);
  coalesce.BindInt(2, 7);
  ASSERT_TRUE(coalesce.Step());
  EXPECT_EQ(coalesce.GetInt(0), 1LL << 40);
  coalesce.Reset();
  coalesce.BindNull(1);
  coalesce.BindNull(2);
  ASSERT_TRUE(coalesce.Step());
  EXPECT_TRUE(coalesce.IsNull(0));
}

TEST_F(ConnectionTest, ReadsTruthAsANumber) {
  EXPECT_EQ(database_->QueryInt("SELECT EXISTS (SELECT 1)"), 1);
  EXPECT_EQ(database_->QueryInt("SELECT EXISTS (SELECT 1 FROM item)"), 0);
}

TEST_F(ConnectionTest, CountsTheRowsOfTheLastRun) {
  database_->BeginWriting();
  for (int i = 0; i < 10; ++i) Insert(i, "x");
  auto& remove = database_->Prepared(kDelete);
  remove.BindInt(1, 2);
  remove.BindInt(2, 3);
  remove.Run();
  remove.Reset();
  EXPECT_EQ(database_->Changes(), 4);
  database_->Commit(Database::Durability::kNormal);
  EXPECT_EQ(Count(), 6);
}

TEST_F(ConnectionTest, SendsMoreThanTheSocketsHold) {
  const std::string text(20000, 'x');
  database_->BeginWriting();
  for (int i = 0; i < 1000; ++i) Insert(i, text);
  database_->Commit(Database::Durability::kNormal);
  EXPECT_EQ(Count(), 1000);
}

TEST_F(ConnectionTest, RunsStatementsInsideTheRowsOfAnother) {
  Insert(1, "a");
  Insert(2, "b");
  auto& list = database_->Prepared(kList);
  int rows = 0;
  while (list.Step()) {
    ++rows;
    Insert(list.GetInt(0) + 10, "c");
  }
  list.Reset();
  EXPECT_EQ(rows, 2);
  EXPECT_EQ(Count(), 4);
}

TEST_F(ConnectionTest, AsksAheadAndReadsTheAnswersInOrder) {
  for (int i = 0; i < 1000; ++i) Insert(i, std::to_string(i));
  std::vector<std::int64_t> wanted;
  for (int i = 999; i >= -1; --i) wanted.push_back(i);
  std::vector<std::string> found;
  const auto bind = [](sql::Use& use, std::int64_t id) { use.Int(id); };
  const auto read = [&](sql::Use& use, std::int64_t id) {
    found.push_back(use.GetText(0));
    EXPECT_EQ(found.back(), std::to_string(id));
  };
  sql::ReadEach(*database_, kFind, wanted, bind, read);
  EXPECT_EQ(found.size(), 1000u);
}

TEST_F(ConnectionTest, ForgetsAnswersThatNobodyReads) {
  Insert(1, "a");
  Insert(2, "b");
  const auto bind = [](sql::Use& use, std::int64_t id) { use.Int(id); };
  const auto stop = [](sql::Use&, std::int64_t) { throw std::runtime_error("stop"); };
  std::vector<std::int64_t> both = {1, 2};
  EXPECT_THROW(sql::ReadEach(*database_, kFind, both, bind, stop), std::runtime_error);
  {
    sql::Use asked(*database_, kFind);
    asked.Int(1).Ask();
  }
  std::string found;
  std::vector<std::int64_t> one = {2};
  sql::ReadEach(*database_, kFind, one, bind,
                [&](sql::Use& use, std::int64_t) { found = use.GetText(0); });
  EXPECT_EQ(found, "b");
}

TEST_F(ConnectionTest, EndsWhatRunsFromAnotherThread) {
  std::jthread other([&] {
    while (cluster().Ask(name_,
                         "SELECT count(*) FROM pg_stat_activity WHERE query LIKE "
                         "'SELECT pg_sleep(6%' AND state = 'active' AND datname = "
                         "current_database() AND pid <> pg_backend_pid()") != "1\n") {
    }
    database_->Interrupt();
  });
  const auto error = ErrorOf([&] { database_->Execute(kSleep); });
  EXPECT_EQ(error.kind(), StoreErrorKind::kInterrupted);
}

TEST_F(ConnectionTest, LeavesNothingOfATransactionThatWasRolledBack) {
  database_->BeginWriting();
  Insert(1, "a");
  database_->Rollback();
  EXPECT_EQ(Count(), 0);
}

TEST_F(ConnectionTest, ThrowsTheErrorOfAStatementThatWaited) {
  database_->BeginWriting();
  Insert(1, "a");
  Insert(1, "b");
  Insert(2, "c");
  const auto error = ErrorOf([&] { database_->Commit(Database::Durability::kNormal); });
  EXPECT_EQ(error.kind(), StoreErrorKind::kOther);
  EXPECT_NE(std::string(error.what()).find("item_pkey"), std::string::npos) << error.what();
  database_->Rollback();
  EXPECT_EQ(Count(), 0);
  // And what was prepared in between is prepared again.
  Insert(1, "a");
  EXPECT_EQ(Count(), 1);
}

TEST_F(ConnectionTest, RefusesToWriteThroughAReader) {
  const auto reader = Connect(Database::Access::kReadOnly);
  const auto error = ErrorOf([&] { reader->Execute("DELETE FROM item"); });
  EXPECT_EQ(error.kind(), StoreErrorKind::kReadOnly);
}

TEST_F(ConnectionTest, ReadsOneStateFromBeginToCommit) {
  const auto reader = Connect(Database::Access::kReadOnly);
  reader->BeginReading();
  EXPECT_EQ(reader->QueryInt(kCount), 0);
  Insert(1, "a");
  EXPECT_EQ(reader->QueryInt(kCount), 0);
  reader->EndReading();
  EXPECT_EQ(reader->QueryInt(kCount), 1);
}

TEST_F(ConnectionTest, EndsAQueryThatTakesTooLong) {
  const auto reader = Connect(Database::Access::kReadOnly, 1);
  const auto error = ErrorOf([&] { reader->Execute(kSleep); });
  EXPECT_EQ(error.kind(), StoreErrorKind::kInterrupted);
}

TEST_F(ConnectionTest, IsBusyWhileAnotherHasTheRow) {
  Insert(1, "a");
  const auto other = Connect();
  other->BeginWriting();
  other->Execute("UPDATE item SET name = 'b'");
  const auto error = ErrorOf([&] { database_->Execute("UPDATE item SET name = 'c'"); });
  EXPECT_EQ(error.kind(), StoreErrorKind::kBusy);
  other->Rollback();
}

TEST_F(ConnectionTest, SaysThatTheConnectionWasLostAndWhereTo) {
  EndConnection();
  const auto error = ErrorOf([&] { Insert(1, "a"); });
  EXPECT_EQ(error.kind(), StoreErrorKind::kLost);
  EXPECT_NE(std::string(error.what()).find("database " + name_ + " at "), std::string::npos)
      << error.what();
  EXPECT_FALSE(database_->IsConnected());
}

TEST_F(ConnectionTest, IsMadeAnewAfterItWasLost) {
  Insert(1, "a");
  EndConnection();
  EXPECT_EQ(ErrorOf([&] { Insert(2, "b"); }).kind(), StoreErrorKind::kLost);
  Insert(3, "c");
  EXPECT_EQ(Count(), 2);
  EXPECT_EQ(database_->QueryText("SHOW lock_timeout"), "100ms");
}

TEST_F(ConnectionTest, IsMadeAnewForATransactionIfItWasLostBefore) {
  Insert(1, "a");
  EndConnection();
  database_->BeginWriting();
  Insert(2, "b");
  database_->Commit(Database::Durability::kNormal);
  EXPECT_EQ(Count(), 2);
}

TEST_F(ConnectionTest, IsNotMadeAnewInTheMiddleOfATransaction) {
  database_->BeginWriting();
  Insert(1, "a");
  EXPECT_EQ(Count(), 1);
  EndConnection();
  EXPECT_EQ(ErrorOf([&] { Count(); }).kind(), StoreErrorKind::kLost);
  EXPECT_EQ(ErrorOf([&] { Count(); }).kind(), StoreErrorKind::kLost);
  database_->Rollback();
  EXPECT_EQ(Count(), 0);
}

TEST(UnreachedDatabaseTest, ShowsNoPasswordAndSaysWhatToDo) {
  for (const std::string url :
       {"postgresql://ann:hunter2@127.0.0.1:1/saunter", "host=127.0.0.1 port=1 password=hunter2",
        "postgresql://ann:hunter2@[127.0.0.1/saunter", "host=127.0.0.1 pass=hunter2"}) {
    try {
      const Database database(url, Database::Access::kReadOnly, "test", 0, 0);
      ADD_FAILURE() << url;
    } catch (const StoreError& error) {
      EXPECT_EQ(error.kind(), StoreErrorKind::kLost);
      EXPECT_EQ(std::string(error.what()).find("hunter2"), std::string::npos) << error.what();
      EXPECT_NE(std::string(error.what()).find("store.url"), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace saunter::store::postgres
