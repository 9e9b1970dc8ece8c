#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/crawler/cli/saunter_program.h"
#include "tests/support/files.h"

namespace saunter::crawler::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Import : public SaunterTest {
 protected:
  static void ExpectCounts(const nlohmann::json& report, int added, int known, int repeated,
                           int blacklisted, int refused) {
    EXPECT_EQ(report["added"], added) << report;
    EXPECT_EQ(report["already_known"], known) << report;
    EXPECT_EQ(report["repeated"], repeated) << report;
    EXPECT_EQ(report["blacklisted"], blacklisted) << report;
    EXPECT_EQ(report["refused"], refused) << report;
  }

  static constexpr const char* kMixed =
      "http://a.example/feed\n"
      "https://b.example/feed\n"
      "http://a.example:80/feed\n"        // the same as the first
      "HTTPS://B.example:443/feed#top\n"  // the same
      "b.example/feed\n"
      "ftp://c.example/\n"
      "http://user:secret@d.example/\n"
      "http://exa mple/\n"
      "https://e.example/?q=1&r=2\n";
};

TEST_F(Import, CountsWhatItAddsKnowsRepeatsAndRefuses) {
  ExpectCounts(RunJson({"import", "-"}, kMixed), 3, 0, 2, 0, 4);
  const auto again = RunJson({"import", "-"}, kMixed);
  ExpectCounts(again, 0, 3, 2, 0, 4);
  EXPECT_EQ(RunJson({"stats"})["feeds"], 3);
}

TEST_F(Import, NamesTheLineAndTheReasonOfWhatItRefuses) {
  const auto completed = Run({"import", "-"}, kMixed);
  EXPECT_EQ(completed.exit_code, 1);
  EXPECT_THAT(completed.errors, HasSubstr("-:5: this is no URL"));
  EXPECT_THAT(completed.errors, HasSubstr("-:6: only http and https are fetched"));
  EXPECT_THAT(completed.errors, HasSubstr("-:7: a URL with a user name or password"));
  EXPECT_THAT(completed.errors, HasSubstr("-:8: the host or port"));
  EXPECT_THAT(completed.output,
              HasSubstr("3 added, 0 already known, 2 repeated, 0 blacklisted, 4 refused"));
}

TEST_F(Import, TakesTwinsByHttpHttpsAndWwwForFeedsOfTheirOwn) {
  ASSERT_EQ(Run({"import", "-"}, "http://www.a.example/feed\n").exit_code, 0);
  ExpectCounts(RunJson({"import", "-"},
                       "https://a.example/feed\nhttp://a.example/feed\nHTTP://WWW.a.example/feed\n"
                       "https://a.example/feed/\n"),
               3, 1, 0, 0, 0);
}

TEST_F(Import, TakesAddressesAsReadersHandThemOn) {
  ExpectCounts(RunJson({"import", "-"},
                       "feed://a.example/feed\nitpc://b.example/feed\npcast://c.example/feed\n"
                       "www.d.example/feed\nfeed:https://e.example/feed\nhttp://a.example/feed\n"),
               5, 0, 1, 0, 0);
  EXPECT_EQ(RunJson({"feed", "show", "http://www.d.example/feed"})["url"],
            "http://www.d.example/feed");
}

TEST_F(Import, ChangesNothingInADryRun) {
  ExpectCounts(RunJson({"import", "--dry-run", "-"}, kMixed), 3, 0, 2, 0, 4);
  EXPECT_FALSE(std::filesystem::exists(database()));
  ASSERT_EQ(Run({"import", "-"}, "http://a.example/feed\n").exit_code, 0);
  const auto report = RunJson({"import", "--dry-run", "-"}, kMixed);
  ExpectCounts(report, 2, 1, 2, 0, 4);
  EXPECT_EQ(report["dry_run"], true);
  EXPECT_EQ(RunJson({"stats"})["feeds"], 1);
}

