#include "crawler/health/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace saunter::crawler::health {
namespace {

constexpr std::string_view kUrl = "https://example.com/2026/on-walking";

std::string Words(int first, int count) {
  std::string text;
  for (int i = first; i < first + count; ++i) text += "word" + std::to_string(i) + " ";
  return text;
}

PageSketch Sketch(std::string_view html) { return SketchPage(html, kUrl); }

TEST(SketchPage, CountsWhatIsRead) {
  const auto sketch = Sketch(
      "<html><head><title>One</title><style>p { color: red }</style><script>var x = 'two';"
      "</script></head><body><!-- three --><P CLASS='four'>five <b>six</b></p></body>");
  EXPECT_EQ(sketch.words, Sketch("<title>one</title> FIVE six").words);
  EXPECT_EQ(sketch.title_key, Sketch("<title> ONE! </title>").title_key);
  EXPECT_TRUE(sketch.has_script);
  EXPECT_EQ(sketch.word_count, 3U);
  EXPECT_FALSE(Sketch("<p>five").title_key);
}

TEST(SketchPage, LeavesOutTheAddressThatWasAskedFor) {
  const auto page = [](const std::string& url, const std::string& slug) {
    return SketchPage("<title>Not found: " + slug + "</title>No page /2026/" + slug + " here", url);
  };
  EXPECT_TRUE(ReadsAlike(
      page("https://example.com/2026/on-walking", "on-walking"),
      page("https://example.com/2026/abcdefghijklmnopqrstuvwxy", "abcdefghijklmnopqrstuvwxy")));
}

TEST(SketchPage, EndsWithADocumentThatIsCutAnywhere) {
  const std::string html = "<title>One</title><!-- two --><script>three</script><p a='<'>four";
  for (std::size_t size = 0; size <= html.size(); ++size) {
    EXPECT_LE(Sketch(html.substr(0, size)).word_count, 8U);
  }
}

TEST(Similarity, IsTheShareOfWordsInCommon) {
  const auto a = Sketch(Words(0, 100)).words;
  EXPECT_DOUBLE_EQ(Similarity(a, a), 1.0);
  EXPECT_DOUBLE_EQ(Similarity(a, Sketch(Words(5, 100)).words), 0.95);
  EXPECT_DOUBLE_EQ(Similarity(a, Sketch(Words(100, 100)).words), 0.0);
  EXPECT_DOUBLE_EQ(Similarity({}, {}), 0.0);
}

TEST(Similarity, IsKeptBySamplesOfLongPages) {
  const auto a = Sketch(Words(0, 20000)).words;
  EXPECT_EQ(a.size(), kSketchWordsMax);
  EXPECT_NEAR(Similarity(a, Sketch(Words(1000, 20000)).words), 0.95, 0.03);
  EXPECT_NEAR(Similarity(a, Sketch(Words(10000, 20000)).words), 0.5, 0.08);
}

TEST(ReadsAlike, TellsAPostInALargeFrameByItsTitle) {
  const auto frame = Words(0, 400);
  const auto none = Sketch("<title>Not found</title>" + frame + "Nothing here");
  EXPECT_FALSE(ReadsAlike(Sketch("<title>On rain</title>" + frame + "It rained"), none));
  EXPECT_TRUE(ReadsAlike(Sketch("<title>Not found</title>" + frame + "Nothing at all"), none));
}

TEST(PrintWords, ReadsBackWhatItPrints) {
  const auto words = Sketch(Words(0, 50)).words;
  EXPECT_EQ(ReadWords(PrintWords(words)), words);
  EXPECT_EQ(PrintWords({0, 0xdeadbeef}), "00000000deadbeef");
  for (const auto* text : {"", "0", "0000000g", "0000000000000"}) {
    EXPECT_TRUE(ReadWords(text).empty()) << text;
  }
}

TEST(HasParkingMark, KnowsParkingServicesAndOffers) {
  EXPECT_TRUE(HasParkingMark("<script src='https://www.SedoParking.com/x.js'>"));
  EXPECT_TRUE(HasParkingMark("<h1>This domain is for sale!</h1>"));
  EXPECT_TRUE(HasParkingMark("<script>window.onload=function(){window.location.href=\"/lander\"}"));
  EXPECT_FALSE(HasParkingMark("<p>We parked the car and walked.</p>"));
}

}  // namespace
}  // namespace saunter::crawler::health
