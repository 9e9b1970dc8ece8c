#include "crawler/lists/outlines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/support/files.h"

namespace saunter::crawler::lists {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> Urls(const OutlineList& list) {
  std::vector<std::string> urls;
  for (const auto& outline : list.outlines) urls.push_back(outline.url);
  return urls;
}

std::vector<std::string> ProblemsOf(const OutlineList& list) {
  std::vector<std::string> problems;
  for (const auto& problem : list.problems) {
    problems.push_back(std::to_string(problem.line) + ": " + problem.message);
  }
  return problems;
}

OutlineList ReadOpmlBody(const std::string& body) {
  return ReadOutlines("<opml version='2.0'><body>\n" + body + "\n</body></opml>");
}

TEST(Outlines, ReadsFoldersTitlesAndPages) {
  const auto list = ReadOutlines(support::ReadFile(support::TestData("lists/folders.opml")));
  EXPECT_EQ(list.format, OutlineFormat::kOpml);
  EXPECT_EQ(list.title, "Walks & rooms");
  ASSERT_EQ(list.outlines.size(), 4U);
  EXPECT_EQ(list.outlines[0].url, "https://one.example/feed?a=1&b=2");
  EXPECT_EQ(list.outlines[0].title, "One <of many>");
  EXPECT_EQ(list.outlines[0].site_url, "https://one.example/");
  EXPECT_EQ(list.outlines[0].category, "Birds");
  EXPECT_EQ(list.outlines[0].line, 10);
  EXPECT_EQ(list.outlines[1].category, "Walks");
  EXPECT_EQ(list.outlines[2].category, "");
  EXPECT_EQ(list.outlines[3].category, "walking");
  EXPECT_THAT(list.problems, IsEmpty());
}

TEST(Outlines, TakesAttributeNamesOfAnyCaseLeniently) {
  const auto list = ReadOpmlBody("<OUTLINE XMLURL='http://a/'/><outline xmlURL=\"http://b/\"/>");
  EXPECT_THAT(Urls(list), ElementsAre("http://a/", "http://b/"));
}

TEST(Outlines, TakesFeedUrlAndTheUrlOfRssOutlinesLeniently) {
  const auto list = ReadOpmlBody(
      "<outline feedUrl='http://a/'/><outline type='RSS' url='http://b/'/>"
      "<outline type='link' url='http://c/'/><outline xmlUrl=' ' feedUrl='http://d/'/>");
  EXPECT_THAT(Urls(list), ElementsAre("http://a/", "http://b/", "http://d/"));
}

TEST(Outlines, NamesTheLineOfAFeedWithoutAUrl) {
  const auto list = ReadOpmlBody(
      "<outline text='A' type='rss'/>\n"
      "<outline text='B' xmlUrl='' htmlUrl='http://b/'/>\n"
      "<outline text='folder'/>");
  EXPECT_THAT(Urls(list), IsEmpty());
  EXPECT_THAT(ProblemsOf(list),
              ElementsAre("2: \"A\" has no xmlUrl",
                          "3: \"B\" has no xmlUrl; try its page: saunter import http://b/"));
}

// OPML 2.0, "isComment".
TEST(Outlines, LeavesOutWhatIsACommentWithAllBelowIt) {
  const auto list = ReadOpmlBody(
      "<outline text='old' isComment='true'><outline xmlUrl='http://a/'/><outline text='x'>"
      "<outline xmlUrl='http://b/'/></outline></outline><outline xmlUrl='http://c/'/>"
      "<outline isComment=' TRUE ' xmlUrl='http://d/'/><outline text='F'>"
      "<outline ISCOMMENT='true'/><outline isComment='false' xmlUrl='http://e/'/></outline>"
      "<!-- <outline xmlUrl='http://f/'/> -->");
  EXPECT_THAT(Urls(list), ElementsAre("http://c/", "http://e/"));
  EXPECT_EQ(list.outlines[1].category, "F");
  EXPECT_THAT(list.problems, IsEmpty());
  const auto open = ReadOutlines(
      "<opml><outline isComment='true'></body></opml>"
      "<opml><outline xmlUrl='http://a/'/></opml>");
  EXPECT_THAT(Urls(open), ElementsAre("http://a/")) << "a document ends what it left open";
}

TEST(Outlines, TakesWhatHoldsOutlinesForAFolderWhateverItsType) {
  const auto list = ReadOpmlBody(
      "<outline type='rss' title='tech'><outline type='rss' xmlUrl='http://a/'/></outline>\n"
      "<outline type='atom' text='deep'><outline type='rss' text='er'>"
      "<outline xmlUrl='http://b/'/></outline></outline>\n"
      "<outline type='rss' text='none'></outline>");
  EXPECT_THAT(Urls(list), ElementsAre("http://a/", "http://b/"));
  EXPECT_EQ(list.outlines[0].category, "tech");
  EXPECT_EQ(list.outlines[1].category, "er");
  EXPECT_THAT(ProblemsOf(list), ElementsAre("4: \"none\" has no xmlUrl"));
}

TEST(Outlines, ReadsYoutubesTableOfChannels) {
  const std::string rows =
      "UCabcdefghijklmnopqrstuv,http://www.youtube.com/channel/UCabcdefghijklmnopqrstuv,Kettles\r\n"
      "UCbbcdefghijklmnopqrstuv,http://www.youtube.com/channel/UCbbcdefghijklmnopqrstuv,\"Lamps, "
      "\"\"and\"\" more\"\r\n\r\nnothing,,\n";
  for (const auto* header : {"Channel Id,Channel Url,Channel Title\r\n",
                             "\xef\xbb\xbfKanal-ID,Kanal-URL,Kanaltitel\n"}) {
    const auto list = ReadOutlines(header + rows);
    EXPECT_EQ(list.format, OutlineFormat::kChannels);
    ASSERT_EQ(list.outlines.size(), 2U);
    EXPECT_EQ(list.outlines[0].url,
              "https://www.youtube.com/feeds/videos.xml?channel_id=UCabcdefghijklmnopqrstuv");
    EXPECT_EQ(list.outlines[0].site_url, "http://www.youtube.com/channel/UCabcdefghijklmnopqrstuv");
    EXPECT_EQ(list.outlines[0].title, "Kettles");
    EXPECT_EQ(list.outlines[1].title, "Lamps, \"and\" more");
    EXPECT_EQ(list.outlines[1].line, 3);
    EXPECT_THAT(ProblemsOf(list), ElementsAre("5: there is no id of a channel on this line"));
  }
  EXPECT_EQ(ReadOutlines(rows).format, OutlineFormat::kChannels) << "without a header";
  EXPECT_EQ(ReadOutlines("http://a/?b,c\n").format, OutlineFormat::kText);
}

TEST(Outlines, ReadsTheBookmarksOfABrowser) {
  const auto list = ReadOutlines(
      "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<TITLE>Bookmarks</TITLE><H1>Menu</H1>\n<DL><p>\n"
      "<DT><H3 ADD_DATE=\"1\">Blogs &amp; more</H3>\n<DL><p>\n"
      "<DT><A HREF=\"https://a.example/\" FEEDURL=\"https://a.example/feed\">A</A>\n"
      "<DT><A HREF=\"https://b.example/rss.xml?x&amp;y\">B &lt;3</A>\n"
      "<DT><A HREF=\"feed://c.example/f\">C</A>\n</DL><p>\n"
      "<DT><A HREF=\"https://social.example/@ann\">Ann</A>\n"
      "<DT><A HREF=\"https://d.example/page\">D</A>\n"
      "<DT><A HREF=\"javascript:void(0)\">J</A><DT><A HREF=\"place:sort=8\">P</A>\n</DL>");
  EXPECT_EQ(list.format, OutlineFormat::kBookmarks);
  EXPECT_EQ(list.title, "Bookmarks");
  EXPECT_THAT(Urls(list), ElementsAre("https://a.example/feed", "https://b.example/rss.xml?x&y",
                                      "feed://c.example/f", "https://social.example/@ann.rss"));
  EXPECT_EQ(list.outlines[0].category, "Blogs & more");
  EXPECT_EQ(list.outlines[0].site_url, "https://a.example/");
  EXPECT_EQ(list.outlines[1].title, "B <3");
  EXPECT_EQ(list.outlines[3].category, "");
  EXPECT_THAT(ProblemsOf(list), ElementsAre("11: \"D\" is a page; to look for its feed: saunter "
                                            "import https://d.example/page"));
}

TEST(Outlines, ReadsNewsboatsTags) {
  const auto list = ReadOutlines(
      "https://a.example/feed \"~A title\" walks birds\n"
      "https://b.example/feed walks !\n"
      "https://c.example/feed \"!hidden\" \"two words\" # why\n"
      "https://d.example/feed # no tags\n"
      "http://exa mple/\n"
      "http://e.example/a b.xml\n");
  EXPECT_THAT(Urls(list), ElementsAre("https://a.example/feed", "https://b.example/feed",
                                      "https://c.example/feed", "https://d.example/feed",
                                      "http://exa mple/", "http://e.example/a b.xml"));
  EXPECT_EQ(list.outlines[0].title, "A title");
  EXPECT_EQ(list.outlines[0].category, "walks");
  EXPECT_EQ(list.outlines[1].category, "walks");
  EXPECT_EQ(list.outlines[2].category, "two words");
  EXPECT_EQ(list.outlines[3].category, "");
}

TEST(Outlines, TakesTitlesAndTagsOfLinesForPlainTextOfSomeLength) {
  const auto list = ReadOutlines(
      "https://a.example/feed \"~one\u2003\u2003two\u202e\" \"\u3000\" \"t\tag\"\n"
      "https://b.example/feed ~" +
      std::string(600, 'x') + " " + std::string(600, 'y') + "\n");
  ASSERT_EQ(list.outlines.size(), 2);
  EXPECT_EQ(list.outlines[0].title, "one two");
  EXPECT_EQ(list.outlines[0].category, "t ag");
  EXPECT_EQ(list.outlines[1].title, std::string(512, 'x'));
  EXPECT_EQ(list.outlines[1].category, std::string(512, 'y'));
}

TEST(Outlines, ReadsOneDocumentBehindTheOther) {
  const std::string document = "<?xml version='1.0'?><opml><outline xmlUrl='http://a/'/></opml>\n";
  EXPECT_THAT(Urls(ReadOutlines(document + document)), ElementsAre("http://a/", "http://a/"));
}

TEST(Outlines, LosesOnlyTheOutlineThatIsBroken) {
  const auto list = ReadOutlines(support::ReadFile(support::TestData("lists/broken.opml")));
  EXPECT_THAT(Urls(list), ElementsAre("https://a.example/feed", "https://b.example/feed",
                                      "https://d.example/feed?x=1&y=2", "https://e.example/feed",
                                      "https://f.example/feed"));
  EXPECT_EQ(list.outlines[0].title, "Tom & Jerry <3");
  EXPECT_THAT(ProblemsOf(list),
              ElementsAre("9: the tag is not closed; what could be read of it was taken",
                          "9: \"C\" has no xmlUrl", "13: </outline> closes nothing",
                          "15: the list ends inside a tag; what could be read of it was taken"));
}

TEST(Outlines, NeverGivesPartOfAUrlWhereverTheListIsCut) {
  const auto whole = support::ReadFile(support::TestData("lists/folders.opml"));
  const auto urls = Urls(ReadOutlines(whole));
  const std::set<std::string> known(urls.begin(), urls.end());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    for (const auto& url : Urls(ReadOutlines(std::string_view(whole).substr(0, size)))) {
      EXPECT_TRUE(known.contains(url)) << size << ": " << url;
    }
  }
}

