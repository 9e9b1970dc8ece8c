#include "crawler/text/plain_text.h"

#include <gtest/gtest.h>

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

// RFC 4287, 3.1.1.2, and HTML, 13.2.6.4.7: any other start tag opens an element, too.
TEST(PlainText, DropsElementsThatAreClosedOrVoidWhoeverKnowsThem) {
  for (const std::string_view name : {"datagrid", "multicol", "nextid", "x", "p"}) {
    const std::string open = std::string("<").append(name).append(">");
    const std::string close = std::string("</").append(name).append(">");
    EXPECT_EQ(Plain(open + close), "") << name;
    EXPECT_EQ(Plain("a " + open + "b" + close + " c"), "a b c") << name;
  }
  EXPECT_EQ(Plain("<keygen></keygen>"), "");
  EXPECT_EQ(Plain("a <keygen> b <nextid n=z> c <multicol> d"), "a b c <multicol> d");
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

// Unicode Standard Annex 9, 2: with these a title shows what it does not say.
TEST(PlainText, DropsWhatTurnsTextAroundAndWhatTakesNoRoom) {
  EXPECT_EQ(Plain("a\xE2\x80\xAE"
                  "cod\xE2\x80\xAC.exe"),
            "acod.exe");                                         // U+202E, U+202C
  EXPECT_EQ(Plain("pay\xE2\x80\x8Bpal\xE2\x81\xA0"), "paypal");  // U+200B, U+2060
  EXPECT_EQ(Plain("\xD8\x9C\xE2\x80\x8F\xE2\x81\xA6x\xE2\x81\xA9&#8207;"), "x");
  EXPECT_EQ(Plain("\xE2\x80\x8D"), "\xE2\x80\x8D") << "the joiner";
}

TEST(PlainText, EndsAtACodePointOrAWord) {
  EXPECT_EQ(PlainText("äöü", Markup::kPlain, 2, Cut::kCodePoint), "äö");
  EXPECT_EQ(PlainText("one two three", Markup::kPlain, 9, Cut::kWord), "one two");
  EXPECT_EQ(PlainText("one two three", Markup::kPlain, 7, Cut::kWord), "one two");
  EXPECT_EQ(PlainText("一二三四五", Markup::kPlain, 3, Cut::kWord), "一二三");
}

TEST(PlainText, EndsBeforeAnEntityThatIsCutAndWasEscapedTwice) {
  const std::string_view twice = "one caf&amp;eacute; two";
  for (const std::size_t length : {8U, 9U, 12U, 14U}) {
    EXPECT_EQ(PlainText(twice, Markup::kHtml, length, Cut::kCodePoint), "one caf") << length;
  }
  EXPECT_EQ(PlainText(twice, Markup::kHtml, 15, Cut::kCodePoint), "one café");
  EXPECT_EQ(PlainText("AT&amp;T and on", Markup::kHtml, 8, Cut::kCodePoint), "AT&T and");
}

TEST(FoldText, TakesNothingOfAShortBeginningThatTheRestCouldChange) {
  for (const std::string_view beginning : {"one &lt", "one <b", "one <blink> two", "one"}) {
    const auto folded = FoldText(beginning, Markup::kHtml, 3, Cut::kCodePoint, Extent::kBeginning);
    EXPECT_FALSE(folded.cut) << beginning;
  }
}

}  // namespace
}  // namespace saunter::crawler::text
