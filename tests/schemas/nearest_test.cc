#include "schemas/nearest.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace saunter::schemas
