#include "schemas/text.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace saunter::schemas {
namespace {

TEST(AsciiText, LowersLettersOfAsciiAlone) {
  EXPECT_EQ(ToLowerAscii("AZaz09[@`{"), "azaz09[@`{");
  EXPECT_EQ(ToLowerAscii("ÄÉ K"), "ÄÉ k");
  EXPECT_EQ(ToLowerAscii('Z'), 'z');
  EXPECT_EQ(ToLowerAscii('\xc4'), '\xc4');
}

TEST(AsciiText, ComparesIgnoringTheCaseOfAsciiAlone) {
  EXPECT_TRUE(EqualsIgnoringCase("", ""));
  EXPECT_TRUE(EqualsIgnoringCase("Content-TYPE", "cONTENT-type"));
  EXPECT_FALSE(EqualsIgnoringCase("abc", "ab"));
  EXPECT_FALSE(EqualsIgnoringCase("ab", "abc"));
  EXPECT_FALSE(EqualsIgnoringCase("@", "`"));
  EXPECT_FALSE(EqualsIgnoringCase("Ä", "ä"));
}

TEST(Trim, TakesTheNamedBytesFromBothEnds) {
  EXPECT_EQ(Trim(" \ta b\t ", kBlanks), "a b");
  EXPECT_EQ(Trim("\r\na\n", kBlanks), "\r\na\n");
  EXPECT_EQ(Trim(" \r\na\t\n", kBlanksAndLineEnds), "a");
  EXPECT_EQ(Trim("\fa\v", kBlanksAndLineEnds), "\fa\v");
  EXPECT_EQ(Trim("\f\v\r\n\t a", kAsciiSpace), "a");
  EXPECT_EQ(Trim("\u00a0a", kAsciiSpace), "\u00a0a");
  EXPECT_EQ(Trim(" \t ", kBlanks), "");
  EXPECT_EQ(Trim("", kBlanks), "");
}

TEST(TrimUnicodeSpace, TakesWhiteSpaceOfEveryKindAndTheByteOrderMark) {
  EXPECT_EQ(TrimUnicodeSpace("\ufeff \t\r\n\f\v\u0085\u00a0\u1680\u2003\u2028\u202f\u205f\u3000a"
                             "\u3000\u205f\u202f\u2029\u200a\u1680\u00a0\u0085\v\f\n\r\t \ufeff"),
            "a");
  EXPECT_EQ(TrimUnicodeSpace("a\u00a0b"), "a\u00a0b");
  EXPECT_EQ(TrimUnicodeSpace("\u00a0\ufeff"), "");
  EXPECT_EQ(TrimUnicodeSpace(""), "");
  EXPECT_EQ(TrimUnicodeSpace("\u200bé\u2010"), "\u200bé\u2010");  // no white space
}

TEST(HexValue, ReadsDigitsOfEitherCase) {
  for (int i = 0; i < 16; ++i) {
    EXPECT_EQ(HexValue(kHexDigits[static_cast<std::size_t>(i)]), i);
    EXPECT_EQ(HexValue(kUpperHexDigits[static_cast<std::size_t>(i)]), i);
  }
  for (const char c : {'g', 'G', '/', ':', '@', '`', ' ', '\0', '\xff'}) {
    EXPECT_EQ(HexValue(c), -1) << static_cast<int>(c);
  }
}

TEST(PercentDecoded, ReadsAWholeEscapeAndNothingElse) {  // RFC 3986, 2.1
  EXPECT_EQ(PercentDecoded("%41", 0), 'A');
  EXPECT_EQ(PercentDecoded("x%fF", 1), '\xff');
  EXPECT_EQ(PercentDecoded("%00", 0), '\0');
  for (const auto* text : {"", "%", "%4", "%4g", "%g4", "% 4", "abc"}) {
    EXPECT_FALSE(PercentDecoded(text, 0)) << text;
  }
  EXPECT_FALSE(PercentDecoded("%41", 1));
  EXPECT_FALSE(PercentDecoded(std::string_view("%411").substr(0, 2), 0));
}

TEST(AppendPercentEncoded, WritesDigitsInUpperCase) {  // RFC 3986, 2.1
  std::string text = "a";
  AppendPercentEncoded(text, '/');
  AppendPercentEncoded(text, '\xff');
  EXPECT_EQ(text, "a%2F%FF");
}

TEST(IsUnreserved, IsTrueOfTheUnreservedCharactersAlone) {  // RFC 3986, 2.3
  constexpr std::string_view kUnreserved =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  for (int c = -128; c < 128; ++c) {
    const bool expected = kUnreserved.find(static_cast<char>(c)) != std::string_view::npos;
    EXPECT_EQ(IsUnreserved(static_cast<char>(c)), expected) << c;
  }
}

TEST(Utf8, MeasuresTheCodePointAtTheStart) {  // RFC 3629, 4
  EXPECT_EQ(Utf8Length("a\u00e9"), 1);
  EXPECT_EQ(Utf8Length("\u0080"), 2);
  EXPECT_EQ(Utf8Length("\u0800"), 3);
  EXPECT_EQ(Utf8Length("\ufffd"), 3);
  EXPECT_EQ(Utf8Length("\U0010ffff"), 4);
}

TEST(Utf8, RefusesWhatIsNotWellFormed) {  // RFC 3629, 3 and 4
  for (const auto* text :
       {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x41", "\xe0\x9f\xbf", "\xed\xa0\x80",
        "\xed\xbf\xbf", "\xe2\x82", "\xe2\x82\x41", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
        "\xf0\x9f\x98", "\xf0\x9f\x98\x41", "\xf5\x80\x80\x80", "\xff"}) {
    EXPECT_EQ(Utf8Length(text), 0) << text;
    EXPECT_FALSE(IsUtf8(text)) << text;
    EXPECT_FALSE(IsUtf8("a" + std::string(text))) << text;
  }
  EXPECT_EQ(Utf8Length(std::string_view("\u20ac").substr(0, 2)), 0);  // its last byte is cut off
  EXPECT_TRUE(IsUtf8(""));
  EXPECT_TRUE(IsUtf8("aé\u20ac\U0001f600"));
}

TEST(Utf8, ReadsWhatItWrote) {
  for (const char32_t c : {U'\0', U'a', U'\x7f', U'\x80', U'\x7ff', U'\x800', U'\xfffd', U'\xffff',
                           U'\U00010000', U'\U0010ffff'}) {
    std::string text;
    AppendUtf8(text, c);
    EXPECT_EQ(Utf8Length(text), text.size());
    std::size_t at = 0;
    EXPECT_EQ(NextCodePoint(text, at), c);
    EXPECT_EQ(at, text.size());
  }
}

TEST(Utf8, ReadsAStrayByteAsTheReplacementCharacter) {
  for (const auto* text : {"\x80", "\xe2\x82", "\xf0"}) {
    std::size_t at = 0;
    EXPECT_EQ(NextCodePoint(text, at), U'\xfffd');
    EXPECT_EQ(at, 1);
  }
}

}  // namespace
}  // namespace saunter::schemas
