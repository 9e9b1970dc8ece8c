#include "crawler/fetch/robots.h"

#include <gtest/gtest.h>

namespace saunter::crawler::fetch {
namespace {

constexpr std::size_t kBytesMax = 512000;

bool Allowed(std::string_view robots, std::string_view path) {
  return ParseRobots(robots, kProductToken, kBytesMax).Allows(path);
}

// What a file says of a path, for tables.
struct Case {
  std::string_view robots;
  std::string_view path;
  bool allowed;
};

void Expect(const std::vector<Case>& cases) {
  for (const Case& one : cases) {
    EXPECT_EQ(Allowed(one.robots, one.path), one.allowed) << one.robots << "\n" << one.path;
  }
}

TEST(Robots, AllowsEverythingWithoutARule) {  // RFC 9309, 2.2.2
  Expect({{"", "/", true},
          {"# nothing\n", "/a", true},
          {"user-agent: *\n", "/a", true},
          {"user-agent: *\ndisallow:\n", "/a", true},
          {"user-agent: other\ndisallow: /\n", "/a", true}});
}

TEST(Robots, ObeysTheGroupForAll) {  // RFC 9309, 2.2.1
  Expect({{"user-agent: *\ndisallow: /\n", "/", false},
          {"user-agent: *\ndisallow: /a\n", "/a/b?c", false},
          {"user-agent: *\ndisallow: /a\n", "/b", true},
          {"user-agent: x\nuser-agent: *\ndisallow: /a\n", "/a", false}});
}

TEST(Robots, ObeysOnlyTheGroupThatNamesUs) {  // RFC 9309, 2.2.1
  constexpr std::string_view kBoth =
      "user-agent: *\ndisallow: /\n\nUser-Agent: Saunter\ndisallow: /private\n";
  constexpr std::string_view kReversed =
      "User-Agent: SAUNTER\ndisallow: /private\nuser-agent: *\ndisallow: /\n";
  Expect({{kBoth, "/", true},
          {kBoth, "/private/x", false},
          {kReversed, "/", true},
          {kReversed, "/private", false},
          {"user-agent: *\ndisallow: /\nuser-agent: saunter\n", "/a", true},
          {"user-agent: saunterer\ndisallow: /\n", "/a", true},
          {"user-agent: saunt\ndisallow: /\n", "/a", true}});
}

TEST(Robots, CombinesTheGroupsThatNameUs) {  // RFC 9309, 2.2.1
  constexpr std::string_view kTwice =
      "user-agent: saunter\ndisallow: /a\n\nuser-agent: other\ndisallow: /b\n\n"
      "user-agent: other\nuser-agent: saunter\ndisallow: /c\n";
  Expect({{kTwice, "/a", false}, {kTwice, "/b", true}, {kTwice, "/c", false}});
  constexpr std::string_view kAllTwice =
      "user-agent: *\ndisallow: /a\nuser-agent: x\nallow: /\nuser-agent: *\ndisallow: /c\n";
  Expect({{kAllTwice, "/a", false}, {kAllTwice, "/b", true}, {kAllTwice, "/c", false}});
}

TEST(Robots, IgnoresRulesBeforeTheFirstGroup) {  // RFC 9309, 2.2
  Expect({{"disallow: /\nuser-agent: *\ndisallow: /a\n", "/b", true}});
}

TEST(Robots, LetsTheMostSpecificMatchDecide) {  // RFC 9309, 2.2.2 and 5.2
  constexpr std::string_view kExample =
      "user-agent: *\nallow: /example/page/\ndisallow: /example/page/disallowed.gif\n";
  Expect({{kExample, "/example/page/x", true},
          {kExample, "/example/page/disallowed.gif", false},
          {"user-agent: *\ndisallow: /p\nallow: /page\n", "/page", true},
          {"user-agent: *\nallow: /p\ndisallow: /page\n", "/page", false},
          {"user-agent: *\ndisallow: /\nallow: /$\n", "/", true},
          {"user-agent: *\ndisallow: /\nallow: /$\n", "/x", false}});
}

TEST(Robots, LetsAllowWinATie) {  // RFC 9309, 2.2.2
  Expect({{"user-agent: *\ndisallow: /folder\nallow: /folder\n", "/folder/page", true},
          {"user-agent: *\nallow: /folder\ndisallow: /folder\n", "/folder/page", true}});
}

TEST(Robots, MatchesCaseSensitively) {  // RFC 9309, 2.2.2
  Expect({{"user-agent: *\ndisallow: /X\n", "/x", true},
          {"USER-AGENT: *\nDISALLOW: /x\n", "/x", false}});
}

TEST(Robots, ComparesPercentEncodedOctets) {  // RFC 9309, 2.2.2, table 1
  Expect({{"user-agent: *\ndisallow: /foo/bar?baz=quz\n", "/foo/bar?baz=quz", false},
          {"user-agent: *\ndisallow: /foo/bar?baz=https://foo.bar\n",
           "/foo/bar?baz=https%3A%2F%2Ffoo.bar", false},
          {"user-agent: *\ndisallow: /foo/bar?baz=https%3a%2F%2Ffoo.bar\n",
           "/foo/bar?baz=https://foo.bar", false},
          {"user-agent: *\ndisallow: /foo/bar/\xe3\x83\x84\n", "/foo/bar/%E3%83%84", false},
          {"user-agent: *\ndisallow: /foo/bar/%e3%83%84\n", "/foo/bar/%E3%83%84", false},
          {"user-agent: *\ndisallow: /foo/bar/%62%61%7A\n", "/foo/bar/baz", false},
          {"user-agent: *\ndisallow: /foo/bar/baz\n", "/foo/bar/%62%61%7A", false},
          {"user-agent: *\ndisallow: /a%2Fb\n", "/a/b", true},
          {"user-agent: *\ndisallow: /a/b\n", "/a%2fb", true},
          {"user-agent: *\ndisallow: /a b\n", "/a%20b", false},
          {"user-agent: *\ndisallow: /100%\n", "/100%", false}});
}

TEST(Robots, KnowsTheSpecialCharacters) {  // RFC 9309, 2.2.3
  Expect(
      {{"user-agent: *\ndisallow: /path/file-with-a-%2A.html\n", "/path/file-with-a-*.html", false},
       {"user-agent: *\ndisallow: /path/file-with-a-%2A.html\n", "/path/file-with-a-x.html", true},
       {"user-agent: *\ndisallow: /path/foo-%24\n", "/path/foo-$", false},
       {"user-agent: *\ndisallow: /path/foo-%24\n", "/path/foo-", true},
       {"user-agent: *\ndisallow: /a$b\n", "/a$bc", false},
       {"user-agent: *\ndisallow: /this/*/exactly\n", "/this/path/exactly/not", false},
       {"user-agent: *\ndisallow: /this/path/exactly$\n", "/this/path/exactly", false},
       {"user-agent: *\ndisallow: /this/path/exactly$\n", "/this/path/exactly/", true},
       {"user-agent: *\ndisallow: *.gif$\n", "/a/b.gif", false},
       {"user-agent: *\ndisallow: /*.gif$\n", "/a/b.gif?x", true},
       {"user-agent: *\ndisallow: /*.gif$\n", "/a.gif/b.gif", false},
       {"user-agent: *\ndisallow: /*/feed/\n", "/a?x=/feed/", false},
       {"user-agent: *\ndisallow: /a**b*\n", "/axxb", false},
       {"user-agent: *\ndisallow: /a*b*c\n", "/acb", true},
       {"user-agent: *\ndisallow: /*$\n", "/", false},
       {"user-agent: *\ndisallow: /fish*\n", "/fis", true},
       {"user-agent: *\ndisallow: /*?\n", "/a?b", false},
       {"user-agent: *\ndisallow: /*?\n", "/a", true}});
}

TEST(Robots, IsNotDisturbedByOtherRecords) {  // RFC 9309, 2.2.4
  Expect({{"user-agent: saunter\nsitemap: https://x/\ncrawl-delay: 3\nuser-agent: y\n"
           "disallow: /a\n",
           "/a", false},
          {"user-agent: saunter\ndisallow: /a\nsitemap: https://x/\ndisallow: /b\n", "/b", false},
          {"user-agent: *\nnonsense\n: /x\ndisallow: /a\n", "/a", false}});
}

TEST(Robots, TakesCommentsAndWhiteSpaceAway) {  // RFC 9309, 2.2
  Expect({{"user-agent: * # all\n  disallow\t:  /a # here\n", "/a", false},
          {"user-agent: *\ndisallow: /a#b\n", "/a", false},
          {"#disallow: /\nuser-agent: *\n#disallow: /\n", "/a", true}});
}

TEST(Robots, TakesEveryLineEnd) {  // RFC 9309, 2.2: EOL = NL / CR / CRLF
  Expect({{"user-agent: *\rdisallow: /a\rdisallow: /b", "/b", false},
          {"user-agent: *\r\n\r\ndisallow: /a\r\ndisallow: /b\r\n", "/a", false},
          {"user-agent: *\ndisallow: /a\n\n\ndisallow: /b", "/b", false}});
}

TEST(Robots, LooksPastAByteOrderMark) {
  Expect({{"\xef\xbb\xbfuser-agent: *\ndisallow: /a\n", "/a", false}});
}

TEST(Robots, AlwaysAllowsItself) {  // RFC 9309, 2.2.2
  Expect({{"user-agent: *\ndisallow: /\n", "/robots.txt", true}});
}

TEST(Robots, TakesATokenWithAVersionLeniently) {
  Expect({{"user-agent: Saunter/1.0\ndisallow: /a\n", "/a", false},
          {"user-agent: saunter crawler\ndisallow: /a\n", "/a", false}});
}

TEST(Robots, TakesAMissingColonLeniently) {
  Expect({{"user-agent *\ndisallow /a\n", "/a", false},
          {"useragent: *\ndisallow: /a\n", "/a", false},
          {"user agent: *\ndisallow: /a\n", "/a", false}});
}

TEST(Robots, ReadsHalfAMegabyteAndNoBrokenLine) {  // RFC 9309, 2.5
  std::string text = "user-agent: *\ndisallow: /first\n";
  text.append(kBytesMax - text.size() - 17, '#');
  text += "\ndisallow: /last\n";
  ASSERT_EQ(text.size(), kBytesMax);
  EXPECT_FALSE(Allowed(text, "/last"));
  EXPECT_TRUE(Allowed("\n" + text, "/last")) << "its end lies beyond the limit";
  EXPECT_FALSE(Allowed("\n" + text, "/first"));
  EXPECT_TRUE(Allowed("\n\n\n" + text, "/la")) << "half a line is no rule";
}

TEST(Robots, IsTheSameAfterItWasWrittenDown) {
  constexpr std::string_view kText =
      "user-agent: saunter\ndisallow: /a b*c$\nallow: /\xc3\xa4?x=https://y\ndisallow: /d$e\n"
      "disallow: /a%23b\ndisallow: *x\n";
  const RobotsRules rules = ParseRobots(kText, kProductToken, kBytesMax);
  ASSERT_EQ(rules.rules().size(), 5U);
  const RobotsRules again = ParseRobots(rules.ToText(), kProductToken, kBytesMax);
  ASSERT_EQ(again.rules().size(), 5U);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(again.rules()[i].pattern, rules.rules()[i].pattern);
    EXPECT_EQ(again.rules()[i].kind, rules.rules()[i].kind);
  }
  EXPECT_EQ(RobotsRules().ToText(), "");
}

TEST(Robots, KeepsARepeatedRuleOnce) {
  std::string text = "user-agent: *\n";
  for (int i = 0; i < 1000; ++i) text += "disallow: /a\n";
  EXPECT_EQ(ParseRobots(text, kProductToken, kBytesMax).rules().size(), 1U);
}

// A star may stand for much: what must not happen is that several of them multiply.
TEST(Robots, EndsOnHostilePatterns) {
  std::string text = "user-agent: *\n";
  for (int i = 0; i < 100; ++i) {
    text += "disallow: /";
    for (int k = 0; k < 2000; ++k) text += "*a";
    text += std::to_string(i) + "\n";
  }
  EXPECT_TRUE(Allowed(text, "/" + std::string(8000, 'a')));
}

TEST(Robots, TakesAnyBytes) {
  std::string text = "user-agent: *\ndisallow: /a";
  for (int c = 0; c < 256; ++c) text += static_cast<char>(c);
  const RobotsRules rules = ParseRobots(text, kProductToken, kBytesMax);
  for (const auto& rule : rules.rules()) {
    for (const char c : rule.pattern) EXPECT_TRUE(c > ' ' && c <= '~') << rule.pattern;
  }
}

}  // namespace
}  // namespace saunter::crawler::fetch
