#include "crawler/health/pattern.h"

#include <gmock/gmock.h>

namespace saunter::crawler::health {
namespace {

TEST(Pattern, TakesWhatOperatorsTypeForAHost) {
  for (const auto* text :
       {"example.com", " example.com\r\n", "EXAMPLE.com", "www.example.com", "Www.Example.Com",
        "example.com.", "example.com/", "http://example.com", "https://example.com",
        "HTTPS://www.example.com/", "//example.com", "https://example.com:443/",
        "http://example.com:80", "example.com/*", "https://example.com./"}) {
    const auto result = NormalisePattern(text);
    EXPECT_EQ(result.pattern, "example.com") << text << ": " << result.problem;
    EXPECT_EQ(result.problem, "") << text;
  }
}

TEST(Pattern, TakesADomainSuffix) {
  for (const auto* text : {"*.example.com", "*.EXAMPLE.com.", "https://*.example.com/",
                           ".example.com", "*.example.com/*"}) {
    const auto result = NormalisePattern(text);
    EXPECT_EQ(result.pattern, "*.example.com") << text << ": " << result.problem;
  }
  EXPECT_EQ(NormalisePattern("*.github.io").pattern, "*.github.io");
  EXPECT_EQ(NormalisePattern("*.blogs.example.co.uk").pattern, "*.blogs.example.co.uk");
}

TEST(Pattern, TakesAUrlPrefix) {
  const std::pair<const char*, const char*> cases[] = {
      {"example.com/path/", "example.com/path/"},
      {"https://www.Example.com/Path", "example.com/Path"},
      {"example.com/path/*", "example.com/path/"},
      {"example.com/?user=bob", "example.com/?user=bob"},
      {"example.com?user=bob", "example.com/?user=bob"},
      {"example.com/%7ebob/", "example.com/~bob/"},
      {"example.com/caf%c3%a9", "example.com/caf%C3%A9"},
      {"example.com/café", "example.com/caf%C3%A9"},
      {"example.com/a/../b/", "example.com/b/"},
      {"example.com/a/../", "example.com"},
  };
  for (const auto& [text, pattern] : cases) {
    const auto result = NormalisePattern(text);
    EXPECT_EQ(result.pattern, pattern) << text << ": " << result.problem;
  }
}

TEST(Pattern, StoresAnInternationalHostAsALabels) {
  EXPECT_EQ(NormalisePattern("bücher.example").pattern, "xn--bcher-kva.example");
  EXPECT_EQ(NormalisePattern("*.BÜCHER.example").pattern, "*.xn--bcher-kva.example");
}

TEST(Pattern, TakesAnAddress) {
  EXPECT_EQ(NormalisePattern("http://127.0.1.7/").pattern, "127.0.1.7");
  EXPECT_EQ(NormalisePattern("[2001:DB8::1]").pattern, "[2001:db8::1]");
  EXPECT_EQ(NormalisePattern("[2001:db8::1]/x/").pattern, "[2001:db8::1]/x/");
}

TEST(Pattern, IsItsOwnNormalForm) {
  for (const auto* text : {"example.com", "*.example.com", "example.com/path/", "example.com/a?b=c",
                           "example.com/caf%C3%A9", "[2001:db8::1]", "www.com"}) {
    EXPECT_EQ(NormalisePattern(text).pattern, text);
  }
}

TEST(Pattern, RefusesNonsenseAndSaysWhatToWrite) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "the pattern is empty"},
      {" \t", "the pattern is empty"},
      {"*", "only at the beginning"},
      {"*.", "no valid host"},
      {"*.*", "only at the beginning"},
      {"*.com", "whole public suffix"},
      {"*.co.uk", "whole public suffix"},
      {".com", "whole public suffix"},
      {"co.uk", "public suffix, not a site"},
      {"com", "not a whole host name"},
      {"*example.com", "only at the beginning"},
      {"www.*.com", "only at the beginning"},
      {"example.com/*/x", "only at the beginning"},
      {"*.example.com/path", "either a \"*.\" or a path"},
      {"*.www.example.com", "write \"*.example.com\" or \"example.com\""},
      {"*.127.0.0.1", "an address has no hosts below it"},
      {"example.com:8080", "without \":8080\""},
      {"ftp://example.com/", "\"ftp\" is not crawled"},
      {"example.com/#top", "no fragment"},
      {"example.com another.com", "no white space"},
      {"user@example.com", "no valid host"},
      {"exa mple", "no white space"},
      {"a..b.com", "no valid host"},
      {"http://", "no valid host"},
      {"/path/only", "no valid host"},
      {"?", "no valid host"},
  };
  for (const auto& [text, problem] : cases) {
    const auto result = NormalisePattern(text);
    EXPECT_FALSE(result.pattern) << text << " became " << result.pattern.value_or("");
    EXPECT_THAT(result.problem, ::testing::HasSubstr(problem)) << text;
  }
}

TEST(Pattern, RefusesAPathThatNoKeyHasRoomFor) {
  const std::string host = "example.com/";
  const std::string longest = host + std::string(kPatternBytesMax - host.size(), 'x');
  EXPECT_EQ(NormalisePattern(longest).pattern, longest);
  for (const std::size_t more : {1, 3000}) {
    const auto result = NormalisePattern(longest + std::string(more, 'x'));
    EXPECT_FALSE(result.pattern);
    EXPECT_THAT(result.problem, ::testing::HasSubstr("write a shorter prefix"));
  }
}

TEST(Pattern, KnowsItsKindAndHost) {
  EXPECT_EQ(KindOf("example.com"), PatternKind::kHost);
  EXPECT_EQ(KindOf("*.example.com"), PatternKind::kSuffix);
  EXPECT_EQ(KindOf("example.com/a"), PatternKind::kPrefix);
  EXPECT_EQ(HostOf("example.com"), "example.com");
  EXPECT_EQ(HostOf("*.example.com"), "example.com");
  EXPECT_EQ(HostOf("example.com/a/b"), "example.com");
}

}  // namespace
}  // namespace saunter::crawler::health