TEST(Outlines, ReadsTheSameInPiecesOfAnySize) {
  for (const auto* name : {"lists/folders.opml", "lists/broken.opml", "lists/plain.txt"}) {
    const auto whole = support::ReadFile(support::TestData(name));
    const auto expected = ReadOutlines(whole);
    for (std::size_t size = 1; size < 40; ++size) {
      OutlineReader reader;
      for (std::size_t at = 0; at < whole.size(); at += size) {
        reader.Add(std::string_view(whole).substr(at, size));
      }
      reader.End();
      const auto list = reader.Take();
      EXPECT_EQ(Urls(list), Urls(expected)) << name << " in pieces of " << size;
      EXPECT_EQ(ProblemsOf(list), ProblemsOf(expected)) << name << " in pieces of " << size;
    }
  }
}

TEST(Outlines, ReadsOneUrlALine) {
  const auto list = ReadOutlines(support::ReadFile(support::TestData("lists/plain.txt")));
  EXPECT_EQ(list.format, OutlineFormat::kText);
  EXPECT_THAT(Urls(list), ElementsAre("https://a.example/feed", "https://b.example/@name/feed#x",
                                      "https://c.example/feed", "not a url", "https://d.example/"));
  EXPECT_EQ(list.outlines[1].line, 4);
  EXPECT_EQ(list.outlines[4].line, 8);
}

