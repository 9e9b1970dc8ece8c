#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "tests/api/routes/fixture.h"

namespace saunter::api::routes {
namespace {

using testing::HasSubstr;

constexpr schemas::UnixSeconds kDayLength = 86400;
// The midnight after the database was filled, and that day's noon.
constexpr schemas::UnixSeconds kMidnight = (kTestNow / kDayLength + 1) * kDayLength;
constexpr schemas::UnixSeconds kNoon = kMidnight + kDayLength / 2;
constexpr int kSites = 40;

class DailyTest : public RoutesTest {
 protected:
  DailyTest() {
    for (int i = 0; i < kSites; ++i) {
      // The first has one link alone.
      Database().AddSite("s" + std::to_string(i) + ".example", i == 0 ? 1 : 1 + i % 7);
    }
  }

  http::Answer AskDaily(std::string_view query, schemas::UnixSeconds now,
                        std::string_view if_none_match = {}) {
    http::Request request;
    request.query = query;
    request.if_none_match = if_none_match;
    return Ask("/v1/daily.atom", request, now);
  }

  std::vector<std::string> UrlsOf(const http::Answer& answer) {
    EXPECT_EQ(answer.status, 200) << answer.body;
    std::vector<std::string> urls;
    const std::regex link("<link rel=\"alternate\" href=\"([^\"]*)\"/>");
    for (std::sregex_iterator at(answer.body.begin(), answer.body.end(), link), end; at != end;
         ++at) {
      urls.push_back((*at)[1]);
    }
    return urls;
  }
  std::vector<std::string> Urls(std::string_view query, schemas::UnixSeconds now) {
    return UrlsOf(AskDaily(query, now));
  }
  // As long as the answer may be kept, it is; so a later look is a minute later.
  std::vector<std::string> UrlsEverywhere(schemas::UnixSeconds now) {
    const auto here = Urls("", now);
    Restart();
    EXPECT_EQ(Urls("", now), here) << "after a restart";
    return here;
  }

