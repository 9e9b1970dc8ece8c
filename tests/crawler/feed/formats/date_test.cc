#include "crawler/feed/formats/date.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <array>
#include <ctime>

namespace saunter::crawler::feed::formats {
namespace {

constexpr schemas::UnixSeconds kThatDay = 1072986501;  // 2004-01-01T19:48:21Z

struct Case {
  const char* text;
  std::optional<schemas::UnixSeconds> date;
};

void ExpectDates(const std::vector<Case>& cases) {
  for (const auto& [text, date] : cases) EXPECT_EQ(ParseDate(text), date) << text;
}

// RFC 822, 5; RFC 2822, 3.3 and 4.3.
TEST(Date, ReadsRfc822) {
  ExpectDates({{"Thu, 01 Jan 2004 19:48:21 GMT", kThatDay},
               {"01 Jan 2004 19:48:21 +0000", kThatDay},
               {"Thu, 1 Jan 04 19:48 UT", kThatDay - 21},
               {"Thu, 01 Jan 2004 14:48:21 EST", kThatDay},
               {"Thu, 01 Jan 2004 20:48:21 CET", kThatDay},
               {"Thu, 01 Jan 2004 19:48:21 Z", kThatDay},
               {"Thu, 01 Jan 104 19:48:21 GMT", kThatDay},
               {"Thu, 01 Jan 2004 19:48:21 (afternoon) GMT", kThatDay},
               {"Sat, 31 Dec 2016 23:59:60 GMT", 1483228800},
               {"Wed, 31 Dec 2003 24:00:00 GMT", 1072915200}});
}

TEST(Date, ReadsBentRfc822Leniently) {
  ExpectDates({{"Mon, 01 Jan 2004 19:48:21 GMT", kThatDay},
               {"Thu,01 Jan 2004 19:48:21 GMT", kThatDay},
               {"Thursday, 01 January 2004 19:48:21 GMT", kThatDay},
               {"Do, 01 Januar 2004 20:48:21 +0100", kThatDay},
               {"jeu., 01 janv. 2004 20:48:21 +0100", kThatDay},
               {"mar. 06 janv. 2004 00:00:00 +0000", 1073347200},
               {"Чт, 01 Янв 2004 22:48:21 +0300", kThatDay},
               {"Thu, 01 Jan 2004 21:48:21 GMT+02:00", kThatDay},
               {"Thu, 01 Jan 2004 21:48:21 +2:00", kThatDay},
               {"Thu, 01 Jan 2004", 1072915200},
               {"01-Jan-04 19:48:21 GMT", kThatDay},
               {"Thursday, 01-Jan-04 19:48:21 GMT", kThatDay},
               {"2004年01月02日 03:48:21 +0800", kThatDay},
               {"周五, 02 一月 2004 03:48:21 +0800", kThatDay},
               {"2004년 01월 02일 04:48:21", kThatDay}});
}

// W3C note "Date and Time Formats", and what else ISO 8601 allows.
TEST(Date, ReadsW3cdtfInEveryTruncation) {
  ExpectDates({{"2004", 1072915200},
               {"2004-01", 1072915200},
               {"2004-01-01", 1072915200},
               {"2004-01-01T19:48Z", kThatDay - 21},
               {"2004-01-01T19:48:21Z", kThatDay},
               {"2004-01-01T20:48:21.999+01:00", kThatDay},
               {"2004-01-01t19:48:21z", kThatDay},
               {"2004-01-01 19:48:21", kThatDay},
               {"2004-01-01 19:48:21 -00:20", kThatDay + 1200},
               {"2004-01-01 14:48:21 EST", kThatDay},
               {"20040101T194821Z", kThatDay},
               {"20040101194821", kThatDay},
               {"2004-001", 1072915200},
               {"2004-W01-4", 1072915200},
               {"2003-12-31T24:00:00Z", 1072915200}});
}

// A space more, and the date is no longer to the letter of RFC 822.
TEST(Date, ReadsTheUsualFormAsItReadsTheBentOne) {
  const auto same = [](std::string date) {
    const auto usual = ParseDate(date);
    date.insert(date.find(' '), 1, ' ');
    EXPECT_EQ(usual, ParseDate(date)) << date;
  };
  for (const auto* day : {"00 Jan 2004", "01 Jan 2004", "31 Dec 1969", "29 Feb 2023", "29 Feb 2024",
                          "31 Nov 2024", "01 Foo 2004", "01 anF 2004", "01 Jan 0000"}) {
    for (const auto* time : {"00:00:00", "19:48:21", "23:59:60", "24:00:00", "24:00:01", "25:00:00",
                             "19:60:00", "19:48:61", "1x:00:00"}) {
      for (const auto* zone : {"GMT", "UTC", "+0000", "-0000", "+0530", "-1130", "+1400", "+1500",
                               "+0060", "+2400", "CET", "+01:00", "+01"}) {
        same(std::string("Thu, ") + day + " " + time + " " + zone);
      }
    }
  }
}

TEST(Date, ReadsOtherForms) {
  ExpectDates({{"Thu Jan  1 19:48:21 2004", kThatDay},
               {"Thu Jan 01 19:48:21 +0000 2004", kThatDay},
               {"Thu Jan 01 2004 20:48:21 GMT+0100 (CET)", kThatDay},
               {"1072986501", kThatDay},
               {"1072986501000", kThatDay},
               {"01/01/2004 7:48 PM", kThatDay - 21},
               {"1/1/2004 12:00 AM", 1072915200},
               {"Thursday, January 1, 2004 7:48 PM", kThatDay - 21},
               {"31/12/2003", 1072828800},
               {"01.01.2004", 1072915200},
               {"2004/01/01 19:48:21", kThatDay}});
}

TEST(Date, RefusesWhatIsNone) {
  for (const auto* text : {"",
                           "  ",
                           "now",
                           "yesterday",
                           "Fri, 30 Feb 2004 00:00:00 GMT",
                           "2003-02-29",
                           "Thu, 01 Jan 2004 25:00:00 GMT",
                           "Thu, 01 Jan 2004 19:60:00 GMT",
                           "18/01/30 00:00",
                           "2004-13-01",
                           "2004-01-01T19:48:61Z",
                           "2004-01-01T19:xx:00Z",
                           "Sun, 16 Dec 2012 1:2:3:4 GMT",
                           "Sun, 16 Dec 2012 11:47:32 +00:zz",
                           "Sun, 99 Jun 2009 12:00:00 GMT",
                           "013",
                           "Sun, Dec x 2012 11:47:32 GMT",
                           "9999-12-31T23:59:59-99:99",
                           "0000-00-00T00:00:00Z",
                           "Thu, 01 Jan 2004 19:48:21 +9999",
                           "99999999999999999999",
                           "2004-01-01T24:00:01Z",
                           "<b>today</b>",
                           "2013-xx-27"}) {
    EXPECT_EQ(ParseDate(text), std::nullopt) << text;
  }
}

TEST(Date, IsClampedToWhatAPostCanHave) {
  constexpr schemas::UnixSeconds kNow = 1800000000;
  EXPECT_EQ(ClampDate(std::nullopt, kNow), std::nullopt);
  EXPECT_EQ(ClampDate(631151999, kNow), std::nullopt);
  EXPECT_EQ(ClampDate(631152000, kNow), 631152000);
  EXPECT_EQ(ClampDate(kNow + 86400, kNow), kNow + 86400);
  EXPECT_EQ(ClampDate(kNow + 86401, kNow), kNow);
}

// Any second of four centuries, printed in the common forms, is read back.
TEST(Date, ReadsBackWhatItIsGiven) {
  constexpr std::array kForms = {"%a, %d %b %Y %H:%M:%S +0000",
                                 "%a, %d %b %Y %H:%M:%S GMT",
                                 "%Y-%m-%dT%H:%M:%SZ",
                                 "%Y%m%dT%H%M%S",
                                 "%a %b %e %H:%M:%S %Y",
                                 "%B %d, %Y %I:%M:%S %p",
                                 "%Y/%m/%d %H:%M:%S"};
  EXPECT_TRUE(rc::check([&] {
    const auto seconds = *rc::gen::inRange<std::int64_t>(-5'000'000'000, 8'000'000'000);
    const std::time_t time = seconds;
    std::tm parts{};
    gmtime_r(&time, &parts);
    for (const auto* form : kForms) {
      std::array<char, 64> text{};
      RC_ASSERT(std::strftime(text.data(), text.size(), form, &parts) > 0U);
      RC_ASSERT(ParseDate(text.data()) == seconds);
    }
  }));
}

TEST(Date, TakesAnyTextWithoutHarm) {
  EXPECT_TRUE(rc::check([](const std::string& text) { static_cast<void>(ParseDate(text)); }));
}

}  // namespace
}  // namespace saunter::crawler::feed::formats
