#include "crawler/url/platforms.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "crawler/url/url.h"

namespace saunter::crawler::url {
namespace {

TEST(PlatformOf, FindsAListedPlatformAboveItsTenants) {
  EXPECT_EQ(PlatformOf("ann.bearblog.dev"), "bearblog.dev");
  EXPECT_EQ(PlatformOf("www.ann.tumblr.com"), "tumblr.com");
  EXPECT_EQ(PlatformOf("feeds.feedburner.com"), "feedburner.com");
  EXPECT_EQ(PlatformOf("sites.google.com"), "sites.google.com");
}

TEST(PlatformOf, CountsThePlatformsOwnHost) {
  EXPECT_EQ(PlatformOf("bearblog.dev"), "bearblog.dev");
  EXPECT_EQ(PlatformOf("github.io"), "github.io");
  EXPECT_EQ(PlatformOf("www.livejournal.com"), "livejournal.com");
}

TEST(PlatformOf, CountsThePrivateSectionOfThePublicSuffixList) {
  EXPECT_EQ(PlatformOf("ann.github.io"), "github.io");
  EXPECT_EQ(PlatformOf("ann.blogspot.co.uk"), "blogspot.co.uk");
  EXPECT_EQ(PlatformOf("ann.uk.com"), "uk.com");
}

// Each tenant of such a platform has a suffix below which more names are free.
TEST(PlatformOf, IsTheNameThatARegistryGaveOut) {
  EXPECT_EQ(PlatformOf("files.ann.user.fm"), "user.fm");
  EXPECT_EQ(PlatformOf("files.bob.user.fm"), "user.fm");
  EXPECT_EQ(PlatformOf("a.r1.compute.amazonaws.com"), "amazonaws.com");
  EXPECT_EQ(PlatformOf("b.s3.amazonaws.com"), "amazonaws.com");
}

TEST(PlatformOf, LeavesOtherHostsAlone) {
  for (const auto* host : {"blog.example.org", "example.co.uk", "com", "co.uk", "localhost", "",
                           "192.0.2.1", "[2001:db8::1]", "a.invalidtld", "google.com",
                           "notbearblog.dev", "bearblog.dev.example.org"}) {
    EXPECT_EQ(PlatformOf(host), std::nullopt) << host;
  }
}

TEST(PlatformOf, KnowsEachDomainOfItsListInTheFormThatHostsHave) {
  std::string_view text = BuiltInPlatforms();
  std::size_t domains = 0;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    ++domains;
    const std::string host(line);
    const auto parsed = ParseUrl("http://ann." + host + "/");
    ASSERT_TRUE(parsed) << host;
    EXPECT_EQ(parsed->host, "ann." + host);
    EXPECT_FALSE(IsPublicSuffix(host)) << host;
    const auto platform = PlatformOf(parsed->host);
    ASSERT_TRUE(platform) << host;
    // A line below another's domain would have no effect.
    EXPECT_EQ(*platform, host);
  }
  EXPECT_GT(domains, 0U);
}

TEST(HaveOneOwner, IsTrueWithinARegistrableDomain) {
  EXPECT_TRUE(HaveOneOwner("example.com", "example.com"));
  EXPECT_TRUE(HaveOneOwner("example.com", "blog.example.com"));
  EXPECT_TRUE(HaveOneOwner("ann.github.io", "feeds.ann.github.io"));
  EXPECT_TRUE(HaveOneOwner("ann.bearblog.dev", "ann.bearblog.dev"));
  EXPECT_TRUE(HaveOneOwner("ann.bearblog.dev", "feeds.ann.bearblog.dev"));
  EXPECT_FALSE(HaveOneOwner("example.com", "example.org"));
}

TEST(HaveOneOwner, TellsTenantsApart) {
  EXPECT_FALSE(HaveOneOwner("ann.bearblog.dev", "bob.bearblog.dev"));
  EXPECT_FALSE(HaveOneOwner("ann.github.io", "bob.github.io"));
  EXPECT_FALSE(HaveOneOwner("ann.blogs.sapo.pt", "bob.blogs.sapo.pt"));
  EXPECT_FALSE(HaveOneOwner("ann.blogs.sapo.pt", "www.sapo.pt"));
  EXPECT_FALSE(HaveOneOwner("ann.bearblog.dev", "bearblog.dev"));
  EXPECT_FALSE(HaveOneOwner("tilde.example/~ann", "tilde.example/~bob"));
  EXPECT_FALSE(HaveOneOwner("tilde.example/~ann", "tilde.example"));
}

TEST(SpeaksFor, TellsTenantsFromEachOtherAndFromTheirHost) {
  EXPECT_TRUE(SpeaksFor("tilde.example/~ann", "tilde.example/~ann"));
  EXPECT_FALSE(SpeaksFor("tilde.example/~bob", "tilde.example/~ann"));
  EXPECT_FALSE(SpeaksFor("tilde.example", "tilde.example/~ann"));
  EXPECT_FALSE(SpeaksFor("tilde.example/~ann", "tilde.example"));
}

TEST(SpeaksFor, IsTheSameHostOrItsFeeds) {
  EXPECT_TRUE(SpeaksFor("example.com", "example.com"));
  EXPECT_TRUE(SpeaksFor("feeds.example.com", "example.com"));
  EXPECT_FALSE(SpeaksFor("evil.example.com", "example.com"));
  EXPECT_FALSE(SpeaksFor("example.com", "blog.example.com"));
}

TEST(SpeaksFor, IsNoTenantOfAPlatformWhateverItIsCalled) {
  EXPECT_FALSE(SpeaksFor("rss.bearblog.dev", "bearblog.dev"));
  EXPECT_FALSE(SpeaksFor("feeds.tumblr.com", "tumblr.com"));
  EXPECT_FALSE(SpeaksFor("feed.github.io", "github.io"));
  EXPECT_FALSE(SpeaksFor("feed.blogs.sapo.pt", "blogs.sapo.pt"));
  EXPECT_FALSE(SpeaksFor("feeds.", ""));
  EXPECT_TRUE(SpeaksFor("feeds.ann.bearblog.dev", "ann.bearblog.dev"));
}

TEST(SiteSpokenFor, IsWhatStandsBehindAHostOfFeeds) {
  EXPECT_EQ(SiteSpokenFor("rss.example.co.uk"), "example.co.uk");
  EXPECT_EQ(SiteSpokenFor("feeds.co.uk"), "");
  EXPECT_EQ(SiteSpokenFor("example.com"), "");
  EXPECT_EQ(SiteSpokenFor("feeds.example.com/~ann"), "");
}

TEST(WitnessDomain, IsOneForAllTenantsOfAPlatform) {
  EXPECT_EQ(WitnessDomain("ann.github.io"), WitnessDomain("bob.github.io"));
  EXPECT_EQ(WitnessDomain("x.ann.user.fm"), WitnessDomain("y.bob.user.fm"));
}

TEST(WitnessDomain, IsTheRegistrableDomainOfOtherHosts) {
  EXPECT_EQ(WitnessDomain("blog.example.co.uk"), "example.co.uk");
  EXPECT_EQ(WitnessDomain("192.0.2.1"), "192.0.2.1");
}

}  // namespace
}  // namespace saunter::crawler::url
