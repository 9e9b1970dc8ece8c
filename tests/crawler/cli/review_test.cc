#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "crawler/cli/print.h"
#include "crawler/write/control.h"
#include "crawler/write/writer_thread.h"
#include "store/reader.h"
#include "store/writer.h"
#include "tests/crawler/cli/saunter_program.h"

namespace saunter::crawler::cli {
namespace {

using schemas::ReportKind;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

constexpr std::uint64_t kManyNetworks = 5;

// Links of a feed, and what readers reported of them.
class ReviewCommands : public SaunterTest {
 protected:
  void SetUp() override {
    schemas::AddFeed feed;
    feed.url = "https://a.example/feed";
    feed.host = "a.example";
    feed.registrable_domain = "a.example";
    schemas::WriteBatch batch;
    batch.changes.emplace_back(feed);
    Write(batch);
    batch = {};
    auto& crawl = batch.crawls.emplace_back();
    crawl.feed.feed_id = 1;
    crawl.feed.checked_at = at_;
    crawl.feed.next_check_at = at_ + 3600;
    crawl.fetch.fetched_at = at_;
    for (const auto* url : {kPost, kPageOfPost, kOther, kFirstPage, kTenants, kQuery}) {
      crawl.entries.push_back(Entry(url));
    }
    Write(batch);
  }

  schemas::EntryIntake Entry(const std::string& url) {
    schemas::EntryIntake entry;
    entry.url = url;
    entry.guid_key = ++entries_;
    entry.url_key = entries_;
    entry.host = url == kTenants ? "a.example/~ann" : "a.example";
    entry.registrable_domain = "a.example";
    entry.title = "Post " + std::to_string(entries_);
    entry.content_key = entries_;
    return entry;
  }

  store::AppliedBatch Write(const schemas::WriteBatch& batch) {
    const auto writer = store::OpenWriter(settings().store, "a test").writer;
    const auto transaction = writer->Begin(at_);
    auto applied = transaction->Apply(batch);
    transaction->Commit(store::WriteTransaction::Durability::kNormal);
    return applied;
  }

  std::int64_t LinkOf(const std::string& url) {
    const auto reader = store::OpenReader(settings().store).reader;
    for (const auto* site : {"a.example", "a.example/~ann"}) {
      for (const auto& link : reader->LinkUrls(*reader->FindSiteId(site), {0, 100})) {
        if (link.url == url) return link.link_id;
      }
    }
    return -1;
  }
  std::string TextOf(const std::string& url) { return std::to_string(LinkOf(url)); }

  // Of networks that nobody else has reported from.
  void Report(const std::string& url, ReportKind kind, std::uint64_t networks = 1,
              const std::string& note = {}) {
    schemas::WriteBatch batch;
    for (std::uint64_t i = 0; i < networks; ++i) {
      ++reports_;
      batch.feedback.push_back({.link_id = LinkOf(url),
                                .source_id = 1,
                                .given_at = at_,
                                .nonce = reports_,
                                .network = reports_,
                                .said = schemas::Report{.kind = kind, .note = note}});
    }
    Write(batch);
  }

  std::vector<std::string> PoolUrls() {
    const auto reader = store::OpenReader(settings().store).reader;
    std::vector<std::string> urls;
    for (const auto& row : reader->PoolRows({0, 100})) {
      urls.push_back(reader->FindLink(row.link_id)->url);
    }
    return urls;
  }
  nlohmann::json List() { return RunJson({"review", "list"})["links"]; }

  static constexpr auto* kPost = "https://a.example/post";
  static constexpr auto* kPageOfPost = "https://a.example/post/2";
  static constexpr auto* kOther = "https://a.example/other";
  static constexpr auto* kFirstPage = "https://a.example/";
  static constexpr auto* kTenants = "https://a.example/~ann/post";
  static constexpr auto* kQuery = "http://a.example:8080/read?post=12";

