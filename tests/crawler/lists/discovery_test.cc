#include "crawler/lists/discovery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crawler/lists/addresses.h"

namespace saunter::crawler::lists {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<std::string> Found(std::string_view body, std::string url = "https://h.example/a/b",
                               std::string link = {}) {
  std::vector<std::string> urls;
  for (const auto& candidate : DiscoverFeeds({body, std::move(url), std::move(link)}).candidates) {
    urls.push_back(candidate.url);
  }
  return urls;
}

TEST(Discovery, TakesAlternateLinksByTypeInOrder) {  // HTML, 4.6.7.1
  EXPECT_THAT(
      Found("<html><head>"
            "<link rel='alternate' type='application/rss+xml' title='R' href='/rss?a&amp;b'>"
            "<LINK REL=Alternate TYPE='Application/Atom+XML; charset=utf-8' HREF=atom.xml>"
            "<link rel='alternate home' type='application/feed+json' href='//j.example/f'/>"
            "<link rel='alternate' type='text/xml' href='x.xml'>"
            "<link rel='feed' href='h-feed'>"),
      ElementsAre("https://h.example/rss?a&b", "https://h.example/a/atom.xml",
                  "https://j.example/f", "https://h.example/a/x.xml",
                  "https://h.example/a/h-feed"));
}

TEST(Discovery, LeavesLinksThatAreNoFeeds) {
  EXPECT_THAT(
      Found("<link rel='stylesheet alternate' type='text/xml' href='a'>"
            "<link rel='alternate' hreflang='de' href='/de/'>"
            "<link rel='alternate' type='text/html' href='b'>"
            "<link rel='alternate' type='application/json' href='/wp-json/wp/v2/posts/1'>"
            "<link rel='canonical' type='application/rss+xml' href='c'>"
            "<link rel='alternate' type='application/rss+xml' href='javascript:alert(1)'>"
            "<link rel='alternate' type='application/rss+xml'>"
            "<!-- <link rel='alternate' type='application/rss+xml' href='d'> -->"
            "<script>\"<link rel='alternate' type='application/rss+xml' href='e'>\"</script>"
            "<title><link rel='alternate' type='application/rss+xml' href='f'></title>"),
      IsEmpty());
}

TEST(Discovery, TakesLinksOfAFeedsTypeWithoutRelLeniently) {
  EXPECT_THAT(Found("<link type='application/rss+xml' href='/rss'>"
                    "<link rel='' type='application/atom+xml; charset=utf-8' href='/atom'>"
                    "<link type='text/xml' href='/no'><link type='text/css' href='/no'>"
                    "<link rel='preload' type='application/rss+xml' href='/no'>"),
              ElementsAre("https://h.example/rss", "https://h.example/atom"));
  for (const auto* type : {"application/rss", "application/atom", "application/x-rss+xml",
                           "text/rss+xml", "Application/X-Atom+XML", "application/rdf+xml"}) {
    EXPECT_THAT(Found(std::string("<link rel=alternate href=/f type='") + type + "'>"),
                ElementsAre("https://h.example/f"))
        << type;
  }
}

TEST(Discovery, TakesWhatIsHandedOnAsAFeedLeniently) {
  EXPECT_THAT(
      Found("<link rel=alternate type=application/rss+xml href='feed://h.example/one'>"
            "<a href='feed:https://h.example/two'>x</a><a href='itpc://h.example/three'>x</a>"
            "<a href='pcast:www.h.example/four'>x</a><a href='feed:javascript:alert(1)'>x</a>"),
      ElementsAre("http://h.example/one", "https://h.example/two", "http://h.example/three",
                  "http://www.h.example/four"));
}

TEST(Discovery, TakesAnchorsThatLookLikeFeedsLeniently) {
  for (const auto* href :
       {"/?feed=rss2", "/?feed=atom", "/index.php?format=feed&amp;type=rss", "/blog/index.xml",
        "/ghost/rss/", "/feeds/posts/default", "/notes.atom", "/all.rss", "/RSS2.xml", "/feed.php",
        "/blog/feed/", "//h.example/feeds/"}) {
    EXPECT_THAT(Found(std::string("<a href='") + href + "'>x</a>"), SizeIs(1)) << href;
  }
  for (const auto* href : {"/feedback", "/rss-is-dead", "/?feed=me", "/atoms/", "/feeder.html",
                           "/rssreader", "/?format=pdf", "/"}) {
    EXPECT_THAT(Found(std::string("<a href='") + href + "'>x</a>"), IsEmpty()) << href;
  }
}

TEST(Discovery, TakesAnchorsThatSpeakOfAFeedLastLeniently) {
  EXPECT_THAT(Found("<a href='/s'> RSS </a><a href='/t'>Atom feed</a>"
                    "<a href='/u' title='Subscribe via RSS'><img src=x></a>"
                    "<a href='/v' aria-label='RSS'></a><a href='/w'>Why RSS is the best of all "
                    "that the web ever had to give to its readers</a><a href='/x'>Feedback</a>"
                    "<a href='/feed'>x</a>"),
              ElementsAre("https://h.example/feed", "https://h.example/s", "https://h.example/t",
                          "https://h.example/u", "https://h.example/v"));
}

TEST(Discovery, KnowsWherePlatformsKeepTheirFeeds) {
  for (const auto& [page, feed] : std::vector<std::pair<std::string, std::string>>{
           {"https://www.youtube.com/channel/UCabcdefghijklmnopqrstuv",
            "https://www.youtube.com/feeds/videos.xml?channel_id=UCabcdefghijklmnopqrstuv"},
           {"https://m.youtube.com/channel/UCabcdefghijklmnopqrstuv/videos",
            "https://www.youtube.com/feeds/videos.xml?channel_id=UCabcdefghijklmnopqrstuv"},
           {"https://www.youtube.com/playlist?list=PLx",
            "https://www.youtube.com/feeds/videos.xml?playlist_id=PLx"},
           {"http://youtube.com/user/ann", "https://www.youtube.com/feeds/videos.xml?user=ann"},
           {"https://social.example/@ann", "https://social.example/@ann.rss"},
           {"https://medium.com/@ann", "https://medium.com/feed/@ann"},
           {"https://ann.medium.com/a-post", "https://ann.medium.com/feed"},
           {"https://ann.substack.com/p/post", "https://ann.substack.com/feed"},
           {"https://ann.tumblr.com/", "https://ann.tumblr.com/rss"},
           {"https://ann.blogspot.com/2024/", "https://ann.blogspot.com/feeds/posts/default"},
           {"https://github.com/ann", "https://github.com/ann.atom"},
           {"https://github.com/ann/walk/tree/main", "https://github.com/ann/walk/releases.atom"},
           {"https://old.reddit.com/r/walks/", "https://old.reddit.com/r/walks/.rss"},
           {"https://bsky.app/profile/ann.example", "https://bsky.app/profile/ann.example/rss"}}) {
    EXPECT_THAT(PlatformFeedUrls(page), ElementsAre(feed)) << page;
    EXPECT_EQ(WellKnownFeedUrls(page).front(), feed) << page;
  }
  for (const auto* page : {"https://h.example/", "https://youtube.com/", "https://notmedium.com/@a",
                           "https://social.example/@ann@other.example", "https://github.com/",
                           "https://youtube.com/channel/nobody", "nothing"}) {
    EXPECT_THAT(PlatformFeedUrls(page),
                page == std::string("https://notmedium.com/@a")
                    ? ElementsAre("https://notmedium.com/@a.rss")
                    : ::testing::Matcher<std::vector<std::string>>(IsEmpty()))
        << page;
  }
}

TEST(FeedAddress, IsWhatSchemesOfReadersHide) {
  for (const auto& [text, address] : std::vector<std::pair<std::string, std::string>>{
           {"feed://h.example/f", "http://h.example/f"},
           {"FEED:https://h.example/f", "https://h.example/f"},
           {"feed://https://h.example/f", "https://h.example/f"},
           {"itpc://h.example/f", "http://h.example/f"},
           {"pcast://h.example/f", "http://h.example/f"},
           {"podcast://h.example/f", "http://h.example/f"},
           {" www.h.example/f ", "http://www.h.example/f"},
           {"h.example/f", "h.example/f"},
           {"https://h.example/", "https://h.example/"},
           {"feedback.html", "feedback.html"}}) {
    EXPECT_EQ(FeedAddress(text), address) << text;
  }
}

TEST(Discovery, TakesAJsonFeedOfTheOldType) {  // JSON Feed 1.0, "Discovery"
  EXPECT_THAT(Found("<link rel='alternate' type='application/json' href='/feed.json'>"),
              ElementsAre("https://h.example/feed.json"));
}

TEST(Discovery, ResolvesAgainstTheFirstBase) {  // HTML, 4.2.3
  EXPECT_THAT(Found("<base href='/blog/'><base href='https://other.example/'>"
                    "<link rel=alternate type=application/rss+xml href=feed>"),
              ElementsAre("https://h.example/blog/feed"));
}

TEST(Discovery, PutsCommentsFeedsLast) {
  EXPECT_THAT(
      Found("<link rel=alternate type=application/rss+xml href=/comments/feed/>"
            "<link rel=alternate type=application/rss+xml title='A » Post Comments Feed' href=/p/>"
            "<link rel=alternate type=application/rss+xml href=/feed/>"),
      ElementsAre("https://h.example/feed/", "https://h.example/comments/feed/",
                  "https://h.example/p/"));
}

TEST(Discovery, TakesTheLinkHeaderFirst) {  // RFC 8288, 3
  EXPECT_THAT(
      Found("<link rel=alternate type=application/rss+xml href=/feed>", "https://h.example/",
            "<https://h.example/wp-json/>; rel=\"https://api.w.org/\", "
            "</one>; title=\"a, b; rel=x\"; rel=\"alternate\"; type=\"application/rss+xml\","
            "<two> ; type=application/atom+xml ; rel=alternate, </feed>; rel=feed, <"),
      ElementsAre("https://h.example/one", "https://h.example/two", "https://h.example/feed"));
}

TEST(Discovery, TakesAnchorsAfterLinksLeniently) {
  EXPECT_THAT(
      Found("<body><a href='/about'>x</a><a href='/Feed.xml'>RSS</a>"
            "<a type='application/rss+xml' href='/x'>y</a><a href='mailto:a@b/rss'>z</a>"
            "<link rel=alternate type=application/rss+xml href=/main>"),
      ElementsAre("https://h.example/main", "https://h.example/Feed.xml", "https://h.example/x"));
}

TEST(Discovery, GivesTitlesAsPlainText) {
  const auto discovery = DiscoverFeeds(
      {"<link rel=alternate type=application/rss+xml title=' A &amp; B&#10;C ' href=/>",
       "https://h.example/", ""});
  ASSERT_THAT(discovery.candidates, SizeIs(1));
  EXPECT_EQ(discovery.candidates.front().title, "A & B C");
}

TEST(Discovery, SaysWhereAMetaRefreshLeads) {  // HTML, 4.2.5.3
  for (const auto* content : {"'0;url=/blog/'", "\"5; URL = '/blog/' x\"", "'0,url=\"/blog/\"'"}) {
    const auto body = std::string("<meta http-equiv='Refresh' content=") + content + ">";
    EXPECT_EQ(DiscoverFeeds({body, "https://h.example/a", ""}).refresh_url,
              "https://h.example/blog/")
        << content;
  }
  EXPECT_EQ(
      DiscoverFeeds({"<meta http-equiv=refresh content=30>", "https://h.example/", ""}).refresh_url,
      "");
}

TEST(Discovery, BoundsWhatAHostilePageMayAsk) {
  std::string body;
  for (int i = 0; i < 5000; ++i) {
    body += "<link rel=alternate type=application/rss+xml href=/" + std::to_string(i) + ">";
  }
  EXPECT_THAT(Found(body), SizeIs(20));
  std::string deep;
  for (int i = 0; i < 300000; ++i) deep += "<div>";
  EXPECT_THAT(Found(deep + "<a href=/rss>"), ElementsAre("https://h.example/rss"));
  EXPECT_THAT(Found(std::string(1000000, '<')), IsEmpty());
  EXPECT_THAT(Found("<link href='" + std::string(1000000, 'x')), IsEmpty());
}

TEST(Discovery, ListsWellKnownPlacesBesideThePageThenAtTheRoot) {
  const auto urls = WellKnownFeedUrls("https://h.example/blog/post");
  ASSERT_THAT(urls, SizeIs(18));
  EXPECT_EQ(urls.front(), "https://h.example/blog/feed");
  EXPECT_EQ(urls[9], "https://h.example/feed");
  EXPECT_THAT(WellKnownFeedUrls("https://h.example/"), SizeIs(9));
  EXPECT_THAT(WellKnownFeedUrls("nothing"), IsEmpty());
}

}  // namespace
}  // namespace saunter::crawler::lists
