#include "crawler/health/blacklist.h"

#include <gtest/gtest.h>

namespace saunter::crawler::health {
namespace {

using schemas::BlacklistEntry;
using schemas::BlacklistSource;

std::vector<BlacklistEntry> Entries(const std::vector<std::string>& patterns) {
  std::vector<BlacklistEntry> entries;
  for (const auto& pattern : patterns) {
    BlacklistEntry entry;
    entry.pattern = pattern;
    entry.reason = "because of " + pattern;
    entry.added_at = 1000;
    entries.push_back(entry);
  }
  return entries;
}

// The pattern that answers, "-" for none.
std::string Url(const Blacklist& blacklist, std::string_view url) {
  const auto match = blacklist.MatchUrl(url);
  return match ? std::string(match->pattern) : "-";
}
std::string Host(const Blacklist& blacklist, std::string_view host) {
  const auto match = blacklist.MatchHost(host);
  return match ? std::string(match->pattern) : "-";
}

TEST(Blacklist, MatchesNothingWhenEmpty) {
  const Blacklist blacklist({});
  EXPECT_EQ(Url(blacklist, "https://example.com/"), "-");
  EXPECT_EQ(Host(blacklist, "example.com"), "-");
  EXPECT_FALSE(blacklist.HasPrefixes("example.com"));
  EXPECT_EQ(blacklist.size(), 0U);
}

TEST(Blacklist, CoversTenantsByTheHostOfAnOperatorAndByTheirOwnPrefix) {
  const Blacklist host(Entries({"tilde.example"}));
  EXPECT_EQ(Host(host, "tilde.example/~ann"), "tilde.example");
  EXPECT_EQ(Url(host, "http://tilde.example/~ann/post"), "tilde.example");
  const Blacklist suffix(Entries({"*.example"}));
  EXPECT_EQ(Host(suffix, "tilde.example/~ann"), "*.example");
  const Blacklist tenant(Entries({"tilde.example/~ann/"}));
  EXPECT_EQ(Host(tenant, "tilde.example/~ann"), "tilde.example/~ann/");
  EXPECT_EQ(Host(tenant, "tilde.example/~anna"), "-");
  EXPECT_EQ(Host(tenant, "tilde.example"), "-");
  EXPECT_EQ(Url(tenant, "http://tilde.example/%7Eann/post"), "tilde.example/~ann/");
  EXPECT_EQ(Url(tenant, "http://tilde.example/~bob/post"), "-");
  const Blacklist part(Entries({"tilde.example/~ann/posts/"}));
  EXPECT_EQ(Host(part, "tilde.example/~ann"), "-") << "a part of a site is not the site";
}

TEST(Blacklist, HoldsWhatTheRuleFoundOfAHostAgainstNoneOfItsTenants) {
  auto entries = Entries({"tilde.example"});
  entries[0].source = schemas::BlacklistSource::kRule;
  const Blacklist blacklist(entries);
  EXPECT_EQ(Host(blacklist, "tilde.example"), "tilde.example");
  EXPECT_EQ(Url(blacklist, "http://tilde.example/post"), "tilde.example");
  EXPECT_EQ(Host(blacklist, "tilde.example/~ann"), "-");
  EXPECT_EQ(Url(blacklist, "http://tilde.example/~ann/post"), "-");
  EXPECT_EQ(Url(blacklist, "http://tilde.example/%7Eann/post"), "-");
}

TEST(Blacklist, AllowsATenantByItsHostOrItsPrefix) {
  for (const auto* pattern : {"tilde.example", "*.example", "tilde.example/~ann/"}) {
    auto entries = Entries({pattern});
    entries[0].source = schemas::BlacklistSource::kAllow;
    EXPECT_TRUE(Blacklist(entries).Allows("tilde.example/~ann")) << pattern;
  }
}

TEST(Blacklist, MatchesAHostAndItsTwinsOnly) {
  const Blacklist blacklist(Entries({"example.com"}));
  for (const auto* url :
       {"https://example.com/", "http://example.com/a/b?c#d", "https://www.example.com/a",
        "http://example.com", "https://example.com:8443/", "https://EXAMPLE.com/",
        "https://example.com./", "https://Www.example.com:80?x", "http://u:p@example.com/"}) {
    EXPECT_EQ(Url(blacklist, url), "example.com") << url;
  }
  for (const auto* url :
       {"https://sub.example.com/", "https://example.com.evil.net/", "https://notexample.com/",
        "https://example.co/", "https://example.org/?https://example.com/",
        "https://other.net/example.com/", "https://example.com@other.net/", "example.com",
        "https://", "", "https:///example.com", "https://www.sub.example.com/"}) {
    EXPECT_EQ(Url(blacklist, url), "-") << url;
  }
  EXPECT_EQ(Host(blacklist, "www.example.com"), "example.com");
  EXPECT_EQ(Host(blacklist, "example.com"), "example.com");
  EXPECT_EQ(Host(blacklist, ""), "-");
}

TEST(Blacklist, TellsWwwComFromCom) {
  const Blacklist blacklist(Entries({"www.com"}));
  EXPECT_EQ(Url(blacklist, "https://www.com/"), "www.com");
  EXPECT_EQ(Url(blacklist, "https://www.www.com/"), "www.com");
  EXPECT_EQ(Url(blacklist, "https://com/"), "-");
}

TEST(Blacklist, MatchesASuffixAtLabelBoundariesOnly) {
  const Blacklist blacklist(Entries({"*.example.com"}));
  for (const auto* url : {"https://example.com/", "https://www.example.com/",
                          "https://a.example.com/x", "https://a.b.c.example.com/"}) {
    EXPECT_EQ(Url(blacklist, url), "*.example.com") << url;
  }
  for (const auto* url : {"https://notexample.com/", "https://com/", "https://example.com.net/",
                          "https://xample.com/"}) {
    EXPECT_EQ(Url(blacklist, url), "-") << url;
  }
}

TEST(Blacklist, MatchesAPrefixByWholeSegments) {
  const Blacklist blacklist(Entries({"example.com/blog", "example.com/shop/"}));
  for (const auto* url :
       {"https://example.com/blog", "http://www.example.com/blog/", "https://example.com/blog/a/b",
        "https://example.com/blog?page=2", "https://example.com/blog#top",
        "https://example.com:8080/blog/", "https://example.com/%62log/x"}) {
    EXPECT_EQ(Url(blacklist, url), "example.com/blog") << url;
  }
  for (const auto* url :
       {"https://example.com/", "https://example.com/blogs", "https://example.com/blog-2/",
        "https://example.com/Blog", "https://example.com/x/blog", "https://example.com/shop",
        "https://a.example.com/blog", "https://example.com/#/blog", "https://example.com/blo",
        "https://example.com/?/blog", "https://example.com/blog%2Fx"}) {
    EXPECT_EQ(Url(blacklist, url), "-") << url;
  }
  EXPECT_EQ(Url(blacklist, "https://example.com/shop/"), "example.com/shop/");
  EXPECT_EQ(Url(blacklist, "https://example.com/shop/shoes"), "example.com/shop/");
  EXPECT_EQ(Host(blacklist, "example.com"), "-");
  EXPECT_TRUE(blacklist.HasPrefixes("example.com"));
  EXPECT_TRUE(blacklist.HasPrefixes("www.example.com"));
  EXPECT_FALSE(blacklist.HasPrefixes("a.example.com"));
}

TEST(Blacklist, MatchesAPrefixWithAQueryByWholeParameters) {
  const Blacklist blacklist(Entries({"example.com/list?user=bob"}));
  EXPECT_EQ(Url(blacklist, "https://example.com/list?user=bob"), "example.com/list?user=bob");
  EXPECT_EQ(Url(blacklist, "https://example.com/list?user=bob&page=2"),
            "example.com/list?user=bob");
  EXPECT_EQ(Url(blacklist, "https://example.com/list?user=bobby"), "-");
  EXPECT_EQ(Url(blacklist, "https://example.com/list"), "-");
}

TEST(Blacklist, ReadsAnAmpersandInAPathAsPartOfItsSegment) {
  const Blacklist blacklist(Entries({"example.com/q"}));
  EXPECT_EQ(Url(blacklist, "https://example.com/q&a"), "-");
}

TEST(Blacklist, AnswersWithTheMostSpecificEntry) {
  const Blacklist blacklist(Entries({"*.example.com", "*.b.example.com", "a.b.example.com",
                                     "a.b.example.com/x", "a.b.example.com/x/y/"}));
  EXPECT_EQ(Url(blacklist, "https://a.b.example.com/x/y/z"), "a.b.example.com/x/y/");
  EXPECT_EQ(Url(blacklist, "https://a.b.example.com/x/yz"), "a.b.example.com/x");
  EXPECT_EQ(Url(blacklist, "https://a.b.example.com/z"), "a.b.example.com");
  EXPECT_EQ(Url(blacklist, "https://c.b.example.com/x"), "*.b.example.com");
  EXPECT_EQ(Url(blacklist, "https://c.example.com/x"), "*.example.com");
  EXPECT_EQ(Host(blacklist, "a.b.example.com"), "a.b.example.com");
}

TEST(Blacklist, GivesBackTheWholeEntry) {
  std::vector<BlacklistEntry> entries = Entries({"b.example", "a.example/x/"});
  entries[0].source = BlacklistSource::kRule;
  entries[0].reason = "30 of 31";
  entries[0].until_at = 0;
  entries[0].added_at = 4'294'967'295;
  const Blacklist blacklist(entries);
  ASSERT_EQ(blacklist.size(), 2U);
  const auto rule = blacklist.MatchHost("b.example");
  ASSERT_TRUE(rule);
  const auto entry = rule->ToEntry();
  EXPECT_EQ(entry.pattern, "b.example");
  EXPECT_EQ(entry.source, BlacklistSource::kRule);
  EXPECT_EQ(entry.reason, "30 of 31");
  EXPECT_EQ(entry.added_at, 4'294'967'295);
  EXPECT_EQ(entry.until_at, 0);
  const auto mine = blacklist.MatchUrl("https://a.example/x/1");
  ASSERT_TRUE(mine);
  EXPECT_EQ(mine->source, BlacklistSource::kOperator);
  EXPECT_EQ(mine->reason, "because of a.example/x/");
  EXPECT_FALSE(mine->until_at);
}

TEST(Blacklist, MatchesHostsOfAnyFormWithoutReadingBeyondThem) {
  const Blacklist blacklist(Entries({"[2001:db8::1]", "127.0.1.7", "*.example.com"}));
  EXPECT_EQ(Url(blacklist, "http://[2001:db8::1]:8080/x"), "[2001:db8::1]");
  EXPECT_EQ(Url(blacklist, "http://127.0.1.7/x"), "127.0.1.7");
  EXPECT_EQ(Url(blacklist, "http://[2001:db8::1/x"), "-");
  EXPECT_EQ(Url(blacklist, "http://" + std::string(100000, 'a') + ".example.com/"), "-");
  std::string labels;
  for (int i = 0; i < 100; ++i) labels += "a.";
  EXPECT_EQ(Url(blacklist, "http://" + labels + "example.com/"), "*.example.com");
  EXPECT_EQ(Url(blacklist, "http://....example.com/"), "*.example.com");
}

TEST(Blacklist, MatchesPrefixesUpToTheirLargestSize) {
  const std::string tail(kPatternTailBytesMax, 'x');
  const Blacklist blacklist(Entries({"example.com/" + tail}));
  EXPECT_NE(Url(blacklist, "https://example.com/" + tail), "-");
  EXPECT_NE(Url(blacklist, "https://example.com/" + tail + "/y"), "-");
  EXPECT_EQ(Url(blacklist, "https://example.com/" + tail + "x"), "-");
  EXPECT_EQ(Url(blacklist, "https://example.com/" + std::string(100000, '/')), "-");
}

// The rule read letter by letter, against which the compiled form is held.
bool Covers(const std::string& pattern, const std::string& host, const std::string& tail) {
  switch (KindOf(pattern)) {
    case PatternKind::kHost:
      return host == pattern;
    case PatternKind::kSuffix:
      return host == pattern.substr(2) || host.ends_with(pattern.substr(1));
    case PatternKind::kPrefix: {
      const std::string url = host + "/" + tail;
      if (!url.starts_with(pattern)) return false;
      if (pattern.ends_with('/') || url.size() == pattern.size()) return true;
      return std::string("/?#").find(url[pattern.size()]) != std::string::npos;
    }
  }
  return false;
}

TEST(Blacklist, AgreesWithTheRuleReadLetterByLetter) {
  const std::string hosts[] = {"a.b", "b", "c.a.b", "a.a.b", "ab", "b.a", "c.a.b.a"};
  const std::string tails[] = {"", "a", "a/", "a/b", "a?b", "ab", "a/b/", "b/a", "a#b"};
  std::vector<std::string> patterns;
  for (const auto& host : hosts) {
    patterns.push_back(host);
    patterns.push_back("*." + host);
    for (const auto& tail : tails) {
      if (!tail.empty() && tail.find('#') == std::string::npos) {
        patterns.push_back(host);
        patterns.back().append("/").append(tail);
      }
    }
  }
  std::uint32_t state = 7;
  for (int round = 0; round < 500; ++round) {
    std::vector<std::string> chosen;
    for (const auto& pattern : patterns) {
      state = state * 1664525 + 1013904223;
      if ((state >> 24) < 30) chosen.push_back(pattern);
    }
    const Blacklist blacklist(Entries(chosen));
    for (const auto& host : hosts) {
      for (const auto& tail : tails) {
        const bool covered = std::any_of(chosen.begin(), chosen.end(), [&](const auto& pattern) {
          return Covers(pattern, host, tail);
        });
        const auto url = "https://" + host + "/" + tail;
        const auto match = blacklist.MatchUrl(url);
        ASSERT_EQ(match.has_value(), covered) << url << " in round " << round;
        if (match) {
          ASSERT_TRUE(Covers(std::string(match->pattern), host, tail)) << url;
        }
      }
    }
  }
}

}  // namespace
}  // namespace saunter::crawler::health