TEST(Outlines, CountsLinesWhateverEndsThem) {
  for (const auto* end : {"\n", "\r\n", "\r"}) {
    const std::string e = end;
    const auto list = ReadOutlines("http://a/" + e + e + "# c" + e + "http://b/");
    ASSERT_EQ(list.outlines.size(), 2U);
    EXPECT_EQ(list.outlines[1].line, 4);
  }
}

TEST(Outlines, RefusesALineOrAUrlBeyondTheLimit) {
  const auto text = ReadOutlines("http://a/" + std::string(100000, 'x') + "\nhttp://b/\n");
  EXPECT_THAT(Urls(text), ElementsAre("http://b/"));
  EXPECT_THAT(ProblemsOf(text), ElementsAre("1: the line is longer than any URL"));
  const auto opml = ReadOpmlBody("<outline xmlUrl='http://a/" + std::string(9000, 'x') +
                                 "'/><outline xmlUrl='http://b/'/>");
  EXPECT_THAT(Urls(opml), ElementsAre("http://b/"));
  EXPECT_THAT(ProblemsOf(opml), ElementsAre("2: the URL is longer than 8192 bytes"));
}

TEST(Outlines, GoesOnBehindATagBeyondTheLimit) {
  const auto list = ReadOpmlBody("<outline icon='" + std::string(3 << 20, 'x') +
                                 "' xmlUrl='http://a/'/><outline xmlUrl='http://b/'/>");
  EXPECT_THAT(Urls(list), ElementsAre("http://b/"));
  ASSERT_FALSE(list.problems.empty());
  EXPECT_THAT(list.problems.front().message, HasSubstr("longer than 1 MiB"));
}