TEST_F(Import, NeverBringsBackWhatTheOperatorBlacklisted) {
  const std::string list =
      "http://a.example/feed\nhttp://blog.b.example/feed\nhttp://c.example/~x/feed\n"
      "http://c.example/~y/feed\n";
  ASSERT_EQ(Run({"import", "-"}, list).exit_code, 0);
  ASSERT_EQ(Run({"blacklist", "add", "a.example", "*.b.example", "c.example/~x/", "--reason",
                 "link farm"})
                .exit_code,
            0);
  ExpectCounts(RunJson({"import", "-"}, list), 0, 1, 0, 3, 0);
  ASSERT_EQ(Run({"feed", "remove", "http://a.example/feed"}).exit_code, 0);
  ExpectCounts(RunJson({"import", "-"}, list), 0, 1, 0, 3, 0);
  const auto completed = Run({"import", "-"}, list);
  EXPECT_EQ(completed.exit_code, 0);
  EXPECT_THAT(completed.errors, HasSubstr("-:1: the blacklist has a.example: link farm"));
}

TEST_F(Import, TakesFoldersAsCategories) {
  const auto folders = support::TestData("lists/folders.opml");
  ASSERT_EQ(Run({"import", folders}).exit_code, 0);
  auto feed = RunJson({"feed", "show", "https://one.example/feed?a=1&b=2"});
  EXPECT_EQ(feed["category"], "Birds");
  EXPECT_EQ(feed["title"], "One <of many>");
  EXPECT_EQ(feed["site_url"], "https://one.example/");
  ASSERT_EQ(Run({"import", "-", "--category", "mine"}, "http://z.example/\n").exit_code, 0);
  EXPECT_EQ(RunJson({"feed", "show", "http://z.example/"})["category"], "mine");
}

TEST_F(Import, MovesKnownFeedsToTheCategoryThatIsGiven) {
  const std::string list = "http://a.example/\nhttp://b.example/\nhttp://c.example/\n";
  ASSERT_EQ(Run({"import", "-"}, "http://a.example/\n").exit_code, 0);
  ASSERT_EQ(Run({"import", "-", "--category", "old"}, "http://b.example/\n").exit_code, 0);
  const auto dry = Run({"import", "-", "--category", "new", "--dry-run"}, list);
  EXPECT_THAT(dry.output, HasSubstr("2 already known (2 of them would be moved to category new)"));
  EXPECT_EQ(RunJson({"feed", "show", "http://b.example/"})["category"], "old");
  const auto completed = Run({"import", "-", "--category", "new"}, list);
  EXPECT_THAT(completed.output,
              HasSubstr("1 added, 2 already known (2 of them moved to category new)"));
  for (const auto* url : {"http://a.example/", "http://b.example/", "http://c.example/"}) {
    EXPECT_EQ(RunJson({"feed", "show", url})["category"], "new") << url;
  }
  EXPECT_EQ(RunJson({"import", "-", "--category", "new"}, list)["moved"], 0);
}

TEST_F(Import, PutsAKnownFeedIntoItsFolderIfItHasNoCategory) {
  const auto folders = support::TestData("lists/folders.opml");
  const std::string bare = "https://one.example/feed?a=1&b=2";
  ASSERT_EQ(Run({"feed", "add", bare}).exit_code, 0);
  EXPECT_EQ(RunJson({"import", folders})["moved"], 1);
  EXPECT_EQ(RunJson({"feed", "show", bare})["category"], "Birds") << "the innermost folder";
  ASSERT_EQ(Run({"feed", "add", bare, "--category", "mine"}).exit_code, 0);
  EXPECT_EQ(RunJson({"import", folders})["moved"], 0);
  EXPECT_EQ(RunJson({"feed", "show", bare})["category"], "mine");
}

