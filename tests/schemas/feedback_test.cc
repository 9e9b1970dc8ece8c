#include "schemas/feedback.h"

#include <gtest/gtest.h>

#include <string>

namespace saunter::schemas {
namespace {

TEST(Feedback, FindsEveryWordByItsName) {
  for (const auto value : {VoteValue::kUp, VoteValue::kDown}) {
    EXPECT_EQ(FindVoteValue(ToString(value)), value);
  }
  for (int i = 0; i <= static_cast<int>(ReportKind::kOther); ++i) {
    const auto kind = static_cast<ReportKind>(i);
    EXPECT_EQ(FindReportKind(ToString(kind)), kind) << ToString(kind);
  }
  for (const auto* name : {"", "Up", "dead ", "invalid", "0"}) {
    EXPECT_FALSE(FindVoteValue(name)) << name;
    EXPECT_FALSE(FindReportKind(name)) << name;
  }
}

TEST(Feedback, TakesANoteThatIsPlainText) {
  EXPECT_TRUE(IsNote(""));
  EXPECT_TRUE(IsNote("The page is gone. \xe5\xa4\x9c\xe6\x98\x8e"));
  EXPECT_TRUE(IsNote(std::string(kNoteCodePointsMax, 'x')));
  EXPECT_FALSE(IsNote(std::string(kNoteCodePointsMax + 1, 'x')));
  for (const std::string& text :
       {std::string("a\0b", 3), std::string("\t"), std::string("\n"), std::string("\x7f"),
        std::string("\xc2\x80"), std::string("\xc2\x9f"), std::string("\xff")}) {
    EXPECT_FALSE(IsNote(text)) << testing::PrintToString(text);
  }
  EXPECT_TRUE(IsNote("\xc2\xa0"));
}

}  // namespace
}  // namespace saunter::schemas
