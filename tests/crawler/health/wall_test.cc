#include "crawler/health/wall.h"

#include <gtest/gtest.h>

namespace saunter::crawler::health {
namespace {

constexpr const char* kWalkingPost = "https://blog.example.com/2026/on-walking/";

Wall WallAt(const std::string& target, const std::string& asked = kWalkingPost) {
  return FindWall({{asked, target}}, asked, target);
}

TEST(FindWall, SeesTheAddressInATarget) {
  for (const char* target :
       {"https://other.example.org/?u=https%3A%2F%2Fblog.example.com%2F2026%2Fon-walking%2F",
        "https://other.example.org/?u=https%253A%252F%252Fblog.example.com%252F2026%252Fon-walking",
        "https://other.example.org/?a=1&u=https://blog.example.com/2026/on-walking/",
        "https://blog.example.com/x?r=/2026/on-walking/",
        "https://blog.example.com/x?r=/2026/on-walking%2F%3Fa=b",
        "https://blog.example.com/x?%2F2026%2Fon-walking",
        "https://blog.example.com/x#/2026/on-walking/",
        "https://blog.example.com/#!/2026/on-walking/",
        "https://other.example.org/to/https://blog.example.com/2026/on-walking/",
        "https://other.example.org/to/https%3A%2F%2Fblog.example.com%2F2026%2Fon-walking"}) {
    EXPECT_EQ(WallAt(target), Wall::kPerhaps) << target;
  }
}

TEST(FindWall, SeesTheNamesOfWalls) {
  for (const char* target :
       {"https://blog.example.com/login?next=/2026/on-walking/", "https://blog.example.com/login",
        "https://blog.example.com/wp-login.php?redirect_to=x", "https://blog.example.com/a/sign-in",
        "https://consent.example.org/?continue=https://blog.example.com/2026/on-walking/",
        "https://login.example.org/", "https://blog.example.com/subscribe?r=/2026/on-walking"}) {
    EXPECT_EQ(WallAt(target), Wall::kCertain) << target;
  }
}

TEST(FindWall, IsNotMisledByOtherRedirects) {
  for (const char* target :
       {"https://blog.example.com/", "https://blog.example.com/#gone",
        "https://blog.example.com/archive", "https://blog.example.org/2026/on-walking/",
        "https://blog.example.com/en/2026/on-walking/", "https://blog.example.com/?page=on-walking",
        "https://blog.example.com/subscribe", "https://blog.example.com/2026/how-to-login",
        "https://blog.example.com/x?r=/2026/on-walking-again",
        "https://blog.example.com/404?from=/2026/on-walking/",
        "https://blog.example.com/not-found.html?u=/2026/on-walking/",
        "https://blog.example.com/?error=/2026/on-walking/", "not a URL"}) {
    EXPECT_EQ(WallAt(target), Wall::kNone) << target;
  }
  EXPECT_EQ(WallAt("https://blog.example.com/2019/slug/?p=12", "https://blog.example.com/?p=12"),
            Wall::kNone);
  EXPECT_EQ(WallAt("https://blog.example.com/login/", "https://blog.example.com/login"),
            Wall::kNone)
      << "the page itself";
}

TEST(FindWall, KnowsAPostByItsQuery) {
  const std::string post = "https://blog.example.com/?p=12";
  EXPECT_EQ(WallAt("https://blog.example.com/x?r=%2F%3Fp%3D12", post), Wall::kPerhaps);
  EXPECT_EQ(WallAt("https://blog.example.com/x?r=%2F%3Fp%3D123", post), Wall::kNone);
  EXPECT_EQ(WallAt("https://blog.example.com/x?r=/", "https://blog.example.com/"), Wall::kNone);
}

TEST(FindWall, LooksAtEachDetourAndAtTheEnd) {
  const std::string upgraded = "http://blog.example.com/post";
  const std::string asked = "https://blog.example.com/post";
  const std::string wall = "https://wall.example.org/?u=https%3A%2F%2Fblog.example.com%2Fpost";
  const std::string end = "https://wall.example.org/ask?lang=en";
  EXPECT_EQ(FindWall({{asked, wall}, {wall, end}}, upgraded, end), Wall::kPerhaps);
  EXPECT_EQ(FindWall({{asked, wall}, {wall, asked}}, asked, asked), Wall::kNone)
      << "back with a cookie";
  EXPECT_EQ(FindWall({}, asked, wall), Wall::kNone) << "a permanent redirect is none";
}

TEST(SaysMissing, LooksForWholeNames) {
  for (const char* url :
       {"https://example.com/404", "https://example.com/404.html",
        "https://example.com/a/Not-Found", "https://example.com/page_not_found.php?x",
        "https://example.com/?error=404", "https://example.com/errors/404/"}) {
    EXPECT_TRUE(SaysMissing(url)) << url;
  }
  for (const char* url : {"https://example.com/area-404-opened", "https://example.com/",
                          "https://404.example.com/", "https://example.com/?from=/404"}) {
    EXPECT_FALSE(SaysMissing(url)) << url;
  }
}

TEST(EchoesInQuery, FindsThePostsName) {
  EXPECT_TRUE(EchoesInQuery("https://example.com/x?a=/2026/post", "https://example.com/2026/post"));
  EXPECT_TRUE(EchoesInQuery("https://example.com/x?a=%2Fa%20b", "https://example.com/a%20b"));
  EXPECT_TRUE(EchoesInQuery("https://example.com/x?id=12", "https://example.com/?p=12"));
  EXPECT_FALSE(EchoesInQuery("https://example.com/x?id=123", "https://example.com/?p=12"));
  EXPECT_FALSE(EchoesInQuery("https://example.com/post", "https://example.com/post"));
  EXPECT_FALSE(EchoesInQuery("https://example.com/?a=b", "https://example.com/"));
}

}  // namespace
}  // namespace saunter::crawler::health