  const schemas::UnixSeconds at_ = Now() - 3600;
  schemas::Key entries_ = 0;
  std::uint64_t reports_ = 0;
};

TEST_F(ReviewCommands, ListLinksWithWhatWasReported) {
  EXPECT_THAT(List(), SizeIs(0));
  Report(kOther, ReportKind::kAi, 2);
  Report(kPost, ReportKind::kSpam, kManyNetworks - 1);
  Report(kPost, ReportKind::kTopic, 1, "an advertisement");
  Report(kTenants, ReportKind::kDead);
  const auto links = List();
  ASSERT_THAT(links, SizeIs(2)) << "dead links are probed and not reviewed";
  EXPECT_EQ(links[0]["url"], kPost) << "what is withheld comes first";
  EXPECT_EQ(links[0]["link_id"], LinkOf(kPost));
  EXPECT_EQ(links[0]["is_withheld"], true);
  EXPECT_EQ(links[0]["is_in_pool"], false);
  EXPECT_EQ(links[0]["networks"], kManyNetworks);
  EXPECT_EQ(links[0]["kinds"], (nlohmann::json{{"spam", 4}, {"topic", 1}}));
  EXPECT_EQ(links[0]["reports"][4]["note"], "an advertisement");
  EXPECT_EQ(links[0]["reports"][4]["reported_at"], at_);
  EXPECT_EQ(links[0]["reports"][4]["decision"], nullptr);
  EXPECT_EQ(links[1]["is_withheld"], false);
  EXPECT_EQ(links[1]["is_in_pool"], true);
  const auto text = Run({"review", "list"}).output;
  EXPECT_THAT(text, HasSubstr("withheld  https://a.example/post  4 spam, 1 topic"));
  EXPECT_THAT(text, HasSubstr("topic: an advertisement"));
}

TEST_F(ReviewCommands, ShowALinkWithEachReport) {
  Report(kPost, ReportKind::kSpam, 1, "sold");
  const auto shown = Run({"review", "show", TextOf(kPost)});
  EXPECT_EQ(shown.exit_code, 0);
  EXPECT_THAT(shown.output, HasSubstr("spam, \"sold\""));
  EXPECT_EQ(RunJson({"review", "show", TextOf(kPost)})["links"][0]["title"], "Post 1");
  const auto unknown = Run({"review", "show", TextOf(kOther)});
  EXPECT_EQ(unknown.exit_code, 1);
  EXPECT_THAT(unknown.errors, HasSubstr("no reports on a link"));
  EXPECT_EQ(Run({"review", "show", "post"}).exit_code, 2);
  EXPECT_EQ(Run({"review", "show", "-1"}).exit_code, 2);
}

TEST_F(ReviewCommands, LetNoNoteMoveTheCursorOrTurnTheLine) {
  Report(kPost, ReportKind::kOther, 1,
         "a\xe2\x80\xae"
         "b\xe2\x81\xa6"
         "c\xe2\x80\xa8"
         "d");
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{"review", "list"}, {"review", "show", "1"}}) {
    const auto text = Run(arguments).output;
    EXPECT_THAT(text, HasSubstr("a b c d"));
  }
}

TEST_F(ReviewCommands, UpholdByAnEntryOfTheBlacklist) {
  Report(kPost, ReportKind::kSpam, kManyNetworks);
  Report(kPageOfPost, ReportKind::kSpam);
  const auto upheld = RunJson({"review", "uphold", TextOf(kPost)});
  EXPECT_EQ(upheld["upheld"], 2) << "what lies below it is kept out, too";
  EXPECT_EQ(upheld["refused"], 0);
  EXPECT_EQ(upheld["patterns"], nlohmann::json{"a.example/post"});
  const auto entry = RunJson({"blacklist", "list"})["blacklist"][0];
  EXPECT_EQ(entry["pattern"], "a.example/post");
  EXPECT_EQ(entry["source"], "operator");
  EXPECT_EQ(entry["reason"], "readers reported it: 5 spam");
  EXPECT_EQ(entry["until_at"], nullptr);
  EXPECT_THAT(PoolUrls(), UnorderedElementsAre(kOther, kFirstPage, kTenants, kQuery));
  EXPECT_THAT(List(), SizeIs(0));
  const auto kept = RunJson({"review", "show", TextOf(kPost)})["links"][0];
  EXPECT_EQ(kept["reports"][0]["decision"], "upheld") << "evidence is kept";
  EXPECT_EQ(kept["is_withheld"], false);
  EXPECT_EQ(Run({"review", "uphold", TextOf(kPost)}).exit_code, 1) << "it is decided";
}

TEST_F(ReviewCommands, UpholdTheWholeSiteWhereThatIsAsked) {
  Report(kPost, ReportKind::kSpam);
  Report(kOther, ReportKind::kAdult);
  EXPECT_EQ(RunJson({"review", "uphold", "--site", "--reason", "a farm", TextOf(kPost)})["upheld"],
            2);
  const auto entry = RunJson({"blacklist", "list"})["blacklist"][0];
  EXPECT_EQ(entry["pattern"], "a.example");
  EXPECT_EQ(entry["reason"], "a farm");
  EXPECT_THAT(PoolUrls(), SizeIs(0));
}

