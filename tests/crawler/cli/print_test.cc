#include "crawler/cli/print.h"

#include <gtest/gtest.h>

#include "crawler/cli/input.h"

namespace saunter::crawler::cli {
namespace {

TEST(Print, KeepsControlsOfOthersFromTheTerminal) {
  EXPECT_EQ(Printable("a\x1b[31m\r\nb\x7f\xc2\x9bz ü"), "a [31m  b  z ü");
}

TEST(Print, SaysTimesForPeople) {
  EXPECT_EQ(HumanTime(std::nullopt, 0), "never");
  EXPECT_EQ(HumanTime(1795348800, 1795348845), "2026-11-22 12:00:00 UTC (45 s ago)");
  EXPECT_EQ(HumanTime(1795348800, 1795345200), "2026-11-22 12:00:00 UTC (in 60 min)");
  EXPECT_EQ(HumanTime(-1, 0), "-1");
  EXPECT_EQ(HumanDuration(119), "119 s");
  EXPECT_EQ(HumanDuration(7200), "2 h");
  EXPECT_EQ(HumanDuration(172800), "2 days");
}

TEST(Print, SaysSizesForPeople) {
  EXPECT_EQ(HumanBytes(0), "0 bytes");
  EXPECT_EQ(HumanBytes(1023), "1023 bytes");
  EXPECT_EQ(HumanBytes(1536), "1.5 KiB");
  EXPECT_EQ(HumanBytes(10485760), "10.0 MiB");
}

TEST(LineSplitter, GivesLinesWhateverThePieces) {
  const std::string text = "one\n\ntwo\nlast";
  for (std::size_t size = 1; size < 8; ++size) {
    LineSplitter lines;
    std::vector<std::string> got;
    for (std::size_t at = 0; at < text.size(); at += size) {
      lines.Add(std::string_view(text).substr(at, size));
      while (const auto line = lines.Next()) got.push_back(*line);
    }
    lines.End();
    while (const auto line = lines.Next()) got.push_back(*line);
    EXPECT_EQ(got, (std::vector<std::string>{"one", "", "two", "last"})) << size;
    EXPECT_EQ(lines.number(), 4);
  }
}

TEST(LineSplitter, CutsALineWithoutEnd) {
  LineSplitter lines;
  for (int i = 0; i < 1000; ++i) {
    lines.Add(std::string(10000, 'x'));
    ASSERT_FALSE(lines.Next());
  }
  lines.Add("\nnext\n");
  const auto cut = lines.Next();
  ASSERT_TRUE(cut);
  EXPECT_LT(cut->size(), 100000U);
  EXPECT_EQ(lines.Next(), "next");
}

}  // namespace
}  // namespace saunter::crawler::cli