TEST(Outlines, ReadsAnyDepthInBoundedMemory) {
  std::string body;
  for (int i = 0; i < 200000; ++i) body += "<outline text='f'>";
  const auto list = ReadOpmlBody(body + "<outline xmlUrl='http://a/'/>");
  EXPECT_THAT(Urls(list), ElementsAre("http://a/"));
  EXPECT_EQ(list.outlines.front().category, "f");
  EXPECT_THAT(list.problems.front().message, HasSubstr("200000 <outline> above are not closed"));
}

TEST(Outlines, ExpandsNoEntityOfADocumentType) {
  const auto list = ReadOutlines(
      "<!DOCTYPE opml [<!ENTITY a 'x'><!ENTITY b SYSTEM 'file:///etc/passwd'>]>"
      "<opml><outline text='&a;&b;' xmlUrl='http://a/?&b;'/></opml>");
  ASSERT_EQ(list.outlines.size(), 1U);
  EXPECT_EQ(list.outlines.front().title, "&a;&b;");
  EXPECT_EQ(list.outlines.front().url, "http://a/?&b;");
}

TEST(Outlines, DecodesTheCharsetThatIsDeclared) {
  const auto list = ReadOutlines(
      "<?xml version='1.0' encoding='windows-1251'?><opml>"
      "<outline text='\xcf\xf0\xe8\xe2\xe5\xf2' xmlUrl='http://a/'/></opml>");
  ASSERT_EQ(list.outlines.size(), 1U);
  EXPECT_EQ(list.outlines.front().title, "Привет");
}