  schemas::Id IdOf(const std::string& url) {
    const auto reader = store::OpenFileReader(settings_.store).reader;
    for (const auto& row : Database().Pool()) {
      if (reader->FindLink(row.link_id).value().url == url) return row.link_id;
    }
    ADD_FAILURE() << url << " is not in the pool";
    return 0;
  }
  void Probe(schemas::Id link_id, schemas::LinkState state, int strikes,
             std::optional<schemas::UnixSeconds> struck_at, schemas::UnixSeconds now) {
    schemas::WriteBatch batch;
    batch.probes.push_back(
        {.link_id = link_id,
         .verdict = strikes > 0 ? schemas::Verdict::kDead : schemas::Verdict::kAlive,
         .status = strikes > 0 ? 404 : 200,
         .state = state,
         .strikes = strikes,
         .struck_at = struck_at,
         .check_interval_s = 604800,
         .checked_at = now,
         .next_check_at = now + 259200,
         .target_key = {},
         .move = {}});
    Database().ApplyAt(now, batch);
  }
  static std::string SiteOf(const std::string& url) { return url.substr(8, url.find('/', 8) - 8); }
};

TEST_F(DailyTest, GivesEverybodyTheSamePostsAllDayAndOthersTheNext) {
  const auto posts = UrlsEverywhere(kMidnight);
  EXPECT_EQ(posts.size(), 10U);
  std::set<std::string> sites;
  for (const auto& url : posts) sites.insert(SiteOf(url));
  EXPECT_EQ(sites.size(), 10U) << "one of each source";
  // What comes during the day does not count, on known sites or on others.
  schemas::WriteBatch nothing;
  Database().ApplyAt(kNoon, nothing);
  Database().AddPostsAt(kNoon, "s1.example", {{.url = "https://s1.example/new"}});
  for (int i = 0; i < 30; ++i) {
    const auto host = "new" + std::to_string(i) + ".example";
    Database().AddPostsAt(kNoon, host, {{.url = "https://" + host + "/"}});
  }
  EXPECT_EQ(Urls("", kNoon), posts);
  EXPECT_EQ(UrlsEverywhere(kMidnight + kDayLength - 1), posts);
  EXPECT_NE(UrlsEverywhere(kMidnight + kDayLength), posts);
  EXPECT_TRUE(Urls("", kMidnight - 1).empty()) << "none was known before that day";
  // More posts are those and some more.
  auto more = Urls("count=50", kNoon);
  EXPECT_EQ(more.size(), static_cast<std::size_t>(kSites));
  more.resize(posts.size());
  EXPECT_EQ(more, posts);
}

TEST_F(DailyTest, LeavesOutWhatDiedSinceAndPutsNothingInItsPlace) {
  auto posts = UrlsEverywhere(kMidnight);
  auto minute = kNoon;
  for (const auto place : {7U, 4U, 0U}) {
    Probe(IdOf(posts[place]), schemas::LinkState::kDoubtful, 1, kNoon, kNoon);
    posts.erase(posts.begin() + place);
    EXPECT_EQ(UrlsEverywhere(minute += 3600), posts);
  }
  // It was alive after all.
  const auto all = Urls("count=50", minute);
  EXPECT_EQ(all.size(), kSites - 3U);
}

TEST_F(DailyTest, TakesBackWhatIsAliveAgainWhereItStood) {
  const auto posts = UrlsEverywhere(kMidnight);
  const auto link_id = IdOf(posts[3]);
  Probe(link_id, schemas::LinkState::kDoubtful, 1, kNoon, kNoon);
  EXPECT_EQ(UrlsEverywhere(kNoon + 60).size(), 9U);
  Probe(link_id, schemas::LinkState::kAlive, 0, std::nullopt, kNoon + 3600);
  EXPECT_EQ(UrlsEverywhere(kNoon + 7200), posts);
}

TEST_F(DailyTest, LeavesOutASourceWhoseOnlyLinkDied) {
  const auto all = Urls("count=50", kMidnight);
  ASSERT_THAT(all, testing::Contains("https://s0.example/0"));
  Probe(IdOf("https://s0.example/0"), schemas::LinkState::kDoubtful, 1, kNoon, kNoon);
  Restart();
  const auto place = std::find(all.begin(), all.end(), "https://s0.example/0") - all.begin();
  auto first = all;
  first.resize(static_cast<std::size_t>(place) + 1);
  first.pop_back();
  EXPECT_EQ(Urls("count=" + std::to_string(place + 1), kNoon + 60), first);
}

TEST_F(DailyTest, ChoosesNoneThatWasDeadWhenTheDayBegan) {
  const auto posts = Urls("", kMidnight);
  for (const auto& [strikes, struck_at] :
       {std::pair{1, kMidnight - 1}, std::pair{2, kMidnight - 1}, std::pair{2, kNoon}}) {
    const auto link_id = IdOf(posts[static_cast<std::size_t>(strikes)]);
    Probe(link_id, schemas::LinkState::kDoubtful, strikes, struck_at, kNoon);
    Restart();
    const auto others = UrlsEverywhere(kNoon + 60);
    EXPECT_EQ(others.size(), 10U) << "another stands in its place";
    EXPECT_NE(others, posts);
    Probe(link_id, schemas::LinkState::kAlive, 0, std::nullopt, kNoon);
  }
}

TEST_F(DailyTest, LeavesOutWhatWasBlacklistedOrWithheldSince) {
  auto posts = UrlsEverywhere(kMidnight);
  Database().BlacklistSite(SiteOf(posts[8]), kNoon);
  posts.erase(posts.begin() + 8);
  EXPECT_EQ(UrlsEverywhere(kNoon + 60), posts);
  const auto link_id = IdOf(posts[2]);
  schemas::WriteBatch batch;
  for (std::uint64_t network = 1; network <= 5; ++network) {
    batch.feedback.push_back({.link_id = link_id,
                              .source_id = 1,
                              .given_at = kNoon,
                              .nonce = network,
                              .network = network,
                              .said = schemas::Report{schemas::ReportKind::kSpam, ""}});
  }
  Database().ApplyAt(kNoon, batch);
  posts.erase(posts.begin() + 2);
  EXPECT_EQ(UrlsEverywhere(kNoon + 3600), posts);
}

TEST_F(DailyTest, TakesTheFiltersOfAWalkAndNoOthers) {
  Database().AddPosts("de.example", {{.url = "https://de.example/1",
                                      .language = "de",
                                      .categories = {"food"},
                                      .published_at = kMidnight - 3 * kDayLength}});
  const std::vector<std::string> one = {"https://de.example/1"};
  EXPECT_EQ(Urls("language=de", kNoon), one);
  EXPECT_EQ(Urls("category=food&count=3", kNoon), one);
  EXPECT_EQ(Urls("site=de.example", kNoon), one);
  EXPECT_EQ(Urls("max_age_days=3", kNoon), one) << "from the day's beginning";
  EXPECT_EQ(Urls("max_age_days=3", kMidnight + kDayLength - 1), one);
  EXPECT_TRUE(Urls("max_age_days=2", kMidnight).empty());
  EXPECT_EQ(Urls("count=50&not_category=food", kNoon).size(), static_cast<std::size_t>(kSites));
  EXPECT_EQ(Urls("count=50&not_site=de.example,s1.example,x.example", kNoon).size(), kSites - 1U);
  EXPECT_TRUE(Urls("site=de.example&not_site=de.example", kNoon).empty());
  // Each is left out under its filter too.
  Probe(IdOf(one[0]), schemas::LinkState::kDoubtful, 1, kNoon, kNoon);
  Restart();
  EXPECT_TRUE(Urls("language=de", kNoon + 60).empty());
  for (const auto* wrong : {"count=0", "count=51", "walk=x", "fields=url", "fair=strict", "x=1",
                            "not_site=", "count=1&count=1"}) {
    EXPECT_EQ(AskDaily(wrong, kNoon).status, 400) << wrong;
  }
}

TEST_F(DailyTest, MayBeKeptUntilMidnightAtMostAndHasATag) {
  const auto answer = AskDaily("", kNoon);
  EXPECT_EQ(answer.content_type, "application/atom+xml; charset=utf-8");
  EXPECT_EQ(answer.cache_control, "public, max-age=300");
  EXPECT_EQ(AskDaily("", kMidnight + kDayLength - 20).cache_control, "public, max-age=20");
  const auto at = answer.headers.find("ETag: ") + 6;
  const auto tag = answer.headers.substr(at, answer.headers.find('\r', at) - at);
  const auto again = AskDaily("", kNoon + 1, tag);
  EXPECT_EQ(again.status, 304);
  EXPECT_TRUE(again.body.empty());
  EXPECT_EQ(AskDaily("", kNoon + kDayLength, tag).status, 200);
  EXPECT_THAT(answer.body, HasSubstr("<id>urn:uuid:"));
  EXPECT_THAT(answer.body, HasSubstr("<updated>2027-01-16T00:00:00Z</updated>"));
}

}  // namespace
}  // namespace saunter::api::routes
