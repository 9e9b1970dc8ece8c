#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/crawler/cli/many_feeds.h"

namespace saunter::crawler::cli {
namespace {

using schemas::FetchOutcome;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const std::string kA = "https://a.example/feed";
const std::string kB = "https://b.example/feed";
const std::string kBlogA = "https://blog.a.example/feed";
const std::string kAnn = "https://a.example/~ann/feed";

class FeedList : public ManyFeedsTest {};

TEST_F(FeedList, FiltersByWhatTheLastFetchGave) {
  Add({kA, kB, kBlogA});
  Fetch(kA, FetchOutcome::kTimeout);
  Fetch(kB, FetchOutcome::kOk);
  EXPECT_EQ(Urls({"--failing"}), kA + "\n");
  EXPECT_EQ(Urls({"--outcome", "ok"}), kB + "\n");
  EXPECT_EQ(Urls({"--outcome", "ok,timeout"}), kA + "\n" + kB + "\n");
  EXPECT_EQ(Urls({"--outcome", "never_fetched"}), kBlogA + "\n");
  EXPECT_EQ(Urls({"--failing", "--host", "b.example"}), "");
  EXPECT_EQ(Urls({"--outcome", "ok", "b.example"}), kB + "\n") << "an address follows a filter";
  EXPECT_EQ(Urls({"--outcome", "ok", "a.example"}), "");
}

TEST_F(FeedList, FindsTheFeedsOfAHostOrASitesAddress) {
  Add({kA, kB, kBlogA, kAnn});
  for (const auto* site : {"a.example", "https://a.example/", "http://www.a.example"}) {
    EXPECT_EQ(Urls({site}), kA + "\n" + kAnn + "\n") << site;
  }
  EXPECT_EQ(Urls({"--host", "a.example"}), kA + "\n" + kAnn + "\n");
  EXPECT_EQ(Urls({"a.example/~ann"}), kAnn + "\n");
  EXPECT_EQ(Urls({"*.a.example"}), kA + "\n" + kBlogA + "\n" + kAnn + "\n");
  EXPECT_EQ(Urls({"--host", "*.a.example"}), kA + "\n" + kBlogA + "\n" + kAnn + "\n");
  EXPECT_EQ(Urls({"a.example/feed"}), kA + "\n") << "a feed's own address";
  EXPECT_EQ(Urls({"--host", "a.example", "--host", "b.example"}),
            kA + "\n" + kB + "\n" + kAnn + "\n");
}

TEST_F(FeedList, FiltersByStateCategoryAndLanguage) {
  Add({kA, kB});
  Fetch(kB, FetchOutcome::kOk, 0, "de-at");
  ASSERT_EQ(Run({"feed", "pause", kA}).exit_code, 0);
  ASSERT_EQ(Run({"feed", "edit", kB, "--category", "bread"}).exit_code, 0);
  EXPECT_EQ(Urls({"--state", "paused"}), kA + "\n");
  EXPECT_EQ(Urls({"--state", "active,paused"}), kA + "\n" + kB + "\n");
  EXPECT_EQ(Urls({"--category", "bread"}), kB + "\n");
  EXPECT_EQ(Urls({"--category", ""}), kA + "\n");
  EXPECT_EQ(Urls({"--language", "de"}), kB + "\n");
}

TEST_F(FeedList, FiltersByTime) {
  Add({kA});
  EXPECT_EQ(Urls({"--new-since", "1h"}), kA + "\n");
  EXPECT_EQ(Urls({"--new-since", "2200-01-01"}), "");
  EXPECT_EQ(Urls({"--silent-since", "1h"}), "");
  EXPECT_EQ(Urls({"--silent-since", "2200-01-01"}), kA + "\n");
}

TEST_F(FeedList, SortsAndLimitsAndCounts) {
  Add({kB, kA, kBlogA});
  Fetch(kA, FetchOutcome::kOk, 3);
  EXPECT_EQ(Urls({"--sort", "host"}), kA + "\n" + kB + "\n" + kBlogA + "\n");
  EXPECT_EQ(Urls({"--sort", "host", "--reverse", "--limit", "1"}), kBlogA + "\n");
  EXPECT_THAT(Urls({"--sort", "links", "--reverse"}), StartsWith(kA));
  EXPECT_EQ(Run({"feed", "list", "--count"}).output, "3\n");
  EXPECT_EQ(Run({"feed", "list", "--count", "--host", "a.example"}).output, "1\n");
  EXPECT_EQ(RunJson({"feed", "list", "--count"}), nlohmann::json({{"count", 3}}));
}

TEST_F(FeedList, ShowsLinksAndTitlesAndPrintsJson) {
  Add({kA});
  Fetch(kA, FetchOutcome::kOk, 3);
  EXPECT_EQ(RunJson({"feed", "list", "--failing"})["feeds"].size(), 0U);
  const auto feeds = RunJson({"feed", "list"})["feeds"];
  ASSERT_EQ(feeds.size(), 1U);
  EXPECT_EQ(feeds[0]["links"], 3);
  EXPECT_EQ(RunJson({"feed", "list", "--urls"})["feeds"], nlohmann::json({kA}));
  EXPECT_THAT(Run({"feed", "list"}).output, HasSubstr("active        3 ok"));
}

TEST_F(FeedList, NamesWhatWasMeantByAWrongWord) {
  Add({kA});
  Fetch(kA, FetchOutcome::kOk, 0, "english");
  const auto says = [&](std::vector<std::string> arguments, int code, const std::string& text) {
    arguments.insert(arguments.begin(), {"feed", "list"});
    const auto completed = Run(arguments);
    EXPECT_EQ(completed.exit_code, code) << text;
    EXPECT_EQ(completed.output, "");
    EXPECT_THAT(completed.errors, HasSubstr(text));
  };
  says({"--outcome", "time_out"}, 2, "did you mean timeout? There are: ok, not_modified");
  says({"--state", "pause"}, 2, "did you mean paused? There are: active, paused, gone");
  says({"--language", "englsh"}, 1, "did you mean english?");
  says({"--category", "bread"}, 1, "no feed has the category bread, and none has any so far");
  says({"--sort", "linsk"}, 2, "did you mean links?");
  says({"--silent-since", "soon"}, 2,
       "--silent-since takes an age such as 12h, 30d, 6w or 1y, or a date such as 2026-01-31");
  says({"--new-since", "2026-02-30"}, 2, "--new-since takes an age");
  says({"--host", "z.example"}, 1, "no feed stands on z.example");
  says({"--limit", "0"}, 2, "limit");
}

TEST_F(FeedList, SaysWhatAnAddressDoesNotFind) {
  Add({kA});
  const auto other = Run({"feed", "list", "https://a.example/other"});
  EXPECT_EQ(other.exit_code, 1);
  EXPECT_THAT(other.errors, HasSubstr("there are 1 on its site: `saunter feed list a.example`"));
  EXPECT_THAT(Run({"feed", "list", "z.example"}).errors,
              HasSubstr("there is no feed z.example; `saunter feed list` shows all"));
  EXPECT_THAT(Run({"feed", "list", "no address"}).errors, HasSubstr("is no address"));
}

TEST_F(FeedList, ReadsAddressesFromStandardInput) {
  Add({kA, kB, kBlogA});
  const auto completed =
      Run({"feed", "list", "--urls", "-"}, "# mine\n\n  " + kB + " \r\nz.example\n" + kA + "\n");
  EXPECT_EQ(completed.exit_code, 1);
  EXPECT_EQ(completed.output, kB + "\n" + kA + "\n");
  EXPECT_THAT(completed.errors, HasSubstr("line 4: there is no feed z.example"));
}

TEST_F(FeedList, ShowTakesASiteWithOneFeedAndListsSeveral) {
  Add({kA, kB, kAnn});
  EXPECT_EQ(RunJson({"feed", "show", "b.example"})["url"], kB);
  const auto several = Run({"feed", "show", "a.example"});
  EXPECT_EQ(several.exit_code, 1);
  EXPECT_THAT(several.output, HasSubstr(kA));
  EXPECT_THAT(several.output, HasSubstr(kAnn));
  EXPECT_THAT(several.output, Not(HasSubstr(kB)));
  EXPECT_THAT(several.errors, HasSubstr("a.example has 2 feeds; name one"));
}

}  // namespace
}  // namespace saunter::crawler::cli
