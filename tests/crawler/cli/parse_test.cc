#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/crawler/cli/saunter_program.h"

namespace saunter::crawler::cli {
namespace {

using ::testing::HasSubstr;

class Parse : public SaunterTest {
 protected:
  static constexpr const char* kFeed =
      "<rss version='2.0'><channel><title>T</title><link>https://a.example/</link>"
      "<ttl>90</ttl><item><title>One &amp;amp; more</title><link>/one</link><guid>g1</guid>"
      "<pubDate>Sun, 22 Nov 2026 12:00:00 GMT</pubDate><category>birds</category></item>"
      "<item><title>No link</title></item></channel></rss>";
};

TEST_F(Parse, PrintsOneObjectOfTheNamedKeys) {
  const auto json = RunJson({"parse", "-", "--url", "https://a.example/feed", "--content-type",
                             "application/rss+xml", "--content-language", "de"},
                            kFeed);
  EXPECT_EQ(json["format"], "rss 2.0");
  EXPECT_EQ(json["status"], "ok");
  EXPECT_EQ(json["title"], "T");
  EXPECT_EQ(json["site_url"], "https://a.example/");
  EXPECT_EQ(json["language"], "de");
  EXPECT_EQ(json["ttl_minutes"], 90);
  ASSERT_EQ(json["entries"].size(), 2U);
  const auto& entry = json["entries"][0];
  EXPECT_EQ(entry["guid"], "g1");
  EXPECT_EQ(entry["url"], "https://a.example/one");
  EXPECT_EQ(entry["title"], "One & more");
  EXPECT_EQ(entry["published_at"], 1795348800);
  EXPECT_EQ(entry["updated_at"], nullptr);
  EXPECT_EQ(entry["author"], nullptr);
  EXPECT_EQ(entry["categories"], nlohmann::json::array({"birds"}));
  EXPECT_TRUE(entry.contains("summary"));
  EXPECT_TRUE(entry.contains("language"));
  EXPECT_EQ(json["entries"][1]["url"], nullptr);
}

TEST_F(Parse, SaysWhichEncodingItReadAndWhy) {
  struct Case {
    std::string body;
    std::string content_type;
    std::string encoding;
    std::string from;
  };
  for (const auto& [body, content_type, encoding, from] : std::vector<Case>{
           {kFeed, "", "utf-8", "valid_utf8"},
           {std::string("\xef\xbb\xbf") + kFeed, "", "utf-8", "byte_order_mark"},
           {"<rss><channel><title>\x8e!</title></channel></rss>", "x; charset=win-1250",
            "windows-1250", "content_type"},
           {"<?xml version='1.0' encoding='koi8-r'?><rss><channel><title>\xc1!</title>"
            "</channel></rss>",
            "", "koi8-r", "xml_declaration"},
           {"<html>\xe9</html>", "", "windows-1252", "fallback"}}) {
    const auto json = nlohmann::json::parse(
        Run({"parse", "-", "--json", "--content-type", content_type}, body).output);
    EXPECT_EQ(json["encoding"], encoding) << body;
    EXPECT_EQ(json["encoding_from"], from) << body;
  }
}

TEST_F(Parse, ReadsAFileAsItReadsStandardInput) {
  const auto file = directory_.Write("feed.xml", kFeed);
  EXPECT_EQ(Run({"parse", file}).output, Run({"parse", "-"}, kFeed).output);
}

TEST_F(Parse, SaysWhatIsNoFeed) {
  const auto completed = Run({"parse", "-"}, "<!DOCTYPE html><html><body>hi</body></html>");
  EXPECT_EQ(completed.exit_code, 1);
  const auto json = nlohmann::json::parse(completed.output);
  EXPECT_EQ(json["status"], "not_a_feed");
  EXPECT_FALSE(json["detail"].get<std::string>().empty());
}

TEST_F(Parse, PrintsValidJsonWhateverTheInput) {
  std::uint32_t state = 7;
  for (int round = 0; round < 20; ++round) {
    std::string bytes = round % 2 == 0 ? "<rss version='2.0'><channel><item><title>" : "";
    for (int i = 0; i < 500; ++i) {
      state = state * 1664525 + 1013904223;
      bytes.push_back(static_cast<char>(state >> 16));
    }
    const auto completed = Run({"parse", "-"}, bytes);
    ASSERT_TRUE(completed.exit_code == 0 || completed.exit_code == 1) << completed.errors;
    EXPECT_TRUE(nlohmann::json::accept(completed.output)) << completed.output;
  }
}

TEST_F(Parse, ReadsNoMoreThanTheLimit) {
  const auto completed = Run({"parse", "/dev/zero", "--feed.body_bytes_max", "100000"});
  EXPECT_EQ(completed.exit_code, 1);
  EXPECT_TRUE(nlohmann::json::accept(completed.output)) << completed.output;
}

TEST_F(Parse, SaysThatAFileIsMissing) {
  const auto completed = Run({"parse", directory_.File("missing.xml")});
  EXPECT_EQ(completed.exit_code, 1);
  EXPECT_THAT(completed.errors, HasSubstr("No such file"));
}

}  // namespace
}  // namespace saunter::crawler::cli
