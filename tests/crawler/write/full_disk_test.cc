#include <gmock/gmock.h>
#include <sched.h>
#include <sys/mount.h>

#include <filesystem>
#include <fstream>

#include "crawler/write/writer_thread.h"
#include "tests/crawler/write/fixture.h"

namespace saunter::crawler::write {
namespace {

using store::Entry;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A file system of two megabytes that only this process sees.
bool MountSmallDisk(const std::string& folder) {
  if (unshare(CLONE_NEWNS) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
  return mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=2m") == 0;
}

class FullDiskTest : public WriteTest {
 protected:
  void SetUp() override {
    if (!MountSmallDisk(folder_)) GTEST_SKIP() << "no namespace of its own is to be had here";
    OpenWriter();
    feed_id_ = AddFeed("https://a.example/feed", "a.example");
  }
  void TearDown() override {
    thread_.reset();
    writer_.reset();
    umount(folder_.c_str());
  }
  void FillDisk() {
    std::ofstream ballast(folder_ + "/ballast", std::ios::binary);
    const std::string block(4096, 'b');
    while (ballast.write(block.data(), std::ssize(block)).flush()) {
    }
  }

  schemas::Id feed_id_ = 0;
};

TEST_F(FullDiskTest, KeepsTheBatchTellsTheOperatorAndGoesOnByItself) {
  all_settings_.write.batch_rows_max = 1;
  Start();
  FillDisk();
  std::vector<schemas::EntryIntake> entries;
  for (int i = 0; i < 500; ++i) {
    entries.push_back(Entry("a.example", i));
    entries.back().summary = std::string(500, 's');
  }
  EXPECT_TRUE(thread_->Put(Crawled(feed_id_, entries)));
  EXPECT_TRUE(WaitUntil([&] { return Logged("does not take writes (disk_full)"); }));
  EXPECT_THAT(CommittedFeeds(), IsEmpty());
  EXPECT_FALSE(thread_->Failed());
  auto receipt = thread_->Change({Blacklisting("b.example")});
  EXPECT_FALSE(receipt.committed);
  EXPECT_THAT(receipt.problem, HasSubstr("nothing was changed"));

  std::filesystem::remove(folder_ + "/ballast");
  receipt = thread_->Change({Blacklisting("c.example")});  // wakes the thread before its time
  EXPECT_TRUE(receipt.committed) << receipt.problem;
  EXPECT_THAT(CommittedFeeds(), SizeIs(1));
  EXPECT_THAT(Pool(), SizeIs(500));
  EXPECT_TRUE(Logged("takes writes again"));
  EXPECT_FALSE(FindBlacklistEntry("b.example"));
  EXPECT_TRUE(FindBlacklistEntry("c.example"));
  EXPECT_THAT(OpenReader()->Check(), IsEmpty());
}

TEST_F(FullDiskTest, LeavesWithAFailureWhenItStopsBeforeThereIsRoom) {
  all_settings_.write.batch_rows_max = 1;
  Start();
  FillDisk();
  std::vector<schemas::EntryIntake> entries;
  for (int i = 0; i < 500; ++i) entries.push_back(Entry("a.example", i));
  EXPECT_TRUE(thread_->Put(Crawled(feed_id_, entries)));
  EXPECT_TRUE(WaitUntil([&] { return Logged("does not take writes (disk_full)"); }));
  thread_->Stop();
  EXPECT_TRUE(thread_->Failed());
}

}  // namespace
}  // namespace saunter::crawler::write
