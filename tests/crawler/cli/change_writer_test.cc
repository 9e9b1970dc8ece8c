#include "crawler/cli/change_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>

#include "store/reader.h"
#include "store/writer.h"
#include "tests/crawler/cli/saunter_program.h"
#include "tests/crawler/cli/standing_crawler.h"

namespace saunter::crawler::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ChangeWriterTest : public SaunterTest {
 protected:
  static schemas::OperatorChange Add(const std::string& host) {
    schemas::AddFeed feed;
    feed.url = "http://" + host + "/";
    feed.host = host;
    feed.registrable_domain = host;
    return feed;
  }

  std::int64_t Feeds() {
    const auto opened = store::OpenReader(settings().store);
    return opened.reader ? opened.reader->ReadStats().feeds : -1;
  }
};

TEST_F(ChangeWriterTest, WritesItselfWhereNoCrawlerRuns) {
  ChangeWriter writer(settings());
  const auto result = writer.Apply({Add("a.example"), Add("b.example"), Add("a.example")});
  EXPECT_EQ(result.problem, "");
  EXPECT_THAT(result.outcomes,
              ElementsAre(schemas::ChangeOutcome::kDone, schemas::ChangeOutcome::kDone,
                          schemas::ChangeOutcome::kAlreadyKnown));
  EXPECT_EQ(Feeds(), 2);
}

TEST_F(ChangeWriterTest, HandsChangesToARunningCrawler) {
  StandingCrawler crawler(settings());
  ChangeWriter writer(settings());
  const auto result = writer.Apply({Add("a.example")});
  EXPECT_EQ(result.problem, "");
  EXPECT_THAT(result.outcomes, ElementsAre(schemas::ChangeOutcome::kDone));
  EXPECT_EQ(Feeds(), 1);
  const auto report = RunJson({"feed", "add", "http://b.example/", "http://a.example/"});
  EXPECT_EQ(report["added"], 1);
  EXPECT_EQ(report["already_known"], 1);
  ASSERT_EQ(Run({"blacklist", "add", "b.example"}).exit_code, 0);
  EXPECT_TRUE(crawler.thread.blacklist()->MatchUrl("http://b.example/"));
  EXPECT_EQ(RunJson({"feed", "add", "http://b.example/2"})["blacklisted"], 1);
}

TEST_F(ChangeWriterTest, AsksOnceForWhatIsRefusedAndCountsNothing) {
  StandingCrawler crawler(settings());
  crawler.thread.RefuseChanges();
  std::string list;  // more than go over at once
  for (int i = 0; i < 5001; ++i) list += "http://blog" + std::to_string(i) + ".example/\n";
  const auto completed = Run({"import", "-"}, list);
  EXPECT_EQ(completed.exit_code, 3);
  EXPECT_THAT(completed.output, HasSubstr("-: 0 added, 0 already known"));
  const auto said = completed.errors.find("nothing was changed");
  ASSERT_NE(said, std::string::npos) << completed.errors;
  EXPECT_EQ(completed.errors.find("nothing was changed", said + 1), std::string::npos)
      << completed.errors;
}

TEST_F(ChangeWriterTest, SaysWhoHasTheLock) {
  const auto opened = store::OpenWriter(settings().store, "another program");
  ASSERT_EQ(opened.status, store::OpenStatus::kOk);
  ChangeWriter writer(settings());
  const auto result = writer.Apply({Add("a.example")});
  EXPECT_THAT(result.problem, HasSubstr("another program"));
}

// No file of this process grows beyond this while it stands.
class FilesStayBelow {
 public:
  explicit FilesStayBelow(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FilesStayBelow() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FilesStayBelow(const FilesStayBelow&) = delete;
  FilesStayBelow& operator=(const FilesStayBelow&) = delete;

 private:
  void (*handler_)(int);
  rlimit before_{};
};

TEST_F(ChangeWriterTest, SaysWhatKeptItFromWritingAndGoesOnOnceThatIsGone) {
  ChangeWriter writer(settings());
  ASSERT_EQ(writer.Apply({Add("a.example")}).problem, "");
  std::vector<schemas::OperatorChange> many;
  for (int i = 0; i < 5000; ++i) many.push_back(Add("blog" + std::to_string(i) + ".example"));
  {
    const FilesStayBelow limit(1 << 20);
    const auto result = writer.Apply(many);
    EXPECT_NE(result.problem, "");
    EXPECT_THAT(result.outcomes, IsEmpty());
  }
  EXPECT_EQ(Feeds(), 1);
  EXPECT_EQ(writer.Apply(many).problem, "");
  EXPECT_EQ(Feeds(), 5001);
}

TEST_F(ChangeWriterTest, CompactsADatabaseThatNobodyWrites) {
  {
    ChangeWriter writer(settings());
    std::vector<schemas::OperatorChange> add;
    std::vector<schemas::OperatorChange> remove;
    for (int i = 0; i < 5000; ++i) {
      schemas::BlacklistEntry entry;
      entry.pattern = "host" + std::to_string(i) + ".example";
      entry.reason = std::string(200, 'x');
      add.emplace_back(schemas::AddBlacklist{entry});
      remove.emplace_back(schemas::RemoveBlacklist{entry.pattern});
    }
    ASSERT_EQ(writer.Apply(add).problem, "");
    ASSERT_EQ(writer.Apply(remove).problem, "");
  }
  {
    const auto holder = store::OpenWriter(settings().store, "saunter-crawler").writer;
    holder->CheckpointTruncate();
    EXPECT_EQ(Run({"db", "compact"}).exit_code, 3) << "another writes it";
  }
  const auto compacted = RunJson({"db", "compact"});
  EXPECT_GT(compacted.value("bytes_before", 0), 1000000);
  EXPECT_LT(compacted.value("bytes_after", 0), 500000);
  EXPECT_EQ(Run({"db", "check"}).exit_code, 0);
}

}  // namespace
}  // namespace saunter::crawler::cli
