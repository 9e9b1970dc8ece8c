#include "api/receipt/receipt.h"

#include <gtest/gtest.h>

#include <cctype>
#include <random>
#include <string>

namespace saunter::api::receipt {
namespace {

constexpr schemas::UnixSeconds kGivenAt = 1'800'000'000;

Key KeyOf(unsigned char byte) {
  Key key{};
  key.fill(byte);
  return key;
}

Receipt Sample() {
  return {.link_id = 36515, .source_id = 12044, .given_at = kGivenAt, .nonce = 0xfedcba9876543210};
}

std::string Written(const Receipt& receipt, const Key& key) {
  std::string text;
  AppendReceipt(text, receipt, key);
  return text;
}

TEST(Receipt, CarriesTheLinkTheSourceTheTimeAndTheNonce) {
  const Receipt largest{.link_id = (schemas::Id{1} << 48) - 1,
                        .source_id = (schemas::Id{1} << 48) - 1,
                        .given_at = UINT32_MAX,
                        .nonce = UINT64_MAX};
  for (const auto& receipt : {Sample(), largest, Receipt{}}) {
    const auto text = Written(receipt, KeyOf(1));
    EXPECT_EQ(text.size(), 44U);
    EXPECT_EQ(ReadReceipt(text, KeyOf(1)), receipt);
    for (const char c : text) {
      EXPECT_TRUE(std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_') << c;
    }
  }
}

// A key that was copied to another machine, or another version of libsodium, means the same.
TEST(Receipt, IsAlwaysWrittenInOneWay) {
  EXPECT_EQ(Written(Sample(), KeyOf(1)), "AaOOAAAAAAwvAAAAAADSSWsQMlR2mLrc_snbkDNzB0Mm");
}

TEST(Receipt, IsRefusedAfterAnyChangeOfABit) {
  const auto text = Written(Sample(), KeyOf(1));
  const std::string_view characters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/ %\"\n\x80";
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (const char c : characters) {
      if (text[i] == c) continue;
      auto changed = text;
      changed[i] = c;
      EXPECT_FALSE(ReadReceipt(changed, KeyOf(1))) << changed;
    }
  }
}

TEST(Receipt, IsRefusedIfItIsCutOrLonger) {
  const auto text = Written(Sample(), KeyOf(1));
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(ReadReceipt(text.substr(0, size), KeyOf(1))) << size;
    EXPECT_FALSE(ReadReceipt(text.substr(size + 1), KeyOf(1))) << size;
  }
  for (const auto* more : {"=", "A", " ", "====", "\n"}) {
    EXPECT_FALSE(ReadReceipt(text + more, KeyOf(1))) << more;
    EXPECT_FALSE(ReadReceipt(more + text, KeyOf(1))) << more;
  }
  EXPECT_FALSE(ReadReceipt(std::string(text.size(), '\0'), KeyOf(1)));
}

TEST(Receipt, IsRefusedUnderAnotherKey) {
  const auto text = Written(Sample(), KeyOf(1));
  EXPECT_FALSE(ReadReceipt(text, KeyOf(2)));
  auto key = KeyOf(1);
  for (std::size_t i = 0; i < key.size(); ++i) {
    key[i] ^= 1;
    EXPECT_FALSE(ReadReceipt(text, key)) << i;
    key[i] ^= 1;
  }
}

// Parts of two true receipts are not one.
TEST(Receipt, IsRefusedIfItIsMadeOfTwo) {
  auto other = Sample();
  other.link_id = 7;
  other.nonce = 1;
  const auto one = Written(Sample(), KeyOf(1));
  const auto two = Written(other, KeyOf(1));
  for (std::size_t at = 1; at < one.size(); ++at) {
    const auto mixed = one.substr(0, at) + two.substr(at);
    if (mixed == one || mixed == two) continue;
    EXPECT_FALSE(ReadReceipt(mixed, KeyOf(1))) << at;
  }
}

TEST(Receipt, IsRefusedIfItIsNonsense) {
  std::mt19937 random(1);
  const std::string_view characters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (int i = 0; i < 10000; ++i) {
    std::string text(44, ' ');
    for (char& c : text) c = characters[random() % characters.size()];
    EXPECT_FALSE(ReadReceipt(text, KeyOf(1))) << text;
  }
}

TEST(Receipt, IsGoodForSevenDays) {
  const auto age = [](schemas::UnixSeconds after_s) { return AgeOf(Sample(), kGivenAt + after_s); };
  EXPECT_EQ(age(0), Age::kGood);
  EXPECT_EQ(age(7 * 86400 - 1), Age::kGood);
  EXPECT_EQ(age(7 * 86400), Age::kExpired);
  EXPECT_EQ(age(365 * 86400), Age::kExpired);
  // Another machine's clock may be ahead a little.
  EXPECT_EQ(age(-3600), Age::kGood);
  EXPECT_EQ(age(-3601), Age::kNotYet);
}

TEST(Receipt, KeyNamesATextByAUuidOfItsOwn) {  // RFC 9562, 5.8
  const auto uuid = UuidOf("/v1/recent.atom", KeyOf(1));
  ASSERT_EQ(uuid.size(), 36U);
  for (const auto place : {8U, 13U, 18U, 23U}) EXPECT_EQ(uuid[place], '-');
  EXPECT_EQ(uuid[14], '8');
  EXPECT_NE(std::string("89ab").find(uuid[19]), std::string::npos);
  EXPECT_EQ(UuidOf("/v1/recent.atom", KeyOf(1)), uuid);
  EXPECT_NE(UuidOf("/v1/recent.atom", KeyOf(2)), uuid);
  EXPECT_NE(UuidOf("/v1/daily.atom", KeyOf(1)), uuid);
}

}  // namespace
}  // namespace saunter::api::receipt
