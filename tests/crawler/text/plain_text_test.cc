#include "crawler/text/plain_text.h"

#include <gtest/gtest.h>

#include "crawler/text/charset.h"

namespace saunter::crawler::text {
namespace {

std::string Plain(std::string_view html) {
  return PlainText(html, Markup::kHtml, kNoLimit, Cut::kCodePoint);
}

TEST(PlainText, DropsMarkupAndKeepsWordsApart) {
  EXPECT_EQ(Plain("<p>one</p><p>two<br/>three <b>fo</b>ur</p>"), "one two three four");
  EXPECT_EQ(Plain("<a title='a > b' href=x>link</a>"), "link");
  EXPECT_EQ(Plain("a<script>if (a < b) { x(\"</p>\") }</script>b<style>p{}</style>c"), "abc");
  EXPECT_EQ(Plain("a<!-- <p>no</p> -->b"), "ab");
  EXPECT_EQ(Plain("<![CDATA[kept]]> too"), "kept too");
}

TEST(PlainText, KeepsWhatIsNoMarkupLeniently) {
  EXPECT_EQ(Plain("a < b && c > d"), "a < b && c > d");
  EXPECT_EQ(Plain("Vec<T> and i<3"), "Vec<T> and i<3");
  EXPECT_EQ(Plain("<!-- never closed > text"), "text");
  EXPECT_EQ(Plain("cut <a href='x"), "cut");
  EXPECT_EQ(Plain("<circle r='1'>no</circle> text"), "no text");
}

TEST(PlainText, DecodesEntitiesOnlyWithTheirSemicolon) {
  EXPECT_EQ(Plain("caf&eacute; &copy=3 &#8217; &#x2014; &unknown;"), "café &copy=3 ’ — &unknown;");
  EXPECT_EQ(Plain("AT&amp;amp;T"), "AT&T");
  EXPECT_EQ(Plain("&#0;&#xD800;&#x110000;x&#150;"), "x–");
  EXPECT_EQ(Plain("a&period;"), "a.");
}

TEST(PlainText, FoldsWhiteSpaceOfAllKinds) {
  EXPECT_EQ(Plain(" \t a \n\n b\u00a0\u3000c&nbsp; "), "a b c");
}

TEST(PlainText, EndsAtACodePointOrAWord) {
  EXPECT_EQ(PlainText("äöü", Markup::kPlain, 2, Cut::kCodePoint), "äö");
  EXPECT_EQ(PlainText("one two three", Markup::kPlain, 9, Cut::kWord), "one two");
  EXPECT_EQ(PlainText("one two three", Markup::kPlain, 7, Cut::kWord), "one two");
  EXPECT_EQ(PlainText("一二三四五", Markup::kPlain, 3, Cut::kWord), "一二三");
}

struct CharsetCase {
  std::string_view body;
  std::string_view content_type;
  std::string_view text;
};

TEST(ToUtf8, FollowsTheOrderOfTheRule) {
  using namespace std::string_view_literals;
  for (const auto& [body, type, text] : std::vector<CharsetCase>{
           {"\xef\xbb\xbf<a>\xc3\xa9</a>"sv, "text/xml; charset=latin1", "<a>é</a>"},
           {"\xef\xbb\xbf\xef\xbb\xbf<a/>"sv, "", "<a/>"},
           {"\xff\xfe<\0a\0"sv, "", "<a"},
           {"\0<\0?\0x"sv, "", "<?x"},
           {"<\0?\0x\0"sv, "", "<?x"},
           // Valid UTF-8 is UTF-8, whatever anybody says, and is never "fixed".
           {"<a>\xc3\xa9</a>"sv, "text/xml; charset=iso-8859-1", "<a>é</a>"},
           {"<a>Caf\xc3\x83\xc2\xa9</a>"sv, "", "<a>CafÃ©</a>"},
           {"<a>\xe9</a>"sv, "text/xml; charset=\"windows-1251\"", "<a>й</a>"},
           {"<?xml version='1.0' encoding='koi8-r'?>\xc1"sv, "",
            "<?xml version='1.0' encoding='koi8-r'?>а"},
           {"<a>\x93q\x94</a>"sv, "text/xml; charset=us-ascii", "<a>“q”</a>"},
           {"<a>\xd6\xd0</a>"sv, "text/xml; charset=gb2312", "<a>中</a>"},
           {"<a>\x1b$B$\"\x1b(B</a>"sv, "text/xml; charset=iso-2022-jp", "<a>あ</a>"},
           // Bad bytes one by one.
           {"<a>\xc3\xa9\xc3\xa9 \x93</a>"sv, "text/xml; charset=utf-8", "<a>éé “</a>"},
           // Forbidden code points are dropped.
           {"<a>x\x00\x08\xef\xbf\xbey</a>"sv, "", "<a>xy</a>"},
           {"<a>\xe4\xb8"sv, "", "<a>"}}) {
    const Utf8Text result = ToUtf8(body, type);
    EXPECT_EQ(result.text(), text) << type;
  }
}

TEST(ToUtf8, TakesNoConverterByName) {
  for (const auto* name : {"ISO-2022-CN-EXT", "UTF-7", "ibm-1390", "../../x", "SCSU", "BOCU-1"}) {
    const auto result = ToUtf8("<a>+ADw-script+AD4- \xe9</a>", std::string("x;charset=") + name);
    EXPECT_NE(result.text().find("+ADw-script"), std::string_view::npos) << name;
  }
}

}  // namespace
}  // namespace saunter::crawler::text
