#include "crawler/write/writer_thread.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <thread>
#include <utility>

#include "tests/crawler/write/fixture.h"

namespace saunter::crawler::write {
namespace {

using schemas::ChangeOutcome;
using store::Entry;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class WriterThreadTest : public WriteTest {
 protected:
  void SetUp() override {
    OpenWriter();
    feed_id_ = AddFeed("https://a.example/feed", "a.example");
  }
  bool Put(std::vector<schemas::EntryIntake> entries) {
    return thread_->Put(Crawled(feed_id_, std::move(entries)));
  }
  // It commits each result by itself, and does not wait for a lock.
  void StartWithAnImpatientWriter() {
    all_settings_.write.batch_rows_max = 1;
    settings_.busy_timeout_ms = 1;
    writer_.reset();
    OpenWriter();
    Start();
  }
  std::int64_t Batches() { return OpenReader()->ReadStats().batches; }

  schemas::Id feed_id_ = 0;
};

TEST_F(WriterThreadTest, CommitsABatchWhenItHasItsRows) {
  all_settings_.write.batch_rows_max = 5;
  Start();
  const auto before = Batches();
  EXPECT_TRUE(Put({Entry("a.example", 1)}));
  EXPECT_TRUE(Put({}));
  EXPECT_THAT(CommittedFeeds(), IsEmpty());
  EXPECT_TRUE(Put({Entry("a.example", 2)}));  // a fetch is a row, and each entry is one
  EXPECT_TRUE(WaitUntil([&] { return CommittedFeeds().size() == 3; }));
  EXPECT_EQ(Batches(), before + 1);
  EXPECT_THAT(Pool(), SizeIs(2));
  EXPECT_TRUE(Logged(": 3 feeds, 0 probes, 2 new links, 0 changes, 0 sites blacklisted"));
}

TEST_F(WriterThreadTest, DropsWhatWaitsUnderALeaseThatIsOver) {
  Start();
  thread_->ActFor({.owner = 1, .epoch = 1});
  EXPECT_TRUE(Put({Entry("a.example", 1)}));
  thread_->ActFor({});
  EXPECT_EQ(thread_->QueueLength(), 0U);
  EXPECT_TRUE(Put({Entry("a.example", 2)}));
  thread_->Hurry();
  EXPECT_TRUE(WaitUntil([&] { return CommittedFeeds().size() == 1; }));
  EXPECT_THAT(Pool(), SizeIs(1));
}

TEST_F(WriterThreadTest, CommitsABatchWhenItHasItsBytes) {
  all_settings_.write.batch_bytes_max = 100000;
  Start();
  auto entry = Entry("a.example", 1);
  entry.summary = std::string(100000, 's');
  EXPECT_TRUE(Put({entry}));
  EXPECT_TRUE(WaitUntil([&] { return CommittedFeeds().size() == 1; }));
}

TEST_F(WriterThreadTest, CommitsABatchWhenItIsOld) {
  all_settings_.write.batch_age_ms_max = 1;
  Start();
  EXPECT_TRUE(Put({Entry("a.example", 1)}));
  EXPECT_TRUE(WaitUntil([&] { return CommittedFeeds().size() == 1; }));
}

TEST_F(WriterThreadTest, CommitsOneResultThatIsLargerThanABatch) {
  all_settings_.write.batch_rows_max = 2;
  Start();
  EXPECT_TRUE(Put({Entry("a.example", 1), Entry("a.example", 2), Entry("a.example", 3)}));
  EXPECT_TRUE(WaitUntil([&] { return CommittedFeeds().size() == 1; }));
  EXPECT_THAT(Pool(), SizeIs(3));
}

TEST_F(WriterThreadTest, StampsBatchesWithTheClockItWasGiven) {
  all_settings_.write.batch_rows_max = 1;
  Start();
  EXPECT_TRUE(Put({}));
  EXPECT_TRUE(WaitUntil([&] { return CommittedFeeds().size() == 1; }));
  EXPECT_EQ(OpenReader()->ReadStats().last_batch_at, kNow);
}

TEST_F(WriterThreadTest, WritesProbesAndItsStatus) {
  Crawl(feed_id_, {Entry("a.example", 1)});
  const auto link_id = OpenReader()->PoolRows({}).at(0).link_id;
  all_settings_.write.batch_rows_max = 2;
  Start();
  schemas::CrawlerStatus status;
  status.version = "1.2.3";
  status.started_at = kNow;
  status.feeds_due = 17;
  EXPECT_TRUE(thread_->Put(status));
  EXPECT_TRUE(thread_->Put(store::Probe(link_id, schemas::LinkState::kDoubtful)));
  EXPECT_TRUE(WaitUntil([&] { return CommittedLinks().size() == 1; }));
  EXPECT_THAT(CommittedLinks(), ElementsAre(link_id));
  EXPECT_THAT(Pool(), IsEmpty());
  EXPECT_EQ(OpenReader()->ReadStats().crawler->feeds_due, 17);
}

TEST_F(WriterThreadTest, CommitsAnOperatorsChangeWithoutWaitingForCompany) {
  Start();
  EXPECT_TRUE(Put({Entry("b.example", 1), Entry("a.example", 2)}));
  const auto receipt =
      thread_->Change({Blacklisting("b.example"), Add("https://b.example/feed", "b.example")});
  EXPECT_TRUE(receipt.committed) << receipt.problem;
  EXPECT_THAT(receipt.outcomes, ElementsAre(ChangeOutcome::kDone, ChangeOutcome::kBlacklisted));
  EXPECT_EQ(receipt.batch_id, Batches());
  EXPECT_TRUE(thread_->blacklist()->MatchHost("b.example"));
  // What was queued before it rode in the same batch, or waits for the next and is judged there.
  thread_->Stop();
  EXPECT_THAT(Pool(), ElementsAre("https://a.example/2"));
}

TEST_F(WriterThreadTest, AnswersARemovalAfterItsLastPiece) {
  settings_.removal_rows_max = 3;
  writer_.reset();
  OpenWriter();
  all_settings_.write.batch_rows_max = 1;
  Start();
  std::vector<schemas::EntryIntake> entries;
  for (int i = 0; i < 20; ++i) entries.push_back(Entry("a.example", i));
  ASSERT_TRUE(Put(entries));
  ASSERT_TRUE(WaitUntil([&] { return CommittedFeeds().size() == 1; }));
  const auto before = Batches();
  const auto receipt = thread_->Change({schemas::RemoveFeed{"https://a.example/feed"}});
  EXPECT_TRUE(receipt.committed);
  EXPECT_THAT(receipt.outcomes, ElementsAre(ChangeOutcome::kDone));
  EXPECT_EQ(OpenReader()->ReadStats().links, 0);
  EXPECT_EQ(OpenReader()->ReadStats().feeds, 0);
  EXPECT_GT(Batches(), before + 10);
  EXPECT_THAT(OpenReader()->Check(), IsEmpty());
}

TEST_F(WriterThreadTest, GoesOnWithARemovalOfAnEarlierRun) {
  settings_.removal_rows_max = 3;
  writer_.reset();
  OpenWriter();
  schemas::WriteBatch batch;
  std::vector<schemas::EntryIntake> entries;
  for (int i = 0; i < 20; ++i) entries.push_back(Entry("a.example", i));
  batch.crawls.push_back(Crawled(feed_id_, entries));
  batch.crawls.back().feed.url = "https://a.example/feed";
  Write(batch);
  ASSERT_THAT(Pool(), SizeIs(20));
  batch = {};
  batch.changes.emplace_back(schemas::RemoveFeed{"https://a.example/feed"});
  ASSERT_TRUE(Write(batch).is_removing);
  Start();
  EXPECT_TRUE(WaitUntil([&] { return OpenReader()->ReadStats().feeds == 0; }));
  EXPECT_THAT(Pool(), IsEmpty());
}

TEST_F(WriterThreadTest, GoesOnWithACategoryOfAnEarlierRun) {
  settings_.removal_rows_max = 3;
  writer_.reset();
  OpenWriter();
  schemas::WriteBatch batch;
  std::vector<schemas::EntryIntake> entries;
  for (int i = 0; i < 20; ++i) entries.push_back(Entry("a.example", i));
  batch.crawls.push_back(Crawled(feed_id_, entries));
  batch.crawls.back().feed.url = "https://a.example/feed";
  Write(batch);
  batch = {};
  batch.changes.emplace_back(schemas::EditFeed{
      .url = "https://a.example/feed", .title = std::nullopt, .category = std::string("bread")});
  ASSERT_TRUE(Write(batch).is_settling);
  Start();
  EXPECT_TRUE(WaitUntil([&] {
    const auto reader = OpenReader();
    const auto rows = reader->PoolRows({});
    return std::ranges::all_of(rows, [&](const auto& row) {
      return std::ranges::count(reader->FindLink(row.link_id)->categories, "bread") == 1;
    });
  }));
}

TEST_F(WriterThreadTest, KnowsTheBlacklistOfTheDatabaseFromTheBeginning) {
  {
    const auto transaction = writer_->Begin(kNow);
    schemas::BlacklistEntry entry;
    entry.pattern = "b.example";
    transaction->PutBlacklistEntry(entry);
    transaction->Commit(store::WriteTransaction::Durability::kNormal);
  }
  Start();
  EXPECT_TRUE(thread_->blacklist()->MatchHost("b.example"));
}

TEST_F(WriterThreadTest, AnswersEachOfManyCallersWithItsOwnOutcomes) {
  Start();
  std::vector<std::jthread> callers;
  std::atomic<int> right = 0;
  for (int i = 0; i < 8; ++i) {
    callers.emplace_back([&, i] {
      const auto url = "https://" + std::to_string(i) + ".example/feed";
      const auto first = thread_->Change({Add(url, std::to_string(i) + ".example")});
      const auto second = thread_->Change(
          {Add(url, std::to_string(i) + ".example"), schemas::RemoveFeed{url + "/none"}});
      if (first.outcomes == std::vector{ChangeOutcome::kDone} &&
          second.outcomes == std::vector{ChangeOutcome::kAlreadyKnown, ChangeOutcome::kNotFound}) {
        ++right;
      }
    });
  }
  callers.clear();
  EXPECT_EQ(right, 8);
  EXPECT_EQ(OpenReader()->ReadStats().feeds, 9);
}

TEST_F(WriterThreadTest, CommitsWhatIsQueuedBeforeItStops) {
  Start();
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(Put({Entry("a.example", i)}));
  thread_->Stop();
  EXPECT_THAT(CommittedFeeds(), SizeIs(100));
  EXPECT_THAT(Pool(), SizeIs(100));
  EXPECT_FALSE(thread_->Failed());
  EXPECT_FALSE(Put({}));
  const auto receipt = thread_->Change({Blacklisting("b.example")});
  EXPECT_FALSE(receipt.committed);
  EXPECT_NE(receipt.problem, "");
  OpenWriter();  // the lock is free
}

TEST_F(WriterThreadTest, HoldsTheProducerBackWhileTheQueueIsFull) {
  all_settings_.write.queue_results_max = 4;
  all_settings_.fetch.transfers_max = 1;
  StartWithAnImpatientWriter();
  Intruder intruder(settings_.path);
  intruder.Execute("BEGIN IMMEDIATE");
  std::atomic<int> taken = 0;
  std::jthread producer([&] {
    for (int i = 0; i < 20; ++i) {
      if (Put({Entry("a.example", i)})) ++taken;
    }
  });
  EXPECT_TRUE(WaitUntil([&] { return Logged("does not take writes (busy)"); }));
  EXPECT_EQ(thread_->Trouble(), store::StoreErrorKind::kBusy);
  EXPECT_TRUE(WaitUntil([&] { return thread_->QueueLength() == 6; }));
  EXPECT_LE(taken, 7) << "one in the thread's hands, four in the queue, two that were in flight";
  EXPECT_THAT(CommittedFeeds(), IsEmpty());
  EXPECT_GE(thread_->Sums().commit_failures[store::StoreErrorKind::kBusy], 1);
  EXPECT_FALSE(thread_->Sums().committed_at);
  intruder.Execute("COMMIT");
  producer.join();
  EXPECT_EQ(taken, 20);
  thread_->Stop();
  EXPECT_TRUE(thread_->Sums().committed_at);
  EXPECT_THAT(Pool(), SizeIs(20)) << "no batch was dropped";
  EXPECT_TRUE(Logged("takes writes again"));
  EXPECT_FALSE(thread_->Failed());
  EXPECT_FALSE(thread_->Trouble());
}

TEST_F(WriterThreadTest, HoldsTheProducerBackByBytesToo) {
  StartWithAnImpatientWriter();
  Intruder intruder(settings_.path);
  intruder.Execute("BEGIN IMMEDIATE");
  auto large = Entry("a.example", 1);
  large.summary.assign(30'000'000, 's');
  std::atomic<int> taken = 0;
  std::jthread producer([&] {
    for (int i = 0; i < 8; ++i) {
      auto entry = Entry("a.example", i);
      entry.author = large.summary;
      if (thread_->Put(Crawled(0, {entry}))) ++taken;  // of no feed, so nothing of it is stored
    }
  });
  EXPECT_TRUE(WaitUntil([&] { return thread_->QueueLength() >= 3; }));
  EXPECT_LE(taken, 6) << "three of 30 MB are more than may wait, and two were in flight";
  intruder.Execute("COMMIT");
  producer.join();
  EXPECT_EQ(taken, 8);
}

TEST_F(WriterThreadTest, ReleasesABlockedProducerWhenItStops) {
  all_settings_.write.queue_results_max = 1;
  all_settings_.fetch.transfers_max = 1;
  StartWithAnImpatientWriter();
  Intruder intruder(settings_.path);
  intruder.Execute("BEGIN IMMEDIATE");
  std::atomic<int> refused = 0;
  std::jthread producer([&] {
    for (int i = 0; i < 7; ++i) {
      if (!Put({})) ++refused;
    }
  });
  EXPECT_TRUE(WaitUntil([&] { return thread_->QueueLength() == 3; }));
  thread_->Stop();
  producer.join();
  EXPECT_GE(refused, 3);
  EXPECT_TRUE(thread_->Failed()) << "what was taken is not in the database";
}

TEST_F(WriterThreadTest, TakesNewSettings) {
  all_settings_.write.batch_rows_max = 1000;
  Start();
  all_settings_.write.batch_rows_max = 1;
  thread_->Renew(all_settings_);
  EXPECT_TRUE(WaitUntil([&] {
    EXPECT_TRUE(Put({Entry("a.example", 1)}));
    return !CommittedFeeds().empty();
  }));
}

TEST_F(WriterThreadTest, RefusesChangesThatWaitWhenItIsToldTo) {
  StartWithAnImpatientWriter();
  Intruder intruder(settings_.path);
  intruder.Execute("BEGIN IMMEDIATE");
  std::jthread refuser([&] {
    EXPECT_TRUE(WaitUntil([&] { return thread_->Trouble().has_value(); }));
    thread_->RefuseChanges();
  });
  // The lock is held all the time.
  const auto receipt = thread_->Change({Blacklisting("b.example")});
  EXPECT_FALSE(receipt.committed);
  EXPECT_THAT(receipt.problem, HasSubstr("stopping; nothing was changed"));
  EXPECT_THAT(thread_->Change({Blacklisting("c.example")}).problem, HasSubstr("stopping"));
  intruder.Execute("COMMIT");
  EXPECT_TRUE(Put({Entry("a.example", 1)}));
  EXPECT_TRUE(WaitUntil([&] { return CommittedFeeds().size() == 1; }));
  EXPECT_FALSE(FindBlacklistEntry("b.example")) << "what was refused is not done";
}

TEST_F(WriterThreadTest, ClosesTheQueueAtTheFirstError) {
  all_settings_.write.batch_rows_max = 1;
  Start();
  Intruder(settings_.path).Execute("ALTER TABLE batch RENAME TO gone");
  EXPECT_TRUE(Put({Entry("a.example", 1)}));
  EXPECT_TRUE(WaitUntil([&] { return thread_->Failed(); }));
  EXPECT_FALSE(Put({Entry("a.example", 2)}));
  const auto receipt = thread_->Change({Blacklisting("b.example")});
  EXPECT_FALSE(receipt.committed);
  EXPECT_THAT(receipt.problem, HasSubstr("batch"));
  EXPECT_THAT(CommittedFeeds(), IsEmpty());
  EXPECT_EQ(thread_->QueueLength(), 0U);
  EXPECT_TRUE(Logged("the database cannot be written"));
  EXPECT_FALSE(Logged("committed batch"));
}

TEST_F(WriterThreadTest, AnswersTheCallerWhoseBatchFails) {
  Start();
  Intruder(settings_.path).Execute("ALTER TABLE batch RENAME TO gone");
  const auto receipt = thread_->Change({Blacklisting("b.example")});
  EXPECT_FALSE(receipt.committed);
  EXPECT_NE(receipt.problem, "");
  EXPECT_TRUE(WaitUntil([&] { return thread_->Failed(); }));
}

TEST_F(WriterThreadTest, DoesNotCallAChangeUndoneThatWasCommittedAndNotSynced) {
  Start();
  // Committed through the open file; only who opens it anew cannot find it.
  std::filesystem::rename(settings_.path + "-wal", settings_.path + "-moved");
  const auto receipt = thread_->Change({Blacklisting("b.example")});
  EXPECT_FALSE(receipt.committed);
  EXPECT_THAT(receipt.problem, HasSubstr("it was changed"));
  EXPECT_TRUE(WaitUntil([&] { return thread_->Failed(); }));
  EXPECT_EQ(thread_->Failure(), store::StoreErrorKind::kUnsynced);
  EXPECT_THAT(thread_->Change({Blacklisting("c.example")}).problem,
              HasSubstr("nothing was changed"));
}

TEST_F(WriterThreadTest, ComesRoundWhileItHasNothingToDo) {
  Start();
  std::int64_t idle_ms = 0;
  EXPECT_TRUE(WaitUntil([&] { return std::exchange(idle_ms, thread_->IdleMs()) > idle_ms; }));
}

TEST_F(WriterThreadTest, DoesNotWaitForCompanyWhenItIsToHurry) {
  all_settings_.write.batch_age_ms_max = 600000;
  Start();
  EXPECT_TRUE(Put({Entry("a.example", 1)}));
  thread_->Hurry();
  EXPECT_TRUE(WaitUntil([&] { return CommittedFeeds().size() == 1; }));
  EXPECT_TRUE(Put({Entry("a.example", 2)}));
  thread_->Hurry();
  EXPECT_TRUE(WaitUntil([&] { return CommittedFeeds().size() == 2; }));
}

TEST_F(WriterThreadTest, SaysThatItIsFullInsteadOfBlocking) {
  all_settings_.write.queue_results_max = 2;
  StartWithAnImpatientWriter();
  Intruder intruder(settings_.path);
  intruder.Execute("BEGIN IMMEDIATE");
  const auto put = [&](int number) {
    Result result = Crawled(feed_id_, {Entry("a.example", number)});
    const auto status = thread_->TryPut(result);
    const bool kept = std::get<schemas::CrawlResult>(result).entries.size() == 1;
    EXPECT_EQ(kept, status != PutStatus::kTaken);
    return status;
  };
  EXPECT_TRUE(WaitUntil([&] { return put(1) == PutStatus::kFull; }));
  intruder.Execute("COMMIT");
  EXPECT_TRUE(WaitUntil([&] { return put(2) == PutStatus::kTaken; }));
  thread_->Stop();
  EXPECT_EQ(put(3), PutStatus::kClosed);
}

}  // namespace
}  // namespace saunter::crawler::write
