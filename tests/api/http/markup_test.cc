#include "api/http/markup.h"

#include <gtest/gtest.h>

#include <string>

namespace saunter::api::http {
namespace {

std::string Marked(std::string_view text) {
  std::string out;
  AppendMarkup(out, text);
  return out;
}

TEST(Markup, LeavesNothingThatBeginsOrEndsAnElementOrAnAttribute) {
  EXPECT_EQ(Marked("<a href=\"x\">&amp;</a>"), "&lt;a href=&quot;x&quot;&gt;&amp;amp;&lt;/a&gt;");
}

TEST(Markup, LeavesOutWhatXmlForbidsAndKeepsOtherScripts) {
  EXPECT_EQ(Marked(std::string_view("a\0b\x1f\tc", 6)), "ab\tc");
  EXPECT_EQ(Marked("夜 😀 א"), "夜 😀 א");
  EXPECT_EQ(Marked("a\xff<"), "a\xef\xbf\xbd&lt;");
}

}  // namespace
}  // namespace saunter::api::http
