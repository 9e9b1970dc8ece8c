#include "schemas/nearest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace saunter::schemas {
namespace {

const std::vector<std::string> kNames = {"import", "export", "feed", "site", "blacklist", "db"};

TEST(NearestName, TakesOneSlipOfEachKind) {
  EXPECT_EQ(NearestName("improt", kNames), "import");
  EXPECT_EQ(NearestName("exprt", kNames), "export");
  EXPECT_EQ(NearestName("feeds", kNames), "feed");
  EXPECT_EQ(NearestName("cite", kNames), "site");
  EXPECT_EQ(NearestName("balcklits", kNames), "blacklist");
  EXPECT_EQ(NearestName("import", kNames), "import");
}

TEST(NearestName, DoesNotGuessWhereNothingIsNear) {
  for (const auto* given : {"", "a", "xy", "nonsense", "statistics", "mport-everything-now"}) {
    EXPECT_EQ(NearestName(given, kNames), "") << given;
  }
  EXPECT_EQ(NearestName(std::string(100000, 'x'), kNames), "");
  EXPECT_EQ(NearestName("import", {}), "");
}

TEST(NearestName, SaysWhatWasMeantOrSomethingElse) {
  EXPECT_EQ(DidYouMean("feed", "; see --help"), "; did you mean feed?");
  EXPECT_EQ(DidYouMean("", "; see --help"), "; see --help");
}

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> NearTo(std::string_view wanted, const std::vector<std::string>& names) {
  NearNames near(wanted);
  for (const auto& name : names) near.Offer(name);
  return near.Names();
}

TEST(NearNames, AreThoseThatAFewChangesTurnIntoTheWantedOne) {
  const std::vector<std::string> names = {"import", "export", "restore", "random", "feed"};
  EXPECT_THAT(NearTo("improt", names), ElementsAre("import", "export"));
  EXPECT_THAT(NearTo("imprt", names), ElementsAre("import"));
  EXPECT_THAT(NearTo("importt", names), ElementsAre("import", "export"));
  EXPECT_THAT(NearTo("inport", names), ElementsAre("import", "export"));
  EXPECT_THAT(NearTo("IMPORT", names), ElementsAre("import", "export"));
  EXPECT_THAT(NearTo("quark", names), IsEmpty());
}

TEST(NearNames, AreThoseThatBeginWithTheWantedOneToo) {
  EXPECT_THAT(NearTo("tech", {"food", "Technology", "tea"}), ElementsAre("Technology", "tea"));
  EXPECT_THAT(NearTo("te", {"technology"}), IsEmpty());
}

TEST(NearNames, LetFewerChangesPassTheShorterANameIs) {
  EXPECT_THAT(NearTo("ab", {"cd", "ac", "b"}), ElementsAre("ac", "b"));
  EXPECT_THAT(NearTo("a", {"b", "ab"}), IsEmpty());
  EXPECT_THAT(NearTo("food", {"feet", "mood", "wool"}), ElementsAre("mood", "wool"));
  EXPECT_THAT(NearTo("gardening", {"gardeners", "gazing"}), ElementsAre("gardeners"));
}

TEST(NearNames, AreAtMostThreeTheNearestFirst) {
  EXPECT_THAT(NearTo("bread", {"broad", "breads", "breed", "bread", "bred", "bread"}),
              ElementsAre("bread", "breads", "bred"));
}

TEST(NearNames, AreNoneForWhatIsEmptyOrLong) {
  EXPECT_THAT(NearTo("", {"a", ""}), IsEmpty());
  EXPECT_THAT(NearTo(std::string(65, 'a'), {std::string(64, 'a')}), IsEmpty());
  EXPECT_THAT(NearTo(std::string(64, 'a'), {std::string(65, 'a'), std::string(61, 'a')}),
              ElementsAre(std::string(61, 'a')));
}

}  // namespace
}  // namespace saunter::schemas