TEST(Outlines, DecodesUtf16) {
  const std::u16string text = u"<opml><outline text='ü \U0001F426' xmlUrl='http://a/'/></opml>";
  std::string little = "\xff\xfe";
  std::string big = "\xfe\xff";
  for (const char16_t unit : text) {
    const char high = static_cast<char>(unit >> 8);
    const char low = static_cast<char>(unit & 0xff);
    little.append({low, high});
    big.append({high, low});
  }
  for (const auto& bytes : {little, big}) {
    const auto list = ReadOutlines(bytes);
    EXPECT_EQ(list.format, OutlineFormat::kOpml);
    ASSERT_EQ(list.outlines.size(), 1U);
    EXPECT_EQ(list.outlines.front().title, "ü \U0001F426");
  }
}

TEST(Outlines, TellsTheFormatByTheContent) {
  const std::map<std::string, OutlineFormat> formats = {
      {"", OutlineFormat::kEmpty},
      {"\xef\xbb\xbf \n", OutlineFormat::kEmpty},
      {"http://a/\n", OutlineFormat::kText},
      {"\xef\xbb\xbfhttp://a/\n", OutlineFormat::kText},
      {"<!-- list --><opml/>", OutlineFormat::kOpml},
      {"junk <opml version='1.0'>", OutlineFormat::kOpml},
      {"<outline xmlUrl='http://a/'/>", OutlineFormat::kOpml},
      {"<!DOCTYPE html><p>", OutlineFormat::kHtml},
      {"\n<HTML><head>", OutlineFormat::kHtml},
      {"<head><title>x</title>", OutlineFormat::kHtml},
      {"<?xml version='1.0'?><!-- c --><rss version='2.0'>", OutlineFormat::kFeed},
      {"<rdf:RDF xmlns:rdf='x'>", OutlineFormat::kFeed},
      {"<feed xmlns='http://www.w3.org/2005/Atom'>", OutlineFormat::kFeed},
      {"{\"version\":\"https://jsonfeed.org/version/1.1\"}", OutlineFormat::kFeed},
  };
  for (const auto& [bytes, format] : formats)
    EXPECT_EQ(ReadOutlines(bytes).format, format) << bytes;
}

TEST(Outlines, SaysWhatBinaryDataIs) {
  using namespace std::string_literals;
  const std::map<std::string, std::string> kinds = {{"\x1f\x8b\x08 http://a/"s, "gunzip"},
                                                    {"PK\x03\x04 x"s, "zip"},
                                                    {"SQLite format 3\0x"s, "database"},
                                                    {"\x7f"
                                                     "ELF\0\0"s,
                                                     "binary"}};
  for (const auto& [bytes, word] : kinds) {
    const auto list = ReadOutlines(bytes);
    EXPECT_THAT(Urls(list), IsEmpty());
    ASSERT_EQ(list.problems.size(), 1U);
    EXPECT_THAT(list.problems.front().message, HasSubstr(word));
  }
}

TEST(Outlines, SurvivesAnyBytes) {
  std::uint32_t state = 1;
  const std::string_view alphabet =
      "<>!-[]?/='\"& \n\0\xff"
      "aoutlinexmlUrl#;:";
  for (int round = 0; round < 2000; ++round) {
    std::string bytes = round % 2 == 0 ? "<opml>" : "";
    for (int i = 0; i < 200; ++i) {
      state = state * 1664525 + 1013904223;
      bytes.push_back(alphabet[(state >> 16) % alphabet.size()]);
    }
    const auto list = ReadOutlines(bytes);
    for (const auto& outline : list.outlines) EXPECT_FALSE(outline.url.empty());
  }
}

TEST(WriteOpml, GivesBackWhatReadOutlinesTook) {
  std::vector<Outline> outlines(4);
  outlines[0] = {"https://a.example/?x=1&y=\"2\"", "A <b> & 'c'", "https://a.example/", "Z", 0};
  outlines[1] = {"https://b.example/", "", "", "", 0};
  outlines[2] = {"https://c.example/", "C\n\x01 two", "", "A & B", 0};
  outlines[3] = {"https://d.example/", "鳥", "", "Z", 0};
  const auto list = ReadOutlines(WriteOpml("My <list>", outlines));
  EXPECT_EQ(list.title, "My <list>");
  EXPECT_THAT(list.problems, IsEmpty());
  ASSERT_EQ(list.outlines.size(), 4U);
  EXPECT_THAT(Urls(list),
              ElementsAre(outlines[1].url, outlines[2].url, outlines[0].url, outlines[3].url));
  EXPECT_EQ(list.outlines[0].title, "https://b.example/");
  EXPECT_EQ(list.outlines[1].title, "C two");
  EXPECT_EQ(list.outlines[1].category, "A & B");
  EXPECT_EQ(list.outlines[2].title, outlines[0].title);
  EXPECT_EQ(list.outlines[2].site_url, outlines[0].site_url);
  EXPECT_EQ(list.outlines[3].title, "鳥");
  EXPECT_EQ(list.outlines[3].category, "Z");
}

