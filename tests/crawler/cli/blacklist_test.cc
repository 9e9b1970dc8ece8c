#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/crawler/cli/saunter_program.h"

namespace saunter::crawler::cli {
namespace {

using ::testing::HasSubstr;

class BlacklistCommands : public SaunterTest {};

TEST_F(BlacklistCommands, AddListTestAndRemove) {
  ASSERT_EQ(Run({"blacklist", "add", "WWW.Bad.example", "--reason", "spam"}).exit_code, 0);
  const auto list = RunJson({"blacklist", "list"})["blacklist"];
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0]["pattern"], "bad.example");
  EXPECT_EQ(list[0]["source"], "operator");
  EXPECT_EQ(list[0]["reason"], "spam");
  EXPECT_EQ(list[0]["until_at"], nullptr);
  auto test = RunJson({"blacklist", "test", "https://bad.example/x"});
  EXPECT_EQ(test["blacklisted"], true);
  EXPECT_EQ(test["entry"]["pattern"], "bad.example");
  EXPECT_EQ(RunJson({"blacklist", "test", "https://good.example/"})["blacklisted"], false);
  EXPECT_THAT(Run({"blacklist", "test", "http://www.bad.example/"}).output,
              HasSubstr("blacklisted by operator"));
  EXPECT_EQ(Run({"blacklist", "remove", "bad.example"}).exit_code, 0);
  EXPECT_EQ(Run({"blacklist", "remove", "bad.example"}).exit_code, 1);
  EXPECT_EQ(RunJson({"blacklist", "test", "https://bad.example/x"})["blacklisted"], false);
}

TEST_F(BlacklistCommands, ShowTheSiteAsBlacklisted) {
  ASSERT_EQ(Run({"feed", "add", "http://bad.example/feed"}).exit_code, 0);
  ASSERT_EQ(Run({"blacklist", "add", "*.bad.example", "--reason", "spam"}).exit_code, 0);
  const auto site = RunJson({"site", "show", "bad.example"});
  EXPECT_EQ(site["blacklisted"], true);
  EXPECT_EQ(site["blacklist_pattern"], "*.bad.example");
  EXPECT_EQ(site["blacklist_reason"], "spam");
}

TEST_F(BlacklistCommands, RefuseAPatternThatIsNone) {
  const auto completed = Run({"blacklist", "add", "*.com"});
  EXPECT_EQ(completed.exit_code, 2);
  EXPECT_THAT(completed.errors, HasSubstr("*.com"));
}

TEST_F(BlacklistCommands, ImportAFileAndNameItsBadLines) {
  const auto file = directory_.Write("bad.txt",
                                     "# spam\n\na.example\n*.b.example # a farm\r\n"
                                     "http://:bad:/\nc.example/path/\na.example\n");
  const auto completed = Run({"blacklist", "import", file, "--reason", "listed"});
  EXPECT_EQ(completed.exit_code, 1);
  EXPECT_THAT(completed.errors, HasSubstr("bad.txt:5: "));
  EXPECT_THAT(completed.output, HasSubstr("3 added, 1 already known, 0 not found, 1 refused"));
  EXPECT_EQ(RunJson({"blacklist", "list"})["blacklist"].size(), 3U);
  EXPECT_EQ(Run({"blacklist", "import", directory_.path().string()}).exit_code, 1);
}

TEST_F(BlacklistCommands, ShowWhatAPatternWouldHit) {
  for (const auto* url : {"http://bad.example/feed", "http://x.bad.example/feed",
                          "http://good.example/blog/feed", "http://good.example/feed"}) {
    ASSERT_EQ(Run({"feed", "add", url}).exit_code, 0);
  }
  const auto hits = RunJson({"blacklist", "add", "*.bad.example", "good.example/blog",
                             "none.example", "--dry-run"})["patterns"];
  ASSERT_EQ(hits.size(), 3U);
  EXPECT_EQ(hits[0]["pattern"], "*.bad.example");
  EXPECT_EQ(hits[0]["feeds"], 2);
  EXPECT_EQ(hits[0]["sites"], 2);
  EXPECT_EQ(hits[0]["sample_urls"][0], "http://bad.example/feed");
  EXPECT_EQ(hits[1]["pattern"], "good.example/blog");
  EXPECT_EQ(hits[1]["feeds"], 1);
  EXPECT_EQ(hits[1]["sites"], 0);
  EXPECT_EQ(hits[2]["feeds"], 0);
  EXPECT_EQ(RunJson({"blacklist", "list"})["blacklist"].size(), 0U) << "nothing was changed";
  const auto file = directory_.Write("bad.txt", "bad.example\n");
  EXPECT_THAT(Run({"blacklist", "import", file, "--dry-run"}).output,
              HasSubstr("bad.example: 1 feeds, 1 sites, 0 links"));
}

TEST_F(BlacklistCommands, AllowSitesInSpiteOfTheRule) {
  ASSERT_EQ(Run({"blacklist", "allow", "*.good.example", "--reason", "known"}).exit_code, 0);
  EXPECT_EQ(RunJson({"blacklist", "list"})["blacklist"][0]["source"], "allow");
  EXPECT_EQ(RunJson({"blacklist", "test", "https://a.good.example/"})["blacklisted"], false);
  EXPECT_EQ(Run({"blacklist", "allow", "good.example/path/"}).exit_code, 2);
  EXPECT_EQ(Run({"blacklist", "remove", "*.good.example"}).exit_code, 0);
  EXPECT_EQ(RunJson({"blacklist", "list"})["blacklist"].size(), 0U);
}

TEST_F(BlacklistCommands, ExportWhatImportReads) {
  const std::string list = "!*.good.example # known\nbad.example # spam, mostly\nworse.example\n";
  EXPECT_EQ(RunJson({"blacklist", "import", "-"}, list)["added"], 3);
  EXPECT_EQ(Run({"blacklist", "export"}).output, list);
  EXPECT_EQ(RunJson({"blacklist", "import", "-"}, list)["already_known"], 3);
  // A list that allows lets in nothing that an operator keeps out.
  EXPECT_EQ(RunJson({"blacklist", "import", "-"}, "!bad.example\n")["added"], 0);
  EXPECT_EQ(RunJson({"blacklist", "test", "https://bad.example/"})["blacklisted"], true);
}

TEST_F(BlacklistCommands, ImportManyFromStandardInput) {
  std::string patterns;
  for (int i = 0; i < 12000; ++i) patterns += "h" + std::to_string(i) + ".example\n";
  EXPECT_EQ(RunJson({"blacklist", "import", "-"}, patterns)["added"], 12000);
}

}  // namespace
}  // namespace saunter::crawler::cli
