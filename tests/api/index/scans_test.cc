#include "api/index/scans.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/api/index/filter_fixture.h"

namespace saunter::api::index {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(FilterTest, ScansForSitesInTheirOrder) {
  // A link on a site without a feed counts for the source that lists it, and stands on its own.
  auto elsewhere = Row(6, 9, "en");
  elsewhere.source_id = 2;
  builder_.Put(6, elsewhere);
  index_ = builder_.Build();
  const auto sites = [&](const Selection& selection, schemas::Id after, std::size_t count) {
    return SitesWithLinks(*index_, {selection, *index_, kNow}, after, count);
  };
  EXPECT_THAT(sites({}, 0, 10), ElementsAre(1, 2, 3, 9));
  EXPECT_THAT(sites({}, 0, 2), ElementsAre(1, 2));
  EXPECT_THAT(sites({}, 2, 1), ElementsAre(3));
  EXPECT_THAT(sites({}, 3, 10), ElementsAre(9));
  EXPECT_THAT(sites({}, 9, 10), IsEmpty());
  EXPECT_THAT(sites({}, 0, 0), IsEmpty());
  EXPECT_THAT(sites({.language = "en"}, 0, 10), ElementsAre(1, 9));
  EXPECT_THAT(sites({.categories = {"linux"}}, 0, 10), ElementsAre(1, 2));
  EXPECT_THAT(sites({.max_age_days = 3}, 1, 10), ElementsAre(3, 9));
}

TEST_F(FilterTest, ScansForTheNewestLinks) {
  const auto links = [&](const Selection& selection, const std::vector<schemas::Id>& excluded,
                         std::size_t count) {
    return NewestLinks(*index_, {selection, *index_, kNow}, excluded, count);
  };
  EXPECT_THAT(links({}, {}, 10), ElementsAre(5, 4, 3, 2, 1));
  EXPECT_THAT(links({}, {}, 2), ElementsAre(5, 4));
  EXPECT_THAT(links({}, {}, 0), IsEmpty());
  EXPECT_THAT(links({}, {2, 3}, 2), ElementsAre(2, 1));
  EXPECT_THAT(links({.language = "en"}, {}, 1), ElementsAre(2));
  EXPECT_THAT(links({.categories = {"linux"}}, {}, 2), ElementsAre(3, 2));
}

// RFC 4647, 3.4
TEST_F(FilterTest, WidensALanguageToOneThatItKnows) {
  const auto widened = [&](const std::string& language) {
    const auto wider = Widened({.categories = {"food"}, .language = language}, *index_);
    if (!wider) return std::string();
    EXPECT_EQ(wider->categories, std::vector<std::string>{"food"});
    return wider->language;
  };
  EXPECT_EQ(widened("en-GB-oxendict"), "en-GB");
  EXPECT_EQ(widened("en-US-oxendict"), "en");
  EXPECT_EQ(widened("EN-x-gb"), "EN");
  EXPECT_EQ(widened("en"), "");
  EXPECT_EQ(widened("fr-CA"), "");
  EXPECT_EQ(widened("e-n"), "");
  EXPECT_EQ(widened(""), "");
  EXPECT_EQ(widened("a-b-c-d-e-f-g-h-i-j-k-l-m-n-o-p-q-r"), "");
}

}  // namespace
}  // namespace saunter::api::index
