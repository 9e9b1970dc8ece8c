#include "api/http/json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "schemas/text.h"

namespace saunter::api::http {
namespace {

using nlohmann::json;

std::string Quoted(std::string_view text) {
  std::string out;
  AppendJsonString(out, text);
  return out;
}

TEST(AppendJsonString, ReadsBackAsItWasForEveryByteBelow128) {
  std::string text;
  for (int c = 0; c < 128; ++c) text.push_back(static_cast<char>(c));
  EXPECT_EQ(json::parse(Quoted(text)).get<std::string>(), text);
}

TEST(AppendJsonString, LeavesUtf8AsItIs) {
  const std::string text = "Käse 小众软件 😀 \u2028";
  EXPECT_EQ(Quoted(text), "\"" + text + "\"");
  EXPECT_EQ(json::parse(Quoted(text)).get<std::string>(), text);
}

TEST(AppendJsonString, PutsReplacementCharactersForBytesThatAreNotUtf8) {  // RFC 3629
  const std::string replaced = "\xef\xbf\xbd";
  EXPECT_EQ(Quoted("a\xff"), "\"a" + replaced + "\"");
  EXPECT_EQ(Quoted("\xc0\xaf"), "\"" + replaced + replaced + "\"");                 // overlong
  EXPECT_EQ(Quoted("\xed\xa0\x80"), "\"" + replaced + replaced + replaced + "\"");  // surrogate
  EXPECT_EQ(Quoted("\xf4\x90\x80\x80"), "\"" + replaced + replaced + replaced + replaced + "\"");
  EXPECT_EQ(Quoted("\xe5\xb0"), "\"" + replaced + replaced + "\"");  // cut off
}

TEST(AppendJsonString, GivesValidJsonForRandomBytes) {
  std::mt19937 random(7);
  for (int i = 0; i < 20000; ++i) {
    std::string text(random() % 12, '\0');
    for (auto& c : text) c = static_cast<char>(random());
    const auto quoted = Quoted(text);
    ASSERT_TRUE(json::accept(quoted)) << quoted;
    if (schemas::IsUtf8(text)) {
      EXPECT_EQ(json::parse(quoted).get<std::string>(), text);
    }
  }
}

}  // namespace
}  // namespace saunter::api::http
