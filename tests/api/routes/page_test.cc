// The page, its files, and what stands in it before a script has run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/api/routes/fixture.h"

namespace saunter::api::routes {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// What an address of the page's own HTML leads to.
std::string AddressIn(const std::string& page, std::string_view end) {
  const auto stop = page.find(end);
  const auto start = page.rfind('"', stop) + 1;
  return page.substr(start, stop + end.size() - start);
}

TEST_F(RoutesTest, ServesThePageUnderItsOwnPolicyAndItsFilesForever) {
  Database().AddSite("a.example", 1);
  const auto page = Ask("/");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.cache_control, "no-store");
  EXPECT_THAT(std::string(page.content_policy), HasSubstr("script-src 'self'"));
  EXPECT_THAT(page.headers, HasSubstr("Vary: Accept-Language\r\n"));
  for (const auto* end : {"/page.js", "/page.css", "/look.css", "/early.js", "/words-en.js"}) {
    const auto address = AddressIn(page.body, end);
    ASSERT_THAT(address, StartsWith("/assets/")) << end;
    const auto file = Ask(address);
    EXPECT_EQ(file.status, 200) << address;
    EXPECT_THAT(std::string(file.cache_control), HasSubstr("immutable")) << address;
    // A page that was loaded before this version still finds it, and must ask again next time.
    const auto older = Ask("/assets/0000000000000000" + std::string(end));
    EXPECT_EQ(older.body, file.body);
    EXPECT_EQ(older.cache_control, "no-cache");
  }
  for (const auto* file : {"/icon.svg", "/openapi.json", "/robots.txt", "/manifest.webmanifest",
                           "/worker.js", "/preview.png", "/icon_192.png", "/status"}) {
    EXPECT_EQ(Ask(file).status, 200) << file;
  }
  EXPECT_EQ(Ask("/preview.png").body.substr(0, 4), "\x89PNG");
  EXPECT_EQ(Ask("/assets/x/nowhere.js").status, 404);
  EXPECT_EQ(Ask("/assets/page.js").status, 404);
}

TEST_F(RoutesTest, TagsAFileSoThatItIsSentOnce) {
  const auto file = Ask("/icon.svg");
  const auto begin = file.headers.find('"');
  ASSERT_NE(begin, std::string::npos);
  http::Request request;
  const auto tag = file.headers.substr(begin, file.headers.find('"', begin + 1) - begin + 1);
  request.path = "/icon.svg";
  request.if_none_match = tag;
  const auto answer = Answer(request);
  EXPECT_EQ(answer.status, 304);
  EXPECT_TRUE(answer.body.empty());
}

TEST_F(RoutesTest, WritesAPostIntoThePageWithoutAWordThatCouldBeMarkup) {
  Database().AddPosts("a.example", {{.url = "https://a.example/?a=1&b=\"><script>",
                                     .title = "</script><script>alert(1)</script> {{first}}",
                                     .language = "de\" onclick=\"x",
                                     .published_at = kTestNow - 86400}});
  const auto page = Ask("/").body;
  EXPECT_THAT(page,
              HasSubstr("&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt; {{first}}</a>"));
  EXPECT_THAT(page, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(page, Not(HasSubstr("onclick=\"x")));
  EXPECT_THAT(page, HasSubstr("href=\"https://a.example/?a=1&amp;b="));
  EXPECT_THAT(page, HasSubstr("<time>"));
  // The page's scripts find the same post and a walk that begins with it.
  const std::string_view opening = "<script type=\"application/json\" id=\"first\">";
  const auto begin = page.find(opening) + opening.size();
  const auto first = json::parse(page.substr(begin, page.find("</script>", begin) - begin));
  EXPECT_EQ(first["links"][0]["title"], "</script><script>alert(1)</script> {{first}}");
  EXPECT_TRUE(first["walk"].is_string());
}

TEST_F(RoutesTest, SpeaksTheReadersLanguageOnThePage) {
  Database().AddSite("a.example", 1);
  ASSERT_THAT(Ask("/").body, HasSubstr("<html lang=\"en\">"));
  const auto speaks = [&](std::string_view accepted, std::string_view query = {}) {
    http::Request request;
    request.path = "/";
    request.query = query;
    request.accept_language = accepted;
    const auto answer = Answer(request);
    const auto begin = answer.body.find("lang=\"") + 6;
    return answer.body.substr(begin, answer.body.find('"', begin) - begin);
  };
  EXPECT_EQ(speaks("de-AT, en;q=0.5"), "de");
  EXPECT_EQ(speaks("xx, pl;q=0.1"), "pl");
  EXPECT_EQ(speaks("zh-TW"), "zh-CN");
  EXPECT_EQ(speaks("fr;q=0, *"), "en");
  EXPECT_EQ(speaks("ja", "language=it"), "it");
  EXPECT_EQ(speaks("ja", "language=\"><b>"), "ja");
}

TEST_F(RoutesTest, ShowsThePageWithoutADatabase) {
  const auto page = Ask("/");
  EXPECT_EQ(page.status, 503);
  EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
  EXPECT_THAT(page.headers, HasSubstr("Retry-After: "));
  EXPECT_THAT(page.body, HasSubstr("just starting, or has no post yet"));
  EXPECT_THAT(page.body, HasSubstr("id=\"first\">null</script>"));
  EXPECT_THAT(page.body, Not(HasSubstr("{{")));
}

}  // namespace
}  // namespace saunter::api::routes
