#include "store/replica/copier.h"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "tests/store/replica/copy.h"
#include "tests/store/replica/source.h"
#include "tests/support/files.h"

namespace saunter::store::replica {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

// Whatever a reader is given at any time has its site, its feed and the names of its categories.
void ExpectWholeLinks(Reader& reader) {
  for (const auto& row : reader.PoolRows({})) {
    const auto link = reader.FindLink(row.link_id);
    ASSERT_TRUE(link) << row.link_id;
    EXPECT_NE(link->feed_url, "") << row.link_id;
    EXPECT_THAT(reader.CategoryNames(row.categories), SizeIs(row.categories.size()));
  }
}

class CopierTest : public ::testing::Test {
 protected:
  void MakeSource() { source_ = MakeReplicaSource(folder_, store_settings_); }
  std::string See(const Copy& copy, schemas::UnixSeconds now = kStart) {
    return WhatReadersSee(*copy.OpenReader(), now);
  }
  std::string SeeSource(schemas::UnixSeconds now = kStart) {
    return WhatReadersSee(*source_->OpenReader(), now);
  }

  support::TemporaryDirectory directory_;
  std::string folder_ = directory_.path().string();
  schemas::StoreSettings store_settings_;
  std::unique_ptr<ReplicaSource> source_;
};

TEST_F(CopierTest, FillsACopyWithTheSameIds) {
  MakeSource();
  source_->AddPosts("a.example", 5);
  source_->AddPosts("b.example", 3);
  Copy copy(folder_ + "/copy.db");
  copy.CatchUp(*source_, kStart);
  EXPECT_THAT(copy.OpenReader()->PoolRows({}), SizeIs(8));
  EXPECT_EQ(See(copy), SeeSource());
}

TEST_F(CopierTest, CopiesADatabaseWithoutAnything) {
  MakeSource();
  Copy copy(folder_ + "/copy.db");
  copy.CatchUp(*source_, kStart);
  EXPECT_EQ(See(copy), SeeSource());
  source_->AddPosts("a.example", 2);
  EXPECT_THAT(copy.CatchUp(*source_, kStart), Not(Contains(StepKind::kBegan)));
  EXPECT_EQ(See(copy), SeeSource());
}

TEST_F(CopierTest, TellsTheApiOfEachChangeOfThePool) {
  MakeSource();
  source_->AddPosts("a.example", 3);
  Copy copy(folder_ + "/copy.db");
  copy.CatchUp(*source_, kStart);
  const auto reader = copy.OpenReader();
  const auto before = reader->LastPoolChange();
  source_->AddPosts("b.example", 2);
  schemas::WriteBatch batch;
  batch.changes.emplace_back(schemas::RemoveFeed{"https://a.example/rss"});
  source_->Write(batch, kStart);
  EXPECT_THAT(copy.CatchUp(*source_, kStart), ::testing::ElementsAre(StepKind::kCurrent));
  const auto changes = reader->ChangesAfter(before, 100);
  EXPECT_TRUE(changes.complete);
  EXPECT_THAT(changes.changes, SizeIs(5));
  EXPECT_TRUE(reader->IsCurrent());
}

TEST_F(CopierTest, SaysWhenItWasLastAsTheDatabase) {
  MakeSource();
  Copy copy(folder_ + "/copy.db");
  copy.CatchUp(*source_, kStart + 10);
  EXPECT_EQ(copy.OpenReader()->FindCopyState()->current_at, kStart + 10);
  copy.CatchUp(*source_, kStart + 20);
  EXPECT_EQ(copy.OpenReader()->FindCopyState()->current_at, kStart + 20);
  EXPECT_GT(copy.OpenReader()->FindCopyState()->source_at, kStart);
}

TEST_F(CopierTest, IsNotAsTheDatabaseWhileItIsBehind) {
  MakeSource();
  Copy copy(folder_ + "/copy.db", 100);
  copy.CatchUp(*source_, kStart);
  for (const auto* host : {"a.example", "b.example", "c.example"}) source_->AddPosts(host, 80);
  const auto database = source_->Connect();
  const auto report = copy.Step(*database, kStart + 60);
  EXPECT_EQ(report.kind, StepKind::kBehind);
  EXPECT_GT(report.changes_behind, 0);
  EXPECT_EQ(copy.OpenReader()->FindCopyState()->current_at, kStart);
  copy.CatchUp(*source_, kStart + 61);
  EXPECT_EQ(copy.OpenReader()->FindCopyState()->current_at, kStart + 61);
  EXPECT_EQ(See(copy), SeeSource());
}

TEST_F(CopierTest, FollowsALogWhoseNumbersJump) {
  MakeSource();
  source_->AddPosts("a.example", 2);
  Copy copy(folder_ + "/copy.db");
  copy.CatchUp(*source_, kStart);
  source_->writer().Begin(kStart)->Apply({});  // rolled back
  source_->Execute("INSERT INTO change (change_id, kind, id) VALUES (100000, 1, 1)");
  source_->AddPosts("b.example", 2);
  EXPECT_THAT(copy.CatchUp(*source_, kStart), Not(Contains(StepKind::kBegan)));
  EXPECT_EQ(See(copy), SeeSource());
}

TEST_F(CopierTest, FillsAnewWhenTheLogWasTrimmedTooFar) {
  MakeSource();
  source_->AddPosts("a.example", 2);
  Copy copy(folder_ + "/copy.db");
  copy.CatchUp(*source_, kStart);
  const auto reader = copy.OpenReader();
  source_->AddPosts("b.example", 2);
  source_->Execute("DELETE FROM change WHERE change_id < (SELECT max(change_id) FROM change)");
  EXPECT_THAT(copy.CatchUp(*source_, kStart), Contains(StepKind::kReplaced));
  EXPECT_EQ(See(copy), SeeSource());
  // Who had the old file open reads on in it, and finds that another one has taken its place.
  EXPECT_FALSE(reader->IsCurrent());
  EXPECT_THAT(reader->PoolRows({}), SizeIs(2));
}

TEST_F(CopierTest, FillsAnewWhenTheDatabaseWasPutBackAndWentOnFromThere) {
  MakeSource();
  source_->AddPosts("a.example", 2);
  Copy copy(folder_ + "/copy.db");
  copy.CatchUp(*source_, kStart);
  // The change up to which the copy has come is another one now.
  source_->Execute(
      "UPDATE change SET last_id = 1 WHERE change_id = (SELECT max(change_id) FROM "
      "change)");
  source_->AddPosts("b.example", 2);
  EXPECT_THAT(copy.CatchUp(*source_, kStart), Contains(StepKind::kBegan));
  EXPECT_EQ(See(copy), SeeSource());
}

TEST_F(CopierTest, FillsAnewWhenTheDatabaseIsBehindTheCopy) {
  MakeSource();
  source_->AddPosts("a.example", 2);
  Copy copy(folder_ + "/copy.db");
  copy.CatchUp(*source_, kStart);
  source_->Execute("DELETE FROM change WHERE change_id > 3");
  EXPECT_THAT(copy.CatchUp(*source_, kStart), Contains(StepKind::kBegan));
}

TEST_F(CopierTest, FillsAnewFromAnotherDatabase) {
  MakeSource();
  source_->AddPosts("a.example", 2);
  Copy copy(folder_ + "/copy.db");
  copy.CatchUp(*source_, kStart);
  support::TemporaryDirectory other;
  source_ = MakeReplicaSource(other.path().string(), store_settings_);
  source_->AddPosts("b.example", 2);
  source_->AddPosts("c.example", 2);
  EXPECT_THAT(copy.CatchUp(*source_, kStart), Contains(StepKind::kBegan));
  EXPECT_EQ(See(copy), SeeSource());
  source_.reset();
}

TEST_F(CopierTest, BeginsAnewWhenTheLogIsTrimmedWhileItFills) {
  MakeSource();
  source_->AddPosts("a.example", 300);
  Copy copy(folder_ + "/copy.db", 100);
  const auto database = source_->Connect();
  EXPECT_EQ(copy.Step(*database, kStart).kind, StepKind::kBegan);
  EXPECT_EQ(copy.Step(*database, kStart).kind, StepKind::kFilling);
  source_->AddPosts("b.example", 2);
  source_->Execute("DELETE FROM change WHERE change_id < (SELECT max(change_id) FROM change)");
  const auto report = copy.Step(*database, kStart);
  EXPECT_EQ(report.kind, StepKind::kBegan);
  EXPECT_THAT(report.why, HasSubstr("store.pool_changes_kept"));
  copy.CatchUp(*source_, kStart);
  EXPECT_EQ(See(copy), SeeSource());
}

TEST_F(CopierTest, LeavesADatabaseThatIsNoCopyAlone) {
  schemas::StoreSettings settings;
  settings.path = folder_ + "/saunter.db";
  ASSERT_EQ(OpenFileWriter(settings, "test").status, OpenStatus::kOk);
  const auto opened = sql::OpenCopyFile(settings, "test");
  EXPECT_EQ(opened.status, OpenStatus::kForeign);
  EXPECT_THAT(opened.detail, HasSubstr("no copy"));
  EXPECT_EQ(OpenFileWriter(settings, "test").status, OpenStatus::kOk);
}

TEST_F(CopierTest, KeepsAWriterThatKnowsNoUrlOutOfACopy) {
  MakeSource();
  source_->AddPosts("a.example", 2);
  Copy copy(folder_ + "/copy.db");
  copy.CatchUp(*source_, kStart);
  copy.Close();
  for (const auto* stop : {"clean", "unclean"}) {
    const auto opened = OpenFileWriter(copy.settings(), "test");
    EXPECT_EQ(opened.status, OpenStatus::kForeign) << stop;
    EXPECT_THAT(opened.detail, HasSubstr("saunter-replica keeps; set store.url")) << stop;
    directory_.Write("copy.db.lock", "a replica that was killed");
  }
  ASSERT_EQ(OpenFileWriter(copy.settings(), "test").status, OpenStatus::kForeign);
  EXPECT_NE(support::ReadFile(folder_ + "/copy.db.lock"), "") << "the replica would not check it";
  copy.Open();
  EXPECT_THAT(copy.CatchUp(*source_, kStart), Not(Contains(StepKind::kBegan)));
}

// What a crawler's database holds is nowhere else, whatever else is wrong with it.
TEST_F(CopierTest, LeavesADatabaseThatIsNoCopyAloneAlsoWhenItIsOldOrDamaged) {
  schemas::StoreSettings settings;
  settings.path = folder_ + "/saunter.db";
  ASSERT_EQ(OpenFileWriter(settings, "test").status, OpenStatus::kOk);
  const auto whole = support::ReadFile(settings.path);
  auto old = whole;
  old[63] = 1;  // user_version, in the header
  auto damaged = whole;
  damaged.replace(damaged.size() - 4096, 4096, 4096, 'x');
  for (const auto& bytes : {old, damaged}) {
    directory_.Write("saunter.db", bytes);
    directory_.Write("saunter.db.lock", "a crawler that was killed");
    const auto opened = sql::OpenCopyFile(settings, "test");
    EXPECT_NE(opened.status, OpenStatus::kOk);
    EXPECT_FALSE(opened.file);
    EXPECT_THAT(opened.detail, HasSubstr("left as it is"));
    EXPECT_EQ(support::ReadFile(settings.path), bytes);
  }
}

// A feed may take the address of another one that has moved on, in one transaction.
TEST_F(CopierTest, CopiesNamesThatRowsHaveExchanged) {
  MakeSource();
  source_->AddFeed("a.example");
  source_->AddFeed("b.example");
  Copy copy(folder_ + "/copy.db");
  copy.CatchUp(*source_, kStart);
  for (const auto* sql : {"UPDATE feed SET url = 'x' WHERE feed_id = 1",
                          "UPDATE feed SET url = 'https://a.example/rss' WHERE feed_id = 2",
                          "UPDATE feed SET url = 'https://b.example/rss' WHERE feed_id = 1",
                          "INSERT INTO change (kind, id) VALUES (3, 1), (3, 2)"}) {
    source_->Execute(sql);
  }
  copy.CatchUp(*source_, kStart);
  EXPECT_EQ(See(copy), SeeSource());
}

// The row is read as it stands now, after a later transaction that is not yet copied.
TEST_F(CopierTest, CopiesAlongWhatARowNamesThatIsAheadOfTheLog) {
  MakeSource();
  source_->AddPosts("a.example", 1);
  Copy copy(folder_ + "/copy.db", 6);
  copy.CatchUp(*source_, kStart);
  schemas::ProbeResult probe;
  probe.link_id = 1;
  probe.state = schemas::LinkState::kUnknown;
  probe.checked_at = kStart;
  probe.next_check_at = kStart;
  schemas::WriteBatch batch;
  batch.probes = {probe};
  source_->Write(batch, kStart);
  batch.probes[0].move = {"https://new.example/1", 99, "new.example", "new.example"};
  source_->Write(batch, kStart);
  EXPECT_EQ(copy.Step(*source_->Connect(), kStart).kind, StepKind::kBehind);
  ExpectWholeLinks(*copy.OpenReader());
  EXPECT_EQ(copy.OpenReader()->FindLink(1)->site, "new.example");
  copy.CatchUp(*source_, kStart);
  EXPECT_EQ(See(copy), SeeSource());
}

// Each step is one commit: what ends the program between two of them leaves the file like this.
TEST_F(CopierTest, GoesOnWhereItWasEndedAfterEachCommit) {
  MakeSource();
  source_->AddPosts("a.example", 40);
  source_->AddPosts("b.example", 30);
  Copy copy(folder_ + "/copy.db", 7);
  int begun = 0;
  int steps = 0;
  for (auto kind = StepKind::kBegan; kind != StepKind::kReplaced; ++steps) {
    kind = copy.Step(*source_->Connect(), kStart).kind;
    if (kind == StepKind::kBegan) ++begun;
    if (steps == 5) source_->AddPosts("c.example", 20);
    copy.Close();
    copy.Open();
  }
  EXPECT_EQ(begun, 1);
  EXPECT_GT(steps, 10);
  EXPECT_EQ(See(copy), SeeSource());
}

// The steps of a replacement, in the order in which they are taken.
class CopierReplacement : public CopierTest, public ::testing::WithParamInterface<RestoreStep> {};

TEST_P(CopierReplacement, IsFinishedWhenItWasKilledInTheMiddle) {
  MakeSource();
  source_->AddPosts("a.example", 3);
  const auto path = folder_ + "/copy.db";
  Copy(path).CatchUp(*source_, kStart);
  source_->AddPosts("b.example", 3);
  source_->Execute("DELETE FROM change WHERE change_id < (SELECT max(change_id) FROM change)");
  const auto child = fork();
  if (child == 0) {
    Copy copy(path);
    copy.SetReplaceReport([](const RestoreProgress& progress) {
      if (progress.step == GetParam()) _exit(7);
    });
    copy.CatchUp(*source_, kStart);
    _exit(0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_EQ(WEXITSTATUS(status), 7) << "it was not killed";
  Copy copy(path);
  copy.CatchUp(*source_, kStart);
  EXPECT_EQ(See(copy), SeeSource());
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    const auto name = entry.path().filename().string();
    EXPECT_THAT(name, Not(HasSubstr("restoring")));
    EXPECT_THAT(name, Not(HasSubstr("replaced")));
    EXPECT_THAT(name, Not(HasSubstr("filling")));
  }
}

INSTANTIATE_TEST_SUITE_P(Steps, CopierReplacement,
                         ::testing::Values(RestoreStep::kReady, RestoreStep::kPlan,
                                           RestoreStep::kMoveDatabase, RestoreStep::kMoveWal,
                                           RestoreStep::kMoveIndex, RestoreStep::kPutInPlace,
                                           RestoreStep::kForgetPlan));

class CopierWhateverHappens : public CopierTest, public ::testing::WithParamInterface<unsigned> {};

TEST_P(CopierWhateverHappens, HasThreeCopiesThatAreAsTheDatabase) {
  store_settings_.removal_rows_max = 3;
  MakeSource();
  Life life(*source_, GetParam());
  std::mt19937 random(GetParam());
  Copy often(folder_ + "/often.db");
  Copy seldom(folder_ + "/seldom.db", 100);
  Copy late(folder_ + "/late.db", 7);
  const auto database = source_->Connect();
  for (int i = 0; i < 100; ++i) {
    life.GoOn();
    often.CatchUp(*source_, life.now());
    if (i % 4 == 0) {
      ASSERT_EQ(See(often, life.now()), SeeSource(life.now())) << "after " << i;
    }
    if (random() % 9 == 0) seldom.CatchUp(*source_, life.now());
    // Steps of its filling come between the changes, and it is behind for long.
    static_cast<void>(late.Step(*database, life.now()));
    if (late.State()) ExpectWholeLinks(*late.OpenReader());
  }
  const auto seen = SeeSource(life.now());
  for (auto* copy : {&often, &seldom, &late}) {
    copy->CatchUp(*source_, life.now());
    EXPECT_EQ(See(*copy, life.now()), seen);
  }
  EXPECT_THAT(source_->OpenReader()->PoolRows({}), Not(SizeIs(0)));
}

INSTANTIATE_TEST_SUITE_P(Seeds, CopierWhateverHappens, ::testing::Values(2U, 4U));

}  // namespace
}  // namespace saunter::store::replica
