// Small documents for kinds of faults that were seen on feeds: field by field where cases.jsonl
// says what is right, and otherwise by what stands in their titles.

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "crawler/feed/feed.h"
#include "tests/crawler/feed/corpus.h"
#include "tests/crawler/feed/feed_json.h"
#include "tests/support/files.h"

namespace saunter::crawler::feed {
namespace {

using nlohmann::json;

std::string Found(const std::string& file) {
  return support::ReadFile(support::Corpus("found/files") / file);
}

json ParseFound(const std::string& file) {
  return ToJson(ParseFeed({Found(file), "https://oakmoss.example/feed.xml", {}, {}},
                          schemas::FeedSettings(), kCorpusNow));
}

// A list of values means any of them, except for categories.
bool IsWanted(const std::string& field, const json& want, const json& got) {
  if (!want.is_array() || field == "categories") return got == want;
  return std::find(want.begin(), want.end(), got) != want.end();
}

class FoundDocuments : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(support::Corpus("found/cases.jsonl"))) {
      GTEST_SKIP() << "no corpus at " << support::Corpus("");
    }
  }
};

TEST_F(FoundDocuments, HaveTheFieldsThatTheirCasesName) {
  std::ifstream cases(support::Corpus("found/cases.jsonl"));
  int count = 0;
  for (std::string line; std::getline(cases, line); ++count) {
    const json test = json::parse(line);
    const std::string file = StringOf(test, "file");
    const std::string body = Found(file);
    const json got = ToJson(ParseFeed({body, StringOf(test, "url"), StringOf(test, "content_type"),
                                       StringOf(test, "content_language")},
                                      schemas::FeedSettings(), kCorpusNow));
    ASSERT_FALSE(got["entries"].empty()) << file;
    for (const auto& [field, want] : test["want"].items()) {
      const json value = field == "n" ? json(got["entries"].size()) : got["entries"][0][field];
      EXPECT_TRUE(IsWanted(field, want, value))
          << file << " " << field << ": " << value << " (" << StringOf(test, "clause") << ")";
    }
  }
  EXPECT_GT(count, 0);
}

TEST_F(FoundDocuments, LinkToThePostWhateverItsRelationsSay) {
  const json entries = ParseFound("rss_rel_links.xml")["entries"];
  ASSERT_EQ(entries.size(), 9U);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    EXPECT_EQ(entries[i]["url"], "https://oakmoss.example/post-" + std::to_string(i + 1));
  }
  EXPECT_EQ(ParseFound("chan_hub_only.xml")["site_url"], nullptr);
}

TEST_F(FoundDocuments, KeepTheirPlainTitlesAsWritten) {
  std::vector<std::string> titles;
  const json atom = ParseFound("atom_text_title.xml");
  for (const auto& entry : atom["entries"]) {
    titles.push_back(entry["title"]);
  }
  EXPECT_EQ(titles,
            (std::vector<std::string>{
                "Builder does not allow <col> elements in <colgroup>", "Firefox without <blink>",
                "The <dialog> element", "Use <b>, not <strong>", "<script> at the end of the page",
                "The <dialog> element", "std::vector<int>", "Tags like <canvas> & <svg>",
                "Writing <!-- comments --> well", "Why &amp;nbsp; matters", "Why &nbsp; matters"}));
  titles.clear();
  const json from_json = ParseFound("json_title.json");
  for (const auto& entry : from_json["entries"]) {
    titles.push_back(entry["title"]);
  }
  EXPECT_EQ(titles,
            (std::vector<std::string>{"The <dialog> element", "Use <b>, not <strong>",
                                      "Why &nbsp; matters", "Start with <head> and <body>."}));
}

TEST_F(FoundDocuments, HaveDatesOfTwoZones) {
  const json entries = ParseFound("date_two_zones.xml")["entries"];
  ASSERT_FALSE(entries.empty());
  // The first three and the eleventh say other days.
  const std::map<std::string, std::int64_t> dates = {
      {"https://oakmoss.example/d0", 1691821800},  {"https://oakmoss.example/d1", 1691821800},
      {"https://oakmoss.example/d2", 1691829000},  {"https://oakmoss.example/d3", 1775861315},
      {"https://oakmoss.example/d4", 1775861315},  {"https://oakmoss.example/d5", 1775861315},
      {"https://oakmoss.example/d6", 1775846915},  {"https://oakmoss.example/d7", 1775839715},
      {"https://oakmoss.example/d8", 1775846915},  {"https://oakmoss.example/d9", 1775846915},
      {"https://oakmoss.example/d10", 1679870618}, {"https://oakmoss.example/d11", 1775846915},
      {"https://oakmoss.example/d12", 1775846915}};
  for (const auto& entry : entries) {
    const auto want = dates.find(entry["url"].get<std::string>());
    ASSERT_NE(want, dates.end()) << entry["url"];
    EXPECT_EQ(entry["published_at"], want->second) << entry["title"];
  }
}

TEST_F(FoundDocuments, AreUnwrappedOfEscapedCdata) {
  const json entries = ParseFound("escaped_cdata.xml")["entries"];
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[0]["title"], "Kites over the bay");
  EXPECT_EQ(entries[0]["summary"], "some text about kites");
  EXPECT_EQ(entries[1]["url"], "https://oakmoss.example/x2");
  EXPECT_EQ(entries[1]["guid"], "g2");
  EXPECT_EQ(entries[1]["published_at"], 1714206362);
  EXPECT_EQ(entries[1]["categories"], json::array({"kites"}));
  EXPECT_EQ(entries[1]["author"], "Ann");
  EXPECT_EQ(entries[2]["title"], "some text about kites");
}

TEST_F(FoundDocuments, HaveHostsAsPunycodeEmojiToo) {
  const json entries = ParseFound("emoji_host.xml")["entries"];
  ASSERT_EQ(entries.size(), 4U);
  EXPECT_EQ(entries[0]["url"], "https://xn--zn8h.example/a");
  EXPECT_EQ(entries[1]["url"], "https://xn--zn8h.example/a");
  EXPECT_EQ(entries[2]["url"], "https://xn--i-7iq.example/a");
  EXPECT_EQ(entries[3]["url"], "https://xn--gckvb8fzb.example/a");
}

TEST_F(FoundDocuments, AreReadInTheCharsetTheyName) {
  EXPECT_EQ(ParseFound("win1250.xml")["entries"][0]["title"], "Žluťoučký kůň");
}

TEST_F(FoundDocuments, HaveNoLanguageOfNobody) {
  const json feed = ParseFound("lang.xml");
  EXPECT_EQ(feed["language"], nullptr);
  EXPECT_EQ(feed["entries"][0]["language"], nullptr);
}

}  // namespace
}  // namespace saunter::crawler::feed
