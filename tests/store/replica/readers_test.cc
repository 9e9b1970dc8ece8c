// The API over copies: its index, its walks, and a copy that another one takes the place of.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "api/index/error_log.h"
#include "api/index/follower.h"
#include "api/index/selection.h"
#include "api/walk/token.h"
#include "api/walk/walk.h"
#include "tests/api/next_link.h"
#include "tests/store/replica/copy.h"
#include "tests/store/replica/source.h"
#include "tests/support/files.h"

namespace saunter::store::replica {
namespace {

constexpr uid_t kNobody = 65534;

class CopyReaders : public ::testing::Test {
 protected:
  support::TemporaryDirectory directory_;
  std::string folder_ = directory_.path().string();
  std::unique_ptr<ReplicaSource> source_ = MakeReplicaSource(folder_, {});
  api::index::ErrorLog errors_;
};

// One step of the walk that the token stands for, as the API of one machine takes it.
std::optional<schemas::Id> NextOf(const api::index::Follower& follower, std::string& token) {
  const auto index = follower.served()->index;
  const api::index::Choice all(index, {}, kStart);
  auto walk = token.empty() ? api::walk::StartWalk(42, *index) : api::walk::FromToken(token).walk;
  api::walk::WalkScratch scratch;
  const auto pick = api::NextLink(all, walk, scratch);
  token = api::walk::ToToken(walk);
  if (!pick) return std::nullopt;
  return pick->link_id;
}

// One copy has followed the database for long, the other was filled lately. APIs that began with
// other sources may have placed some of those that came since elsewhere: these two began alike.
TEST_F(CopyReaders, GoOnWithAWalkThatWasBegunOnAnotherMachine) {
  Copy old(folder_ + "/old.db", 100);
  source_->AddPosts("gone.example", 9);
  old.CatchUp(*source_, kStart);
  for (const auto* host : {"a.example", "b.example", "c.example", "d.example", "e.example"}) {
    source_->AddPosts(host, 12);
    old.CatchUp(*source_, kStart);
  }
  schemas::WriteBatch batch;
  batch.changes.emplace_back(schemas::RemoveFeed{"https://gone.example/rss"});
  source_->Write(batch, kStart);
  old.CatchUp(*source_, kStart);
  Copy young(folder_ + "/young.db");
  young.CatchUp(*source_, kStart);
  api::index::Follower old_follower(old.settings(), 1, errors_);
  api::index::Follower young_follower(young.settings(), 1, errors_);
  old_follower.Step();
  young_follower.Step();

  std::set<schemas::Id> seen;
  std::string token;
  for (int step = 0;; ++step) {
    const auto link_id = NextOf(step % 3 == 0 ? old_follower : young_follower, token);
    if (!link_id) break;
    EXPECT_TRUE(seen.insert(*link_id).second) << "link " << *link_id << " came again";
    if (step != 20) continue;
    // What comes while somebody walks.
    source_->AddPosts("new.example", 4);
    for (auto* copy : {&old, &young}) copy->CatchUp(*source_, kStart);
    for (auto* follower : {&old_follower, &young_follower}) follower->Step();
  }
  EXPECT_GE(seen.size(), 60U);
}

TEST_F(CopyReaders, AreServedWhileAnotherCopyTakesThePlace) {
  source_->AddPosts("a.example", 3);
  Copy copy(folder_ + "/copy.db");
  copy.CatchUp(*source_, kStart);
  api::index::Follower follower(copy.settings(), 1, errors_);
  follower.Step();
  source_->AddPosts("b.example", 2);
  source_->Execute("DELETE FROM change WHERE change_id < (SELECT max(change_id) FROM change)");
  int steps = 0;
  copy.SetReplaceReport([&](const RestoreProgress&) {
    ++steps;
    follower.Step();
    ASSERT_TRUE(follower.served()->index) << follower.served()->detail;
  });
  copy.CatchUp(*source_, kStart);
  EXPECT_GT(steps, 5);
  follower.Step();
  ASSERT_TRUE(follower.served()->index);
  EXPECT_EQ(follower.served()->index->links(), 5);
}

// As one reads that runs as another user of the same group.
bool CanReadAsAnotherUser(const schemas::StoreSettings& settings) {
  const auto child = fork();
  if (child == 0) {
    if (setuid(kNobody) != 0) _exit(2);
    const auto opened = OpenFileReader(settings);
    _exit(opened.reader && opened.reader->PoolRows({}).size() == 5 ? 0 : 1);
  }
  int status = 0;
  return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST_F(CopyReaders, NeedNoPermissionToWriteWhileAnotherCopyTakesThePlace) {
  if (geteuid() != 0) GTEST_SKIP() << "SKIPPED: only root can read as another user";
  std::filesystem::permissions(folder_, std::filesystem::perms(0750));
  source_->AddPosts("a.example", 3);
  Copy copy(folder_ + "/copy.db");
  copy.CatchUp(*source_, kStart);
  source_->AddPosts("b.example", 2);
  source_->Execute("DELETE FROM change WHERE change_id < (SELECT max(change_id) FROM change)");
  bool was_in_place = false;
  copy.SetReplaceReport([&](const RestoreProgress& progress) {
    if (progress.step != RestoreStep::kForgetPlan) return;
    was_in_place = true;
    EXPECT_TRUE(CanReadAsAnotherUser(copy.settings()));
  });
  copy.CatchUp(*source_, kStart);
  EXPECT_TRUE(was_in_place);
  EXPECT_TRUE(CanReadAsAnotherUser(copy.settings()));
}

TEST_F(CopyReaders, AreServedFromTheOldCopyUntilTheNewOneCanBeOpened) {
  source_->AddPosts("a.example", 3);
  Copy copy(folder_ + "/copy.db");
  copy.CatchUp(*source_, kStart);
  source_->AddPosts("b.example", 2);
  Copy other(folder_ + "/other.db");
  other.CatchUp(*source_, kStart);
  api::index::Follower follower(copy.settings(), 1, errors_);
  follower.Step();
  copy.Close();
  other.Close();
  // Nothing is opened through a link.
  std::filesystem::rename(folder_ + "/copy.db", folder_ + "/old.db");
  std::filesystem::create_symlink(folder_ + "/other.db", folder_ + "/copy.db");
  follower.Step();
  ASSERT_TRUE(follower.served()->index) << follower.served()->detail;
  EXPECT_EQ(follower.served()->index->links(), 3);
  for (const auto* suffix : {"-wal", "-shm", ""}) {
    std::filesystem::rename(folder_ + "/other.db" + suffix, folder_ + "/copy.db" + suffix);
  }
  follower.Step();
  ASSERT_TRUE(follower.served()->index) << follower.served()->detail;
  EXPECT_EQ(follower.served()->index->links(), 5);
}

TEST_F(CopyReaders, SeeEachChangeWithTheirNextStep) {
  source_->AddPosts("a.example", 3);
  Copy copy(folder_ + "/copy.db");
  copy.CatchUp(*source_, kStart);
  api::index::Follower follower(copy.settings(), 1, errors_);
  follower.Step();
  const auto generation = follower.served()->generation;
  source_->AddPosts("b.example", 2);
  copy.CatchUp(*source_, kStart);
  follower.Step();
  EXPECT_EQ(follower.served()->index->links(), 5);
  EXPECT_EQ(follower.served()->generation, generation) << "the file was opened anew";
}

}  // namespace
}  // namespace saunter::store::replica