TEST(Outlines, ReadsEveryOutlineOfTheCorpus) {
  const std::filesystem::path lists = support::Corpus("lists");
  if (!std::filesystem::exists(lists)) GTEST_SKIP() << "no corpus beside the tree";
  std::ifstream expected(lists / "expected.jsonl");
  std::string line;
  int files = 0;
  int titles = 0;
  int titles_equal = 0;
  while (std::getline(expected, line)) {
    const auto row = nlohmann::json::parse(line);
    const auto file = row["file"].get<std::string>();
    const auto list = ReadOutlines(support::ReadFile(lists / file));
    std::vector<std::string> want;
    for (const auto& feed : row["list"]) want.push_back(feed["xmlUrl"]);
    auto got = Urls(list);
    // Two expectations have a feed less than the file: one stops at the end of the first document,
    // one drops an outline for the raw quotes in its title.
    for (const auto* more : {"http://domain/feed2", "https://www.kommersant.ru/RSS/main.xml"}) {
      if (std::find(want.begin(), want.end(), more) == want.end()) std::erase(got, more);
    }
    EXPECT_EQ(got, want) << file;
    for (std::size_t i = 0; i < std::min(want.size(), list.outlines.size()); ++i) {
      if (row["list"][i]["title"].is_null() || list.outlines[i].url != want[i]) continue;
      ++titles;
      titles_equal += list.outlines[i].title == row["list"][i]["title"].get<std::string>();
    }
    ++files;
  }
  EXPECT_EQ(files, 118);
  EXPECT_GE(titles_equal, titles * 99 / 100) << titles;
}

TEST(Outlines, ReadsTheListsThatWereFound) {
  const std::filesystem::path found = support::Corpus("found/files");
  if (!std::filesystem::exists(found)) GTEST_SKIP() << "no corpus beside the tree";
  const auto comments = ReadOutlines(support::ReadFile(found / "opml_comment.opml"));
  EXPECT_THAT(Urls(comments), IsEmpty());
  EXPECT_THAT(comments.problems, IsEmpty());
  const auto folder = ReadOutlines(support::ReadFile(found / "opml_folder_rss.opml"));
  EXPECT_THAT(Urls(folder), ElementsAre("http://a3.example/rss.aspx"));
  EXPECT_EQ(folder.outlines.front().category, "tech");
  EXPECT_THAT(folder.problems, IsEmpty());
  const auto channels = ReadOutlines(support::ReadFile(found / "yt_takeout.csv"));
  EXPECT_THAT(
      Urls(channels),
      ElementsAre("https://www.youtube.com/feeds/videos.xml?channel_id=UCabcdefghijklmnopqrstuv",
                  "https://www.youtube.com/feeds/videos.xml?channel_id=UCbbcdefghijklmnopqrstuv"));
  EXPECT_EQ(channels.outlines.back().title, "Lamps, and more");
  EXPECT_THAT(channels.problems, IsEmpty());
}

TEST(Outlines, ReadsALongPlainListOfTheCorpus) {
  const std::filesystem::path path = support::Corpus("lists/smallweb.txt");
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no corpus beside the tree";
  const auto list = ReadOutlines(support::ReadFile(path));
  EXPECT_EQ(list.format, OutlineFormat::kText);
  EXPECT_EQ(list.outlines.size(), 36515U);
  EXPECT_EQ(list.outlines.back().line, 36515);
  EXPECT_THAT(list.problems, IsEmpty());
}

}  // namespace
}  // namespace saunter::crawler::lists
