#include "api/routes/snapshot_reader.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/api/database.h"
#include "tests/support/files.h"

namespace saunter::api::routes {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

class SnapshotReaderTest : public testing::Test {
 protected:
  SnapshotReaderTest() : database_(folder_.File("saunter.db")) {
    database_.AddSite("a.example", 2);
    auto opened = store::OpenFileReader(database_.settings());
    EXPECT_EQ(opened.detail, "");
    reader_.Set(std::move(opened.reader));
  }

  // A request so long after the beginning, and the links that it sees.
  std::int64_t AskAt(microseconds at) {
    const auto hold = reader_.Hold();
    reader_.RenewSnapshot(begin_ + at);
    return reader_->ReadStats().links;
  }
  bool KeepsSnapshot() {
    const auto hold = reader_.Hold();
    return reader_->KeepsSnapshot();
  }

  TemporaryDirectory folder_;
  TestDatabase database_;
  SnapshotReader reader_;
  const SnapshotReader::Clock::time_point begin_ = SnapshotReader::Clock::now();
};

TEST_F(SnapshotReaderTest, KeepsNoSnapshotWhileItIsQuiet) {
  AskAt(microseconds(0));
  EXPECT_FALSE(KeepsSnapshot());
  AskAt(microseconds(251));
  EXPECT_FALSE(KeepsSnapshot());
}

TEST_F(SnapshotReaderTest, KeepsASnapshotForSomeRequests) {
  AskAt(microseconds(0));
  EXPECT_EQ(AskAt(microseconds(250)), 2);
  EXPECT_TRUE(KeepsSnapshot());
  database_.AddSite("b.example", 3);
  for (int at = 500; at <= 5250; at += 250) EXPECT_EQ(AskAt(microseconds(at)), 2) << at;
  EXPECT_EQ(AskAt(microseconds(5500)), 5);
  EXPECT_TRUE(KeepsSnapshot());
}

TEST_F(SnapshotReaderTest, EndsItsSnapshotWithTheFirstRequestAfterAPause) {
  AskAt(microseconds(0));
  AskAt(microseconds(100));
  database_.AddSite("b.example", 3);
  EXPECT_EQ(AskAt(microseconds(500)), 5);
  EXPECT_FALSE(KeepsSnapshot());
}

TEST_F(SnapshotReaderTest, ReadsSeveralRowsWithinItsSnapshot) {
  AskAt(microseconds(0));
  AskAt(microseconds(100));
  const auto hold = reader_.Hold();
  EXPECT_EQ(reader_->FindLinks({1, 2}).size(), 2U);
  EXPECT_TRUE(reader_->KeepsSnapshot());
}

TEST_F(SnapshotReaderTest, IsSweptWhenNoRequestComes) {
  AskAt(microseconds(0));
  AskAt(microseconds(100));
  reader_.Sweep(begin_ + milliseconds(5));
  EXPECT_TRUE(KeepsSnapshot());
  reader_.Sweep(begin_ + milliseconds(6));
  EXPECT_FALSE(KeepsSnapshot());
  EXPECT_EQ(AskAt(milliseconds(7)), 2);
}

TEST_F(SnapshotReaderTest, IsNotSweptDuringARequest) {
  AskAt(microseconds(0));
  AskAt(microseconds(100));
  const auto hold = reader_.Hold();
  std::thread([&] { reader_.Sweep(begin_ + milliseconds(6)); }).join();
  EXPECT_TRUE(reader_->KeepsSnapshot());
}

TEST_F(SnapshotReaderTest, IsSweptWithoutADatabase) {
  reader_.Set(nullptr);
  const auto hold = reader_.Hold();
  reader_.RenewSnapshot(begin_);
  reader_.RenewSnapshot(begin_ + microseconds(1));
  std::thread([&] { reader_.Sweep(begin_ + milliseconds(6)); }).join();
  EXPECT_FALSE(reader_);
}

TEST(SnapshotReaders, SweepByThemselves) {
  TemporaryDirectory folder;
  TestDatabase database(folder.File("saunter.db"));
  database.AddSite("a.example", 1);
  SnapshotReaders readers;
  const auto reader = readers.Add();
  {
    const auto hold = reader->Hold();
    reader->Set(store::OpenFileReader(database.settings()).reader);
    (*reader)->KeepSnapshot();
    EXPECT_EQ((*reader)->ReadStats().links, 1);
  }
  const auto keeps = [&] {
    const auto hold = reader->Hold();
    return (*reader)->KeepsSnapshot();
  };
  while (keeps()) std::this_thread::sleep_for(milliseconds(1));
}

}  // namespace
}  // namespace saunter::api::routes