TEST_F(Import, TakesWhatABrokenListHasAndSaysTheLines) {
  const auto broken = support::TestData("lists/broken.opml");
  const auto completed = Run({"import", broken});
  EXPECT_EQ(completed.exit_code, 1);
  EXPECT_THAT(completed.output, HasSubstr("5 added"));
  EXPECT_THAT(completed.errors, HasSubstr("broken.opml:9: the tag is not closed"));
  EXPECT_THAT(completed.errors, HasSubstr("broken.opml:15: the list ends inside a tag"));
}

TEST_F(Import, TakesSeveralSourcesAndSumsThemUp) {
  const auto one = directory_.Write("one.txt", "http://a.example/\nhttp://b.example/\n");
  const auto two = directory_.Write("two.txt", "HTTP://a.example\nhttp://c.example/\n");
  const auto completed = Run({"import", one, two});
  EXPECT_EQ(completed.exit_code, 0);
  EXPECT_THAT(completed.output, HasSubstr("one.txt: 2 added"));
  EXPECT_THAT(completed.output, HasSubstr("two.txt: 1 added, 0 already known, 1 repeated"));
  EXPECT_THAT(completed.output, HasSubstr("in all: 3 added"));
}

TEST_F(Import, SaysWhatToDoWithASourceThatIsNoList) {
  const std::map<std::string, std::string> sources = {
      {directory_.path().string(), "is a directory: name the files in it"},
      {directory_.File("missing.opml"), "No such file or directory"},
      {directory_.Write("page.html", "<!DOCTYPE html><title>x</title>"), "this is a web page"},
      {directory_.Write("feed.xml", "<rss version='2.0'><channel/></rss>"), "this is a feed"},
      {directory_.Write("empty.opml", ""), "the list is empty"},
      {directory_.Write("list.gz", "\x1f\x8b\x08"), "gunzip"},
      {"/dev/zero", "binary data"},
      {database(), "database, not a list"}};
  ASSERT_EQ(Run({"import", "-"}, "http://a.example/\n").exit_code, 0);
  for (const auto& [source, message] : sources) {
    const auto completed = Run({"import", source});
    EXPECT_EQ(completed.exit_code, 1) << source;
    EXPECT_THAT(completed.errors, HasSubstr(message)) << source;
  }
  EXPECT_EQ(RunJson({"stats"})["feeds"], 1);
}

TEST_F(Import, SaysThatAListHasNoFeeds) {
  const std::map<std::string, std::string> sources = {
      {directory_.Write("outlines.opml",
                        "<opml version='2.0'><body><outline text='A'/></body></opml>"),
       "this is OPML without feeds: no <outline> has an xmlUrl"},
      {directory_.Write("folders.opml",
                        "<opml version='2.0'><body><outline text='A'><outline text='B'/></outline>"
                        "</body></opml>"),
       "this is OPML without feeds"},
      {directory_.Write("body.opml", "<opml version='2.0'><head/><body></body></opml>"),
       "this is OPML without feeds"},
      {directory_.Write("blank.opml", " \n"), "the list is empty; OPML is expected"},
      {directory_.Write("remarks.txt", "# my feeds\n\n"), "this list has no address in it"},
      {directory_.Write("bookmarks.html",
                        "<!DOCTYPE NETSCAPE-Bookmark-file-1><DL><p><DT><H3>A</H3></DL>"),
       "these bookmarks hold no feed"}};
  for (const auto& [source, message] : sources) {
    const auto completed = Run({"import", source});
    EXPECT_EQ(completed.exit_code, 1) << source;
    EXPECT_THAT(completed.errors, HasSubstr(message)) << source;
    EXPECT_THAT(completed.output, HasSubstr("0 added")) << source;
  }
}

TEST_F(Import, BlamesAListWithoutFeedsOnceForWhatIsWrongWithIt) {
  const auto completed = Run(
      {"import", "-"}, "<opml version='2.0'><body><outline type='rss' text='A'/></body></opml>");
  EXPECT_EQ(completed.exit_code, 1);
  EXPECT_THAT(completed.errors, HasSubstr("\"A\" has no xmlUrl"));
  EXPECT_THAT(completed.errors, Not(HasSubstr("without feeds")));
}

