#include "crawler/fetch/response_headers.h"

#include <gtest/gtest.h>

namespace saunter::crawler::fetch {
namespace {

constexpr schemas::UnixSeconds kNow = 1790000000;  // Mon, 21 Sep 2026 14:13:20 GMT
constexpr const char* kDate = "Date: Mon, 21 Sep 2026 14:13:20 GMT";
constexpr schemas::UnixSeconds kMozart = 784111777;  // Sun, 06 Nov 1994 08:49:37 GMT

ResponseHeaders Read(const std::vector<std::string>& lines) {
  ResponseHeaders headers;
  for (const std::string& line : lines) headers.Take(line);
  return headers;
}

TEST(ResponseHeaders, KeepsFieldsTrimmedWhateverTheirCase) {
  const ResponseHeaders headers =
      Read({"eTaG: \t W/\"a  b\" \r\n", "LOCATION:/x\r\n", "Link: <a>\r\n", "link: <b>\r\n",
            "ETag: second", "nonsense", ": no name", "X-Other: ETag: z"});
  EXPECT_EQ(headers.etag, "W/\"a  b\"");
  EXPECT_EQ(headers.location, "/x");
  EXPECT_EQ(headers.link, "<a>, <b>");
}

TEST(ResponseHeaders, KnowsBrowserTests) {
  EXPECT_TRUE(Read({"cf-mitigated: challenge"}).challenge);
  EXPECT_TRUE(Read({"X-Amzn-WAF-Action: captcha"}).challenge);
  EXPECT_TRUE(Read({"sg-captcha: challenge"}).challenge);
  EXPECT_FALSE(Read({"cf-mitigated: no", "server: cloudflare"}).challenge);
}

TEST(UsableValidator, IsPrintableAsciiOfAtMost512Bytes) {
  EXPECT_EQ(UsableValidator("W/\"x\" y~"), "W/\"x\" y~");
  EXPECT_EQ(UsableValidator(std::string(512, 'a')).size(), 512U);
  EXPECT_EQ(UsableValidator(std::string(513, 'a')), "");
  for (const char* bad : {"a\r\nb", "a\tb", "a\x7f", "caf\xc3\xa9", "\x01"}) {
    EXPECT_EQ(UsableValidator(bad), "") << bad;
  }
  EXPECT_EQ(UsableValidator(std::string_view("a\0b", 3)), "");
}

// RFC 9110, 5.6.7
TEST(HttpDate, ReadsItsThreeForms) {
  EXPECT_EQ(ParseHttpDate("Sun, 06 Nov 1994 08:49:37 GMT", kNow), kMozart);
  EXPECT_EQ(ParseHttpDate("Sunday, 06-Nov-94 08:49:37 GMT", kNow), kMozart);
  EXPECT_EQ(ParseHttpDate("Sun Nov  6 08:49:37 1994", kNow), kMozart);
  EXPECT_EQ(ParseHttpDate("Thu, 01 Jan 1970 00:00:00 GMT", kNow), 0);
  EXPECT_EQ(ParseHttpDate("Tue, 29 Feb 2028 23:59:60 GMT", kNow), 1835481600);
}

TEST(HttpDate, PlacesTwoDigitYearsWithinFiftyYearsAhead) {
  EXPECT_EQ(ParseHttpDate("Monday, 21-Sep-26 14:13:20 GMT", kNow), kNow);
  EXPECT_EQ(ParseHttpDate("Friday, 01-Jan-77 00:00:00 GMT", kNow), 220924800);
  EXPECT_EQ(ParseHttpDate("Wednesday, 01-Jan-76 00:00:00 GMT", kNow), 3345062400);
}

TEST(HttpDate, ReadsSmallSlipsLeniently) {
  EXPECT_EQ(ParseHttpDate("Mon, 6 Nov 1994 08:49:37 GMT", kNow), kMozart);
  EXPECT_EQ(ParseHttpDate("Sun, 06-Nov-1994 08:49:37 UTC", kNow), kMozart);
  EXPECT_EQ(ParseHttpDate("Sun, 06 nov 1994 08:49:37 +0000", kNow), kMozart);
}

TEST(HttpDate, RefusesNonsense) {
  for (const char* text :
       {"", "0", "-1", "tomorrow", "Sun, 06 Nov 1994", "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 CET", "1994-11-06T08:49:37Z",
        "Sun, 06 Nov 994 08:49:37 GMT", "Sun, 06 Nov 19944 08:49:37 GMT",
        "Sun, 06 Nov 1994 8:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT GMT"}) {
    EXPECT_EQ(ParseHttpDate(text, kNow), std::nullopt) << text;
  }
}

std::optional<std::int64_t> RetryAfter(const std::string& value, const std::string& date = kDate) {
  return RetryAfterSeconds(Read({"Retry-After: " + value, date}), kNow);
}

// RFC 9110, 10.2.3
TEST(RetryAfter, IsSecondsOrADateRelativeToDate) {
  EXPECT_EQ(RetryAfter("120"), 120);
  EXPECT_EQ(RetryAfter("0"), 0);
  EXPECT_EQ(RetryAfter("Mon, 21 Sep 2026 14:14:20 GMT"), 60);
  EXPECT_EQ(RetryAfter("Monday, 21-Sep-26 14:14:20 GMT"), 60);
  EXPECT_EQ(RetryAfter("Mon Sep 21 14:14:20 2026"), 60);
  EXPECT_EQ(RetryAfter("Mon, 21 Sep 2026 14:14:20 GMT", "Date: Mon, 21 Sep 2026 14:14:10 GMT"), 10)
      << "by the server's clock";
  EXPECT_EQ(RetryAfter("Mon, 21 Sep 2026 14:14:20 GMT", ""), 60) << "by ours if it shows none";
  EXPECT_EQ(RetryAfter("Mon, 21 Sep 2026 14:12:20 GMT"), 0);
}

TEST(RetryAfter, IgnoresNonsense) {
  for (const char* text : {"", "-5", "soon", "1.5", "12 s", "100000000000000000000", "1000000000",
                           "Fri, 31 Dec 9999 23:59:59 GMT"}) {
    EXPECT_EQ(RetryAfter(text), std::nullopt) << text;
  }
  EXPECT_EQ(RetryAfterSeconds(Read({kDate}), kNow), std::nullopt);
}

std::optional<std::int64_t> Fresh(std::vector<std::string> lines) {
  lines.emplace_back(kDate);
  return FreshForSeconds(Read(lines), kNow);
}

// RFC 9111, 4.2.1
TEST(FreshFor, IsMaxAgeLessAgeElseExpiresLessDate) {
  EXPECT_EQ(Fresh({"Cache-Control: max-age=600"}), 600);
  EXPECT_EQ(Fresh({"Cache-Control: Public , MAX-AGE = \"600\""}), 600);
  EXPECT_EQ(Fresh({"Cache-Control: public", "Cache-Control: max-age=600", "Age: 100"}), 500);
  EXPECT_EQ(Fresh({"Cache-Control: max-age=600", "Age: 700"}), 0);
  EXPECT_EQ(Fresh({"Expires: Mon, 21 Sep 2026 15:13:20 GMT"}), 3600);
  EXPECT_EQ(Fresh({"Expires: Mon, 21 Sep 2026 13:13:20 GMT"}), 0);
  EXPECT_EQ(Fresh({"Cache-Control: max-age=60", "Expires: Mon, 21 Sep 2026 15:13:20 GMT"}), 60);
  EXPECT_EQ(Fresh({"Cache-Control: s-maxage=9, x=\"a, max-age=5\", max-age=7"}), 7)
      << "we are no shared cache, and a quoted comma ends nothing";
}

TEST(FreshFor, IsAbsentWhereTheServerDoesNotSayOrForbidsIt) {
  for (const char* line :
       {"X: y", "Cache-Control: no-cache, max-age=600", "Cache-Control: no-store, max-age=600",
        "Cache-Control: max-age=-1", "Cache-Control: max-age", "Cache-Control: max-age=1e3",
        "Cache-Control: max-age=100000000000000000000", "Expires: 0", "Expires: -1",
        "Expires: Fri, 31 Dec 9999 23:59:59 GMT", "Cache-Control: x-max-age=5"}) {
    EXPECT_EQ(Fresh({line}), std::nullopt) << line;
  }
}

}  // namespace
}  // namespace saunter::crawler::fetch
