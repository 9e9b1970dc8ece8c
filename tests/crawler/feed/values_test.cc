// The values of an entry, rule by rule: which link, which title, which author, which categories.

#include <gtest/gtest.h>

#include "crawler/feed/feed.h"

namespace saunter::crawler::feed {
namespace {

constexpr schemas::UnixSeconds kNow = 1800000000;

ParsedFeed Parse(std::string_view body) {
  return ParseFeed({body, "https://blog.example/feed.xml", {}, {}}, schemas::FeedSettings(), kNow);
}

// An item of RSS whose channel has a page on the feed's host.
ParsedEntry Item(const std::string& inside) {
  const ParsedFeed feed = Parse(
      "<rss version='2.0' xmlns:a='http://www.w3.org/2005/Atom' "
      "xmlns:dc='http://purl.org/dc/elements/1.1/' "
      "xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd' "
      "xmlns:fb='http://rssnamespace.org/feedburner/ext/1.0'><channel>"
      "<link>https://blog.example/</link><item>" +
      inside + "</item></channel></rss>");
  return feed.entries.size() == 1 ? feed.entries[0] : ParsedEntry();
}

ParsedEntry AtomEntry(const std::string& inside, const std::string& of_feed = {}) {
  const ParsedFeed feed = Parse("<feed xmlns='http://www.w3.org/2005/Atom'>" + of_feed + "<entry>" +
                                inside + "</entry></feed>");
  return feed.entries.size() == 1 ? feed.entries[0] : ParsedEntry();
}

// The text is no link, so that what stands beside it is the entry's.
void ExpectNoLink(const std::string& text, const std::string& other) {
  const std::string link = "<link>" + text + "</link>";
  EXPECT_EQ(Item(link).url, "") << text;
  EXPECT_EQ(Item(link + other).url, "https://blog.example/post") << text;
}

struct Case {
  std::string inside;
  std::string want;
};

// RFC 4287, 4.2.7: RSS's links follow the same rules where they have Atom's attributes.
TEST(EntryLink, FollowsRelationAndTypeInRss) {
  for (const auto& [inside, want] : std::vector<Case>{
           {"<link rel='enclosure' href='https://img.example/c.jpg'/>"
            "<link rel='alternate' href='https://blog.example/1'/>",
            "https://blog.example/1"},
           {"<link rel='hub' href='https://hub.example/'/><link>https://blog.example/2</link>",
            "https://blog.example/2"},
           {"<link rel='self' href='https://blog.example/x'/><guid>https://blog.example/3</guid>",
            "https://blog.example/3"},
           {"<link rel='edit'>https://blog.example/admin</link>"
            "<link>https://blog.example/4</link>",
            "https://blog.example/4"},
           {"<link rel='via' href='https://other.example/'/>", ""},
           {"<link type='image/png' href='https://img.example/c.png'/>"
            "<guid>https://blog.example/5</guid>",
            "https://blog.example/5"},
           {"<link type='application/activity+json' href='https://blog.example/6.json'/>"
            "<link type='text/html' href='https://blog.example/6'/>",
            "https://blog.example/6"},
           {"<link type='application/rss+xml' href='https://blog.example/7/feed'/>"
            "<link type='TEXT/HTML; charset=utf-8' href='https://blog.example/7'/>",
            "https://blog.example/7"},
           {"<link href='https://blog.example/8-page'/><link>https://blog.example/8</link>",
            "https://blog.example/8"},
           {"<link rel='alternate nofollow' href='https://blog.example/9'/>",
            "https://blog.example/9"},
           {"<link rel='http://www.iana.org/assignments/relation/alternate' "
            "href='https://blog.example/10'/>",
            "https://blog.example/10"},
           {"<a:link type='application/xhtml+xml;profile=x' href='https://blog.example/11'/>"
            "<a:link href='https://blog.example/12'/>",
            "https://blog.example/11"}}) {
    EXPECT_EQ(Item(inside).url, want) << inside;
  }
}

TEST(EntryLink, FollowsRelationAndTypeOfTheChannelToo) {
  const auto site_of = [](const std::string& inside) {
    return Parse("<rss><channel>" + inside + "<item><link>x</link></item></channel></rss>")
        .site_url;
  };
  EXPECT_EQ(site_of("<link rel='hub' href='https://hub.example/'/>"), "");
  EXPECT_EQ(site_of("<link rel='self' href='https://blog.example/feed.xml'/>"
                    "<link>https://blog.example/</link>"),
            "https://blog.example/");
  EXPECT_EQ(site_of("<link rel='next' href='https://blog.example/feed.xml?page=2'/>"
                    "<link rel='alternate' type='text/html' href='https://blog.example/'/>"),
            "https://blog.example/");
  const ParsedFeed rdf = Parse(
      "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' "
      "xmlns='http://purl.org/rss/1.0/'><channel/><item rdf:about='https://blog.example/r'>"
      "<link rel='self' href='https://blog.example/r.rdf'/></item></rdf:RDF>");
  ASSERT_EQ(rdf.entries.size(), 1U);
  EXPECT_EQ(rdf.entries[0].url, "https://blog.example/r");
}

TEST(EntryLink, MayBeTheTextOfAnAtomLinkLeniently) {
  EXPECT_EQ(AtomEntry("<link rel='alternate'>https://blog.example/1</link>").url,
            "https://blog.example/1");
  EXPECT_EQ(AtomEntry("<link type='text/html'>/2</link>").url, "https://blog.example/2");
  EXPECT_EQ(AtomEntry("<link rel='self'>https://blog.example/3</link>").url, "");
  EXPECT_EQ(Item("<a:link>https://blog.example/4</a:link>").url, "https://blog.example/4");
  EXPECT_EQ(AtomEntry("<link href='https://blog.example/5'>the post</link>").url,
            "https://blog.example/5");
}

// RFC 3986, 4.4: what means this very document leads nowhere.
TEST(EntryLink, IsNotTheDocumentThatItStandsIn) {
  for (const auto* same : {"#", "?", "?#", "", " ", ".", "./", "/", "/#", "feed.xml", "/feed.xml",
                           "https://blog.example/feed.xml", "http://www.blog.example/feed.xml",
                           "feed.xml#post", "//blog.example/feed.xml?"}) {
    ExpectNoLink(same, "<guid>https://blog.example/post</guid>");
  }
  EXPECT_EQ(AtomEntry("<link href='#post'/><id>https://blog.example/post</id>").url,
            "https://blog.example/post");
  EXPECT_EQ(Item("<link>#post</link>").url, "https://blog.example/") << "a part of the page";
  EXPECT_EQ(Item("<link>?p=1</link>").url, "https://blog.example/?p=1");
  EXPECT_EQ(Item("<link>.well-known</link>").url, "https://blog.example/.well-known");
}

TEST(EntryLink, IsTheWholeSiteOnlyIfItIsAllThatThereIs) {
  EXPECT_EQ(Item("<link>https://blog.example/</link>").url, "https://blog.example/");
  EXPECT_EQ(Item("<link>https://blog.example</link><a:link href='https://blog.example/post'/>").url,
            "https://blog.example/post");
}

TEST(EntryLink, IsNoPlaceThatATextWasTakenFor) {
  for (const auto* text : {"What is love?",
                           "b67e7afb \"80be\"",
                           "href=\"https://blog.example/a\"",
                           "\"https://blog.example/a\"",
                           "'https://blog.example/a'",
                           "[A](https://blog.example/a)",
                           "&lt;https://blog.example/a&gt;",
                           "(https://blog.example/a)",
                           "“https://blog.example/a”",
                           "url=https://blog.example/a",
                           "A\xc2\xa0title",
                           "詩\xe3\x80\x80集",
                           "blog.example/a",
                           "blog.com/a",
                           "blog.co.uk/a/b",
                           "https//blog.example/a",
                           "://blog.example/a",
                           "https://https://blog.example/a",
                           "http://http//blog.example/a",
                           "www.blog.example/a b",
                           "/my \"post\"",
                           "a{b}",
                           "javascript:void(0)",
                           "mailto:ann@blog.example"}) {
    ExpectNoLink(text, "<a:link href='https://blog.example/post'/>");
  }
  for (const auto& [reference, want] :
       std::vector<Case>{{"2024/05/post", "https://blog.example/2024/05/post"},
                         {"/wiki/Foo_(bar)", "https://blog.example/wiki/Foo_(bar)"},
                         {"/it's", "https://blog.example/it's"},
                         {"post.html/page", "https://blog.example/post.html/page"},
                         {"v1.2/notes", "https://blog.example/v1.2/notes"},
                         {"/r?u=https://a.example/", "https://blog.example/r?u=https://a.example/"},
                         {"/文/章", "https://blog.example/%E6%96%87/%E7%AB%A0"},
                         {"//cdn.example/a b", "https://cdn.example/a%20b"},
                         {"https://blog.example/a b", "https://blog.example/a%20b"}}) {
    EXPECT_EQ(Item("<link>" + reference + "</link>").url, want);
  }
}

TEST(EntryLink, ComesFromFeedburnerOnlyAsAWholeAddress) {
  for (const auto* text : {"b67e7afb-80be", "/a", "//other.example/a", "blog.example/a", "1234",
                           "www.blog.example/a"}) {
    EXPECT_EQ(Item(std::string("<fb:origLink>") + text +
                   "</fb:origLink><link>https://blog.example/post</link>")
                  .url,
              "https://blog.example/post")
        << text;
  }
}

TEST(EntryTexts, AreUnwrappedOfEscapedCdataLeniently) {
  const auto wrapped = [](const std::string& text) { return "&lt;![CDATA[" + text + "]]&gt;"; };
  const ParsedEntry entry =
      Item("<title>" + wrapped("T") + "</title><link>\n" + wrapped("https://blog.example/a") +
           " </link><guid>" + wrapped(" g ") + "</guid><pubDate>" +
           wrapped("Sat, 27 Apr 2024 08:26:02 GMT") + "</pubDate><dc:language>" + wrapped("pt") +
           "</dc:language><dc:creator>" + wrapped("Ann") + "</dc:creator>");
  EXPECT_EQ(entry.title, "T");
  EXPECT_EQ(entry.url, "https://blog.example/a");
  EXPECT_EQ(entry.guid, "g");
  EXPECT_EQ(entry.published_at, 1714206362);
  EXPECT_EQ(entry.language, "pt");
  EXPECT_EQ(entry.author, "Ann");
  EXPECT_EQ(AtomEntry("<title>" + wrapped("a &lt;b&gt;") + "</title>").title, "a <b>");
  EXPECT_EQ(AtomEntry("<id>" + wrapped("https://blog.example/i") + "</id>").url,
            "https://blog.example/i");
}

// RFC 4287, 3.1.1.1: text has no markup, so what looks like it is what the title says.
TEST(EntryTitle, OfAtomIsMarkupOnlyIfItsTypeSaysSo) {
  const auto title = [](const std::string& attributes, const std::string& text) {
    return AtomEntry("<title" + attributes + ">" + text + "</title>").title;
  };
  const std::string bold = "A &lt;b&gt;bold&lt;/b&gt; &lt;br/&gt; move";
  for (const auto* type : {"", " type='text'", " type='TEXT'", " type='text/plain'"}) {
    EXPECT_EQ(title(type, bold), "A <b>bold</b> <br/> move") << type;
  }
  for (const auto* type : {" type='html'", " type='text/html'", " mode='escaped'"}) {
    EXPECT_EQ(title(type, bold), "A bold move") << type;
  }
  EXPECT_EQ(title(" mode='base64'", "PHA+SGk8L3A+"), "Hi");
  EXPECT_EQ(title(" mode='xml'", bold), "A <b>bold</b> <br/> move");
  EXPECT_EQ(title(" type='xhtml'", "<div xmlns='http://www.w3.org/1999/xhtml'>A <b>b</b></div>"),
            "A b");
  EXPECT_EQ(title("", "&lt;script&gt; &amp;amp; co."), "<script> & co.");
  EXPECT_EQ(title("", "Why &amp;nbsp; and &amp;amp;emsp; matter"),
            "Why &nbsp; and &amp;emsp; matter");
  EXPECT_EQ(title("", "caf&amp;eacute;&amp;nbsp;&amp;#8211; bar &amp;amp; grill"),
            "café – bar & grill");
  EXPECT_EQ(
      Parse("<feed xmlns='http://www.w3.org/2005/Atom'><title>&lt;p&gt;</title></feed>").title,
      "<p>");
  EXPECT_EQ(Item("<a:title>The &lt;em&gt; element&lt;/em&gt;</a:title>").title,
            "The <em> element</em>");
}

// JSON Feed 1.1: only content_html is markup.
TEST(EntryTitle, OfJsonFeedIsPlainText) {
  const auto item = [](const std::string& members) {
    const ParsedFeed feed = Parse(R"({"version":"https://jsonfeed.org/version/1.1","title":"<i>",)"
                                  R"("items":[{"id":"1",)" +
                                  members + "}]}");
    EXPECT_EQ(feed.title, "<i>");
    return feed.entries.size() == 1 ? feed.entries[0] : ParsedEntry();
  };
  EXPECT_EQ(item(R"("title":"Use <b>, not </b>")").title, "Use <b>, not </b>");
  EXPECT_EQ(item(R"("title":"Ann &amp; Bo")").title, "Ann & Bo");
  EXPECT_EQ(item(R"("content_text":"<p>is an element</p>")").summary, "<p>is an element</p>");
  EXPECT_EQ(item(R"("content_text":"<head> first")").title, "<head> first");
  EXPECT_EQ(item(R"("content_html":"<p>x</p><p>y")").summary, "x y");
  EXPECT_EQ(item(R"("summary":"<b>x</b> and <head>")").summary, "x and <head>");
}

TEST(EntryTitle, OfRssLosesElementsAndKeepsWords) {
  const auto title = [](std::string text) {
    for (std::size_t at = 0; (at = text.find('<', at)) != std::string::npos;) {
      text.replace(at, 1, "&lt;");
    }
    return Item("<title>" + text + "</title>").title;
  };
  for (const auto& [text, want] : std::vector<Case>{
           {"A <b>bold</b> move", "A bold move"},
           {"one<br>two<hr/>three", "one two three"},
           {"<img src='a > b'> cat", "cat"},
           {"The <math><mfrac><mi>x</mi><mn>2</mn></mfrac></math> proof", "The x2 proof"},
           {"<svg><circle r='1'/><text>S</text></svg>T", "ST"},
           {"<m:math><m:mi>x</m:mi></m:math>", "x"},
           {"<blog-title>A</blog-title><x/>", "A"},
           {"<p>A title", "A title"},
           {"end</p>", "end"},
           {"Firefox without <blink>", "Firefox without <blink>"},
           {"Use <b>, not <strong>", "Use <b>, not <strong>"},
           {"Why <div class='x'> is bad", "Why <div class='x'> is bad"},
           {"<script> at the end", "<script> at the end"},
           {"End of my rant </rant>", "End of my rant </rant>"},
           {"std::vector<T> and map<int, T>", "std::vector<T> and map<int, T>"},
           {"<time.h> and <sys/time.h>", "<time.h> and <sys/time.h>"},
           {"From <s.smith@blog.example> to <a@b.example>",
            "From <s.smith@blog.example> to <a@b.example>"},
           {"See <https://blog.example/>", "See <https://blog.example/>"},
           {"<!DOCTYPE html> and <?php", "<!DOCTYPE html> and <?php"},
           {"I <3 you", "I <3 you"}}) {
    EXPECT_EQ(title(text), want) << text;
  }
  EXPECT_EQ(Item("<title>The &amp;lt;dialog&amp;gt; element</title>").title,
            "The <dialog> element");
}

TEST(EntrySummary, LosesElementsThatNobodyKnows) {
  const auto summary = [](const std::string& html) {
    return Item("<description><![CDATA[" + html + "]]></description>").summary;
  };
  EXPECT_EQ(summary("<p>Let <math><semantics><mrow><mi>x</mi></mrow><annotation>\\x</annotation>"
                    "</semantics></math> be."),
            "Let x be.");
  EXPECT_EQ(summary("<p>one<p>two <unclosed> <b>three"), "one two <unclosed> three");
  EXPECT_EQ(summary("#include <stdio.h> and Vec<T>"), "#include <stdio.h> and Vec<T>");
  // What closes an element may stand far behind it.
  const std::string far(5000, 'y');
  EXPECT_EQ(summary("<quirk>words " + far + "</quirk>").substr(0, 7), "words y");
  EXPECT_EQ(summary("<quirk>words " + far).substr(0, 7), "<quirk>");
}

// RFC 4287, 4.2.1.
TEST(EntryAuthor, IsThatOfTheSourceBeforeThatOfTheFeed) {
  const std::string planet = "<author><name>Planet</name></author>";
  const std::string source =
      "<source><title>S</title><author><name>Ann</name></author><author><name>Bo</name></author>"
      "</source>";
  EXPECT_EQ(AtomEntry(source, planet).author, "Ann, Bo");
  EXPECT_EQ(AtomEntry(source + "<author><name>Cy</name></author>", planet).author, "Cy");
  EXPECT_EQ(AtomEntry("<source><title>S</title></source>", planet).author, "Planet");
  EXPECT_EQ(Item("<a:source><a:author><a:name>Ann</a:name></a:author></a:source>"
                 "<author>x@blog.example (Bo)</author>")
                .author,
            "Ann");
}

TEST(EntryAuthor, IsANameAndNoAddress) {
  for (const auto& [text, want] :
       std::vector<Case>{{"ann@blog.example (Ann Example)", "Ann Example"},
                         {"Ann (mailto:ann&amp;#64;blog.example)", "Ann"},
                         {"Ann &lt;ann&amp;#x40;blog.example&gt;", "Ann"},
                         {"\"Ann, of Example\" &lt;ann@blog.example&gt;", "Ann, of Example"},
                         {"&lt;ann@blog.example&gt; Ann", "Ann"},
                         {"Ann [ann@blog.example]", "Ann"},
                         {"ann@blog.example Ann", "Ann"},
                         {"Ann, ann@blog.example", "Ann"},
                         {"ann@blog.example", ""},
                         {"mailto:ann@blog.example", ""},
                         {"&lt;ann@blog.example&gt;", ""},
                         {"ann@blog.example (ann@blog.example)", ""},
                         {"Ann (of Example)", "Ann (of Example)"},
                         {"@ann@social.example", "@ann@social.example"}}) {
    EXPECT_EQ(Item("<author>" + text + "</author>").author, want) << text;
    EXPECT_EQ(Item("<dc:creator>" + text + "</dc:creator>").author, want) << text;
  }
  EXPECT_EQ(
      Item("<dc:creator>ann@blog.example</dc:creator><author>b@c.example (Bo)</author>").author,
      "Bo");
  EXPECT_EQ(AtomEntry("<author><email>ann@blog.example</email></author>").author, "");
}

TEST(EntryLanguage, IsATagOrAName) {
  const auto language = [](const std::string& text) {
    const ParsedFeed feed = Parse("<rss><channel><language>" + text +
                                  "</language><item><title>t</title></item></channel></rss>");
    EXPECT_EQ(feed.entries.at(0).language, feed.language) << text;
    return feed.language;
  };
  for (const auto& [text, want] : std::vector<Case>{{"en_US", "en-us"},
                                                    {" zh-Hant-TW ", "zh-hant-tw"},
                                                    {"en,de", "en"},
                                                    {"en_US.UTF-8", "en-us"},
                                                    {"tok", "tok"},
                                                    {"i-klingon", "i-klingon"},
                                                    {"English", "en"},
                                                    {"ENGLISH (US)", "en"},
                                                    {"American English", "en-us"},
                                                    {"English, German", "en"},
                                                    {"français", "fr"},
                                                    {"Fran\u00c7AIS", "fr"},
                                                    {"German", "de"},
                                                    {"Deutsch", "de"},
                                                    {"Español", "es"},
                                                    {"Brazilian Portuguese", "pt-br"},
                                                    {"日本語", "ja"},
                                                    {"русский", "ru"},
                                                    {"Bahasa Indonesia", "id"},
                                                    {"und", ""},
                                                    {"und-Latn", ""},
                                                    {"C", ""},
                                                    {"C.UTF-8", ""},
                                                    {"POSIX", ""},
                                                    {"x-default", ""},
                                                    {"zxx", ""},
                                                    {"none", ""},
                                                    {"unknown", ""},
                                                    {"1033", ""},
                                                    {"-", ""}}) {
    EXPECT_EQ(language(text), want) << text;
  }
}

TEST(EntryLanguage, IsDetectedWhereTheTagSaysNothing) {
  const ParsedFeed feed = Parse(
      "<rss><channel><language>und</language><item><description>Der schnelle braune Fuchs springt "
      "jeden Morgen über den faulen Hund, und niemand im Dorf weiß, warum er das eigentlich tut "
      "oder wohin er danach geht.</description></item></channel></rss>");
  EXPECT_EQ(feed.language, "");
  EXPECT_EQ(feed.entries.at(0).language, "de");
}

TEST(EntryCategories, AreThoseOfMediaRssUnderEachOfItsNames) {
  for (const auto* uri :
       {"http://search.yahoo.com/mrss/", "http://search.yahoo.com/mrss",
        "https://search.yahoo.com/mrss/", "http://www.rssboard.org/media-rss",
        "https://www.rssboard.org/media-rss/", "http://video.search.yahoo.com/mrss",
        "http://tools.search.yahoo.com/mrss/"}) {
    const ParsedFeed feed =
        Parse("<rss xmlns:m='" + std::string(uri) +
              "'><channel><item><title>t</title><m:category label='L'>l</m:category>"
              "<m:group><m:category>C</m:category></m:group></item></channel></rss>");
    ASSERT_EQ(feed.entries.size(), 1U);
    EXPECT_EQ(feed.entries[0].categories, (std::vector<std::string>{"L", "C"})) << uri;
  }
}

TEST(EntryCategories, AreThoseOfApplesModule) {
  EXPECT_EQ(Item("<itunes:category text='Technology'><itunes:category text='Podcasting'/>"
                 "</itunes:category><itunes:keywords>one, two,,one , three</itunes:keywords>")
                .categories,
            (std::vector<std::string>{"Technology", "Podcasting", "one", "two", "three"}));
  const ParsedFeed feed = Parse(
      "<rss xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd'><channel>"
      "<itunes:category text='Arts &amp;amp; Crafts'/><itunes:keywords>a</itunes:keywords>"
      "<item><title>t</title></item>"
      "<item><title>t</title><category>own</category></item></channel></rss>");
  ASSERT_EQ(feed.entries.size(), 2U);
  EXPECT_EQ(feed.entries[0].categories, (std::vector<std::string>{"Arts & Crafts", "a"}));
  EXPECT_EQ(feed.entries[1].categories, (std::vector<std::string>{"own"}));
}

}  // namespace
}  // namespace saunter::crawler::feed