TEST_F(Import, GoesOnBehindASourceThatIsNoList) {
  const auto good = directory_.Write("good.txt", "http://a.example/\n");
  const auto completed = Run({"import", directory_.File("missing"), good});
  EXPECT_EQ(completed.exit_code, 1);
  EXPECT_THAT(completed.output, HasSubstr("in all: 1 added"));
}

TEST_F(Import, KeepsThePeersTextFromMovingTheCursor) {
  const auto completed = Run({"import", "-"}, "x\x1b[2J://y\n");
  EXPECT_THAT(completed.errors, Not(HasSubstr("\x1b")));
}

TEST_F(Import, MakesAFewFeedsDueAtOnceAndSpreadsMany) {
  std::string many;
  for (int i = 0; i < 500; ++i) many += "http://h" + std::to_string(i) + ".example/\n";
  ASSERT_EQ(Run({"import", "-"}, "http://few.example/\n").exit_code, 0);
  ASSERT_EQ(Run({"import", "-"}, many).exit_code, 0);
  std::int64_t earliest = std::numeric_limits<std::int64_t>::max();
  std::int64_t latest = 0;
  const auto list = RunJson({"feed", "list"});
  for (const auto& feed : list["feeds"]) {
    const std::int64_t wait =
        feed["next_check_at"].get<std::int64_t>() - feed["added_at"].get<std::int64_t>();
    if (feed["host"] == "few.example") {
      EXPECT_EQ(wait, 0);
      continue;
    }
    earliest = std::min(earliest, wait);
    latest = std::max(latest, wait);
  }
  EXPECT_LT(earliest, 600);
  EXPECT_GT(latest, 3000);
  EXPECT_LE(latest, 3600);
}

TEST_F(Import, TakesTheWholeSmallWebOfTheCorpusTwice) {
  const auto list = support::Corpus("lists/smallweb.txt").string();
  if (!std::filesystem::exists(list)) GTEST_SKIP() << "no corpus beside the tree";
  const auto first = RunJson({"import", list});
  EXPECT_EQ(first["refused"], 0) << first;
  // Two of them name the default port of an address that stands there without it.
  EXPECT_EQ(first["added"], 36513) << first;
  EXPECT_EQ(first["repeated"], 2) << first;
  const auto second = RunJson({"import", list});
  EXPECT_EQ(second["added"], 0);
  EXPECT_EQ(second["already_known"], first["added"]);
  EXPECT_EQ(RunJson({"stats"})["feeds"], first["added"]);
}

TEST_F(Import, GivesBackWithExportWhatItTook) {
  const auto folders = support::TestData("lists/folders.opml");
  ASSERT_EQ(Run({"import", folders}).exit_code, 0);
  const auto opml = Run({"export"});
  ASSERT_EQ(opml.exit_code, 0);
  const auto before = RunJson({"export"});
  std::filesystem::remove(database());
  std::filesystem::remove(database() + "-wal");
  std::filesystem::remove(database() + "-shm");
  ExpectCounts(RunJson({"import", "-"}, opml.output), 4, 0, 0, 0, 0);
  const auto after = RunJson({"export"});
  for (const auto& feed : before["feeds"]) {
    EXPECT_NE(std::find(after["feeds"].begin(), after["feeds"].end(), feed), after["feeds"].end())
        << feed << after;
  }
  EXPECT_THAT(Run({"export", "--format", "text"}).output, HasSubstr("https://two.example/feed\n"));
  EXPECT_EQ(Run({"export", "--format", "text", "--category", "Birds"}).output,
            "https://one.example/feed?a=1&b=2\n");
}

}  // namespace
}  // namespace saunter::crawler::cli
