#include "schemas/language.h"

#include <gtest/gtest.h>

namespace saunter::schemas {
namespace {

TEST(Language, MatchesByRangeInAnyCase) {  // RFC 4647, 3.3.1
  EXPECT_TRUE(MatchesLanguage("en", "en"));
  EXPECT_TRUE(MatchesLanguage("en-GB", "EN"));
  EXPECT_TRUE(MatchesLanguage("en-gb", "en-GB"));
  EXPECT_FALSE(MatchesLanguage("en", "en-GB"));
  EXPECT_FALSE(MatchesLanguage("eng", "en"));
  EXPECT_FALSE(MatchesLanguage("", "en"));
}

TEST(Language, IsShortenedFromTheEnd) {  // RFC 4647, 3.4
  EXPECT_EQ(WiderLanguage("zh-Hant-TW"), "zh-Hant");
  EXPECT_EQ(WiderLanguage("zh-Hant"), "zh");
  EXPECT_EQ(WiderLanguage("zh"), std::nullopt);
}

TEST(Language, LosesASubtagOfOneLetterWithWhatItBegins) {  // RFC 4647, 3.4
  EXPECT_EQ(WiderLanguage("zh-Hant-x-private"), "zh-Hant");
  EXPECT_EQ(WiderLanguage("en-a-b-c"), "en");
}

TEST(Language, HasTheFormOfATag) {
  for (const auto* range : {"en", "pt-BR", "zh-Hant-TW", "i-klingon"}) {
    EXPECT_TRUE(IsLanguageRange(range)) << range;
  }
  for (const auto* range : {"", "-", "en-", "-en", "en_GB", "en GB", "*"}) {
    EXPECT_FALSE(IsLanguageRange(range)) << range;
  }
}

}  // namespace
}  // namespace saunter::schemas
