#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/crawler/cli/saunter_program.h"
#include "tests/support/cluster.h"

namespace saunter::crawler::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class MoveCommand : public SaunterTest {
 protected:
  void SetUp() override {
    if (const auto why = support::Cluster::WhyNone(); !why.empty()) GTEST_SKIP() << why;
    name_ = support::Cluster::Own().MakeDatabase();
    url_ = support::Cluster::Own().UrlOf(name_);
    ASSERT_EQ(Run({"import", "-"}, "http://a.example/feed\n").exit_code, 0);
  }
  void TearDown() override {
    if (!name_.empty()) support::Cluster::Own().DropDatabase(name_);
  }

  std::string name_;
  std::string url_;
};

TEST_F(MoveCommand, SaysWhatToSetAndHowToCheckIt) {
  const auto there = Run({"db", "move", database(), url_});
  EXPECT_EQ(there.exit_code, 0) << there.errors;
  EXPECT_THAT(there.output,
              AllOf(HasSubstr("copying feed: 1 rows\n"), HasSubstr("comparing feed: 1 rows\n"),
                    HasSubstr("[store], set: url = \"" + url_ + "\""),
                    HasSubstr("saunter db check --store.url='" + url_ + "'")));
  EXPECT_EQ(Run({"db", "check", "--store.url=" + url_}).exit_code, 0);
  const auto copy = directory_.File("back.db");
  const auto back = Run({"db", "move", url_, copy});
  EXPECT_EQ(back.exit_code, 0) << back.errors;
  EXPECT_THAT(back.output, HasSubstr("path = \"" + copy + "\", without url"));
  EXPECT_EQ(Run({"db", "check", "--store.path=" + copy}).exit_code, 0);
  EXPECT_THAT(Run({"feed", "list", "--store.path=" + copy}).output, HasSubstr("a.example/feed"));
}

TEST_F(MoveCommand, GivesItsReportAsJson) {
  const auto report = RunJson({"db", "move", database(), url_});
  EXPECT_EQ(report["ok"], true);
  EXPECT_EQ(report["from"], database());
  EXPECT_EQ(report["differences"].size(), 0U);
  EXPECT_EQ(report["tables"][1]["name"], "feed");
  EXPECT_EQ(report["tables"][1]["rows"], 1);
}

TEST_F(MoveCommand, EndsWithThreeWhereItCannotMove) {
  ASSERT_EQ(Run({"db", "move", database(), url_}).exit_code, 0);
  const auto again = Run({"db", "move", database(), url_});
  EXPECT_EQ(again.exit_code, 3);
  EXPECT_THAT(again.errors, HasSubstr("holds a database already"));
}

}  // namespace
}  // namespace saunter::crawler::cli
