#include "crawler/feed/feed.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "tests/crawler/feed/feed_json.h"
#include "tests/support/files.h"

namespace saunter::crawler::feed {
namespace {

using nlohmann::json;
using schemas::FeedSettings;

constexpr schemas::UnixSeconds kNow = 1800000000;

const std::filesystem::path kFeeds = support::TestData("feeds");

ParsedFeed Parse(std::string_view body, const FeedSettings& settings = {}) {
  return ParseFeed({body, "https://feed.example/blog/feed.xml", {}, {}}, settings, kNow);
}

std::vector<std::filesystem::path> SampleFeeds() {
  std::vector<std::filesystem::path> samples;
  for (const auto& file : std::filesystem::directory_iterator(kFeeds)) {
    if (file.path().extension() == ".xml") samples.push_back(file.path());
  }
  std::sort(samples.begin(), samples.end());
  return samples;
}

TEST(FeedParser, ReadsTheSampleFeedsAsExpected) {
  const auto samples = SampleFeeds();
  ASSERT_FALSE(samples.empty());
  for (auto path : samples) {
    const std::string body = support::ReadFile(path);
    const json expected =
        json::parse(support::ReadFile(path.replace_extension(".expected")), nullptr, false);
    EXPECT_EQ(ToJson(Parse(body)).dump(1), expected.dump(1)) << path;
  }
}

// A document cut at any byte gives back its complete entries and no part of any other.
TEST(FeedParser, NeverGivesPartOfAnUrlOrTitleOfACutDocument) {
  for (const auto& path : SampleFeeds()) {
    const std::string body = support::ReadFile(path);
    const ParsedFeed whole = Parse(body);
    // How a legacy charset is guessed may change with what there is to guess from.
    if (path.stem() == "cp1252" || path.stem() == "forbidden") continue;
    for (std::size_t length = 0; length < body.size(); ++length) {
      const ParsedFeed part = Parse(std::string_view(body).substr(0, length));
      ASSERT_LE(part.entries.size(), whole.entries.size()) << path << " cut at " << length;
      for (std::size_t i = 0; i < part.entries.size(); ++i) {
        ASSERT_EQ(part.entries[i].title, whole.entries[i].title) << path << " cut at " << length;
        const auto& url = part.entries[i].url;
        // A fragment that no second entry shares is dropped; the rest is the same.
        ASSERT_TRUE(whole.entries[i].url == url || whole.entries[i].url.starts_with(url + "#"))
            << path << " cut at " << length << ": " << url;
      }
      ASSERT_TRUE(part.title.empty() || part.title == whole.title) << path << " cut at " << length;
    }
  }
}

TEST(FeedParser, GivesEveryCompleteEntryOfACutDocument) {
  const std::string body = support::ReadFile(kFeeds / "rss_plain.xml");
  const std::size_t second = body.find("</item>", body.find("</item>") + 1);
  for (std::size_t length = second + 7; length < body.find("<item>", second) + 6; ++length) {
    EXPECT_EQ(Parse(std::string_view(body).substr(0, length)).entries.size(), 2U) << length;
  }
}

std::string Item(const std::string& inside) {
  return "<rss version='2.0'><channel><title>T</title><item>" + inside + "</item></channel></rss>";
}

TEST(FeedLimits, CutsATitleAtACodePoint) {
  for (const std::size_t count : {511U, 512U, 513U}) {
    std::string title;
    for (std::size_t i = 0; i < count; ++i) title += "é";
    const ParsedFeed feed = Parse(Item("<title>" + title + "</title>"));
    EXPECT_EQ(feed.entries.at(0).title.size(), 2 * std::min<std::size_t>(count, 512));
  }
}

TEST(FeedLimits, RefusesALongUrlWholeAndTakesTheNext) {
  const std::string base = "http://a.example/";
  for (const std::size_t size : {2047U, 2048U, 2049U}) {
    const std::string url = base + std::string(size - base.size(), 'x');
    const ParsedFeed feed =
        Parse(Item("<link>" + url + "</link><guid>http://a.example/short</guid>"));
    EXPECT_EQ(feed.entries.at(0).url, size <= 2048 ? url : "http://a.example/short");
  }
}

TEST(FeedLimits, HashesALongGuid) {
  for (const std::size_t size : {1023U, 1024U, 1025U}) {
    const ParsedFeed feed = Parse(Item("<guid>" + std::string(size, 'g') + "</guid>"));
    EXPECT_EQ(feed.entries.at(0).guid.size(), size <= 1024 ? size : 21U);
  }
}

TEST(FeedLimits, CutsASummaryAtAWord) {
  std::string text;
  for (int i = 0; i < 200; ++i) text += "word ";
  const ParsedFeed feed = Parse(Item("<description>" + text + "</description>"));
  EXPECT_EQ(feed.entries.at(0).summary.size(), 499U);
  EXPECT_TRUE(feed.entries.at(0).summary.ends_with("word"));
}

// Texts are read in part first; what the part ends within is none of it.
TEST(FeedLimits, TakesNoMarkupForTextHoweverLongItIs) {
  const auto summary_of = [](const std::string& content) {
    const ParsedFeed feed = Parse(Item("<description>" + content + "</description>"));
    return feed.entries.empty() ? std::string("no entry") : feed.entries[0].summary;
  };
  for (const std::size_t bytes : {1000U, 1980U, 2040U, 2048U, 3000U, 16300U, 16384U, 40000U}) {
    const std::string data(bytes, 'A');
    const std::string markup = "words <img alt=\"a > b\" src=\"data:" + data + "\"> <!-- " + data +
                               " > --> <script>" + data + "</script> more &amp; more";
    EXPECT_EQ(summary_of("<![CDATA[" + markup + "]]>"), "words more & more") << bytes;
    std::string escaped;
    for (const char c : markup) {
      escaped += c == '<' ? "&lt;" : c == '&' ? "&amp;" : std::string(1, c);
    }
    EXPECT_EQ(summary_of(escaped), "words more & more") << bytes;
  }
}

TEST(FeedLimits, GivesTheMostEntriesAndSaysSo) {
  std::string items;
  for (int i = 0; i < 12; ++i) items += "<item><title>t</title></item>";
  FeedSettings settings;
  settings.entries_max = 10;
  const ParsedFeed feed = Parse("<rss><channel>" + items + "</channel></rss>", settings);
  EXPECT_EQ(feed.status, ParseStatus::kRecovered);
  EXPECT_EQ(feed.detail, "more entries than feed.entries_max");
  EXPECT_EQ(feed.entries.size(), 10U);
}

TEST(FeedLimits, NamesDepthElementsMemoryAndBytes) {
  const auto repeat = [](const std::string& text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) all += text;
    return all;
  };
  const std::string deep = repeat("<a>", 300) + repeat("</a>", 300);
  EXPECT_EQ(Parse("<rss><channel>" + deep + "</channel></rss>").detail,
            "deeper than feed.depth_max");
  EXPECT_EQ(Parse("<rss><channel>" + deep + "</channel></rss>").status, ParseStatus::kLimit);
  EXPECT_EQ(Parse(repeat("<a>", 300)).status, ParseStatus::kNotAFeed);
  FeedSettings few;
  few.nodes_max = 50;
  EXPECT_EQ(Parse("<rss><channel>" + repeat("<a/>", 60) + "</channel></rss>", few).detail,
            "more elements than feed.nodes_max");
  FeedSettings tight;
  tight.tree_bytes_max = 100000;
  EXPECT_EQ(Parse("<rss><channel>" + repeat("<a/>", 9000) + "</channel></rss>", tight).detail,
            "more memory than feed.tree_bytes_max");
  FeedSettings small;
  small.body_bytes_max = 20;
  EXPECT_EQ(Parse(Item("<title>x</title>"), small).detail, "more bytes than feed.body_bytes_max");
  EXPECT_EQ(
      Parse(R"({"version":"https://jsonfeed.org/version/1","items":)" + repeat("[", 300)).detail,
      "deeper than feed.depth_max");
}

TEST(FeedEntities, AreNeverTakenFromTheDocument) {
  const ParsedFeed feed =
      Parse("<!DOCTYPE rss [<!ENTITY lol 'ha'><!ENTITY x SYSTEM 'file:///etc/passwd'>]>" +
            Item("<title>&lol; &x; &eacute;</title>"));
  EXPECT_EQ(feed.entries.at(0).title, "&lol; &x; é");
}

// The rule for an entry's URL, place by place: the first that is absolute http(s) wins.
TEST(FeedUrls, AreTakenFromTheFirstUsablePlace) {
  struct Case {
    std::string inside;
    std::string url;
  };
  const std::string ns =
      " xmlns:a='http://www.w3.org/2005/Atom' "
      "xmlns:fb='http://rssnamespace.org/feedburner/ext/1.0'";
  for (const auto& [inside, url] : std::vector<Case>{
           {"<link>http://a.example/1</link><fb:origLink>http://b.example/2</fb:origLink>",
            "http://b.example/2"},
           {"<link href='http://a.example/3'/>", "http://a.example/3"},
           {"<image><link>http://a.example/i</link></image>", ""},
           {"<link>/4</link>", "https://feed.example/4"},
           {"<link>http://a.ex\n\tample/5 x</link>", "http://a.example/5%20x"},
           {"<a:link href='http://a.example/6'/><guid>http://a.example/7</guid>",
            "http://a.example/6"},
           {"<a:link rel='self' href='http://a.example/6'/><guid> http://a.example/7 </guid>",
            "http://a.example/7"},
           {"<a:link type='application/json' href='http://a.example/6'/>", ""},
           {"<guid isPermaLink=' False '>http://a.example/8</guid>", ""},
           {"<guid>1234</guid>", ""},
           {"<guid>/8</guid>", ""},
           {"<a:id>http://a.example/9</a:id>", "http://a.example/9"},
           {"<link>javascript:alert(1)</link>", ""},
           {"<link>data:text/html,x</link>", ""},
           {"<link>file:///etc/passwd</link><guid>http://a.example/10</guid>",
            "http://a.example/10"},
           {"<link>http://user:pass@a.example/</link>", ""},
           {"<enclosure url='http://a.example/e.mp3'/><comments>http://a.example/c</comments>", ""},
           {"<link>http://a.example/?a=1&amp;b=2&copy=3</link>",
            "http://a.example/?a=1&b=2&copy=3"},
           {"<link><![CDATA[http://a.example/?a&amp;b]]></link>", "http://a.example/?a&amp;b"},
           {"<link>http://a.example/?utm_source=x&amp;id=5</link>", "http://a.example/?id=5"},
           {"<link>www.a.example/11</link>", "http://www.a.example/11"}}) {
    const ParsedFeed feed =
        Parse("<rss" + ns + "><channel><item>" + inside + "</item></channel></rss>");
    ASSERT_EQ(feed.entries.size(), 1U) << inside;
    EXPECT_EQ(feed.entries[0].url, url) << inside;
  }
}

TEST(FeedUrls, StandOnTheChannelsLinkOnlyIfItIsOnTheFeedsHost) {
  const auto first_url = [](const std::string& site) {
    return Parse("<rss><channel><link>" + site +
                 "</link><item><link>x</link></item></channel></rss>")
        .entries.at(0)
        .url;
  };
  EXPECT_EQ(first_url("https://feed.example/deep/page"), "https://feed.example/deep/x");
  EXPECT_EQ(first_url("https://other.example/deep/"), "https://feed.example/blog/x");
}

TEST(FeedIdentity, IsTheGuidUnlessItRepeats) {
  const ParsedFeed feed = Parse(
      "<rss><channel>"
      "<item><guid>a</guid><link>http://a.example/1</link></item>"
      "<item><guid>b</guid><link>http://a.example/2</link></item>"
      "<item><guid>b</guid><link>http://a.example/3</link></item>"
      "</channel></rss>");
  ASSERT_EQ(feed.entries.size(), 3U);
  EXPECT_NE(feed.entries[1].guid_key, feed.entries[2].guid_key);
  EXPECT_NE(feed.entries[0].guid_key, feed.entries[1].guid_key);
}

TEST(FeedHints, AreReadFromTheChannel) {
  const ParsedFeed feed = Parse(support::ReadFile(kFeeds / "rss_plain.xml"));
  EXPECT_EQ(feed.ttl_minutes, 90);
  EXPECT_EQ(feed.update_period_s, 43200);
  EXPECT_EQ(feed.skip_hours, 0b1001U);
  EXPECT_EQ(feed.skip_days, 0b1000001U);
}

TEST(FeedLanguage, IsDetectedOnlyWhereNobodySaysIt) {
  const std::string text =
      "<description>Der schnelle braune Fuchs springt jeden Morgen über den faulen Hund, und "
      "niemand im Dorf weiß, warum er das eigentlich tut oder wohin er danach geht.</description>";
  EXPECT_EQ(Parse(Item(text)).entries.at(0).language, "de");
  EXPECT_EQ(Parse(Item(text + "<language xmlns='http://purl.org/dc/elements/1.1/'>en</language>"))
                .entries.at(0)
                .language,
            "en");
  EXPECT_EQ(Parse(Item("<title>Kurz</title>")).entries.at(0).language, "");
}

}  // namespace
}  // namespace saunter::crawler::feed