TEST_F(ReviewCommands, UpholdATenantsSiteAndNotItsHost) {
  Report(kTenants, ReportKind::kSpam);
  EXPECT_EQ(RunJson({"review", "uphold", "--site", TextOf(kTenants)})["patterns"][0],
            "a.example/~ann/");
  EXPECT_THAT(PoolUrls(), SizeIs(5));
}

TEST_F(ReviewCommands, KeepNoSiteOutForItsFirstPage) {
  Report(kFirstPage, ReportKind::kSpam, kManyNetworks);
  const auto completed = Run({"review", "uphold", TextOf(kFirstPage)});
  EXPECT_EQ(completed.exit_code, 1);
  EXPECT_THAT(completed.errors, HasSubstr("--site"));
  EXPECT_THAT(RunJson({"blacklist", "list"})["blacklist"], SizeIs(0));
  EXPECT_THAT(PoolUrls(), SizeIs(5));
  EXPECT_THAT(List(), SizeIs(1)) << "it still waits";
}

TEST_F(ReviewCommands, UpholdAnAddressWithAQueryAndAPort) {
  Report(kQuery, ReportKind::kLanguage);
  EXPECT_EQ(RunJson({"review", "uphold", TextOf(kQuery)})["patterns"][0], "a.example/read?post=12");
  EXPECT_THAT(PoolUrls(), Not(::testing::Contains(kQuery)));
}

TEST_F(ReviewCommands, ShowWhatUpholdingWouldKeepOut) {
  Report(kPost, ReportKind::kSpam);
  const auto would = RunJson({"review", "uphold", "--dry-run", TextOf(kPost)});
  EXPECT_EQ(would["would_uphold"], 1);
  EXPECT_EQ(would["patterns"][0]["links"], 2);
  EXPECT_THAT(List(), SizeIs(1));
  EXPECT_THAT(RunJson({"blacklist", "list"})["blacklist"], SizeIs(0));
}

TEST_F(ReviewCommands, GiveADismissedLinkBack) {
  Report(kPost, ReportKind::kSpam, kManyNetworks);
  Report(kOther, ReportKind::kSpam);
  ASSERT_THAT(PoolUrls(), SizeIs(5));
  EXPECT_EQ(RunJson({"review", "dismiss", TextOf(kPost), TextOf(kOther)})["dismissed"], 2);
  EXPECT_THAT(PoolUrls(), SizeIs(6));
  EXPECT_THAT(List(), SizeIs(0));
  EXPECT_EQ(RunJson({"review", "show", TextOf(kPost)})["links"][0]["networks"], 0);
  Report(kPost, ReportKind::kSpam, kManyNetworks);
  EXPECT_THAT(PoolUrls(), SizeIs(6)) << "it is left in peace";
  EXPECT_THAT(List(), SizeIs(1)) << "but heard of";
}

TEST_F(ReviewCommands, DecideWhatTheyCanAndNameTheRest) {
  Report(kPost, ReportKind::kSpam);
  const auto completed = Run({"review", "dismiss", "999", TextOf(kPost), TextOf(kPost)});
  EXPECT_EQ(completed.exit_code, 1);
  EXPECT_THAT(completed.errors, HasSubstr("999"));
  EXPECT_THAT(completed.output, HasSubstr("1 links dismissed, 1 refused"));
}

TEST_F(ReviewCommands, ReachARunningCrawler) {
  Report(kPost, ReportKind::kSpam, kManyNetworks);
  Report(kOther, ReportKind::kSpam, kManyNetworks);
  write::WriterThread thread(store::OpenWriter(settings().store, "saunter-crawler").writer,
                             settings(), [] { return Now(); });
  const write::ControlServer control(settings().store.path, thread);
  EXPECT_EQ(RunJson({"review", "uphold", TextOf(kPost)})["upheld"], 1);
  EXPECT_EQ(RunJson({"review", "dismiss", TextOf(kOther)})["dismissed"], 1);
  EXPECT_TRUE(thread.blacklist()->MatchUrl(kPost)) << "and it knows of the entry at once";
  EXPECT_THAT(PoolUrls(), UnorderedElementsAre(kOther, kFirstPage, kTenants, kQuery));
}

}  // namespace
}  // namespace saunter::crawler::cli
