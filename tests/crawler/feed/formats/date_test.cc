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

constexpr schemas::UnixSeconds kThatNoon = 1583418600;  // 2020-03-05T14:30:00Z

TEST(Date, TakesTheOffsetOfTwoZones) {
  ExpectDates({{"Thu, 05 Mar 2020 16:30:00 GMT +0200", kThatNoon},
               {"Thu, 05 Mar 2020 16:30:00 +0200 GMT", kThatNoon},
               {"Thu, 05 Mar 2020 09:30:00 EST -0500", kThatNoon},
               {"Thu, 05 Mar 2020 09:30:00 -0500 (EST)", kThatNoon},
               {"2020-03-05 10:30:00 -0400 -0400", kThatNoon},
               {"2020-03-05 10:30:00.25 -0400 EDT", kThatNoon},
               {"2020-03-05 14:30:00 +0000 UTC m=+0.000000001", kThatNoon},
               {"2020-03-05 14:30:00 +0000 GMT", kThatNoon},
               {"Thu, 05 Mar 2020 14:30:00 0000", kThatNoon},
               {"Thu Mar 05 14:30:00 0000 2020", kThatNoon},
               {"Thu, 05 Mar 2020 16:30:00 0200", kThatNoon},
               {"Thu, 05 Mar 2020 14:30:00 9999", std::nullopt}});
}

// RFC 9557, 3.1; the time zone database's places.
TEST(Date, KnowsThePlacesOfZones) {
  ExpectDates({{"2020-03-05T15:30:00+01:00[Europe/Berlin]", kThatNoon},
               {"2020-03-05T15:30:00+01:00[!Europe/Berlin][u-ca=gregory]", kThatNoon},
               {"2020-03-05T14:30:00Z[UTC]", kThatNoon},
               {"2020-03-05T15:30:00[Europe/Paris]", kThatNoon},
               {"2020-07-05T16:30:00[Europe/Paris]", kThatNoon + 122 * 86400},
               {"2020-03-05 09:30:00 America/New_York", kThatNoon},
               {"Thu, 05 Mar 2020 20:00:00 Asia/Kolkata", kThatNoon},
               {"2020-03-05T14:30:00[Europe/Nowhere]", kThatNoon},
               {"Mar/05/2020 14:30", kThatNoon}});
}

TEST(Date, ReadsHalvesOfTheDayInAllSpellings) {
  for (const auto* mark :
       {"PM", "pm", "p.m.", "P.M.", "p. m.", "p.m", "p m", "\xe2\x80\xafPM", "\xc2\xa0p.\xc2\xa0m.",
        "μ.μ.", "em", "ip.", "odp.", "下午", "午後", "م", "PTG", "сл.об."}) {
    EXPECT_EQ(ParseDate("5 Mar 2020 2:30 " + std::string(mark)), kThatNoon) << mark;
  }
  for (const auto* mark : {"AM", "a.m.", "a. m.", "A M", "π.μ.", "fm", "ap.", "dop.", "ص"}) {
    EXPECT_EQ(ParseDate("5 Mar 2020 2:30 " + std::string(mark)), kThatNoon - 43200) << mark;
  }
  ExpectDates({{"March 5, 2020 2:30pm", kThatNoon},
               {"March 5, 2020 at 2:30 p.m. EST", kThatNoon + 5 * 3600},
               {"March 5, 2020, 12:30 a.m.", kThatNoon - 14 * 3600},
               {"March 5, 2020, 12:30 p.m.", kThatNoon - 2 * 3600},
               {"2020年3月5日 下午2:30", kThatNoon},
               {"2020年3月5日 晚上8:30", kThatNoon + 6 * 3600},
               {"5 Mar 2020 14:30 PM", kThatNoon},
               {"5 de marzo de 2020, 2:30 p. m.", kThatNoon},
               {"5 Mar 2020 14:30 a las", kThatNoon}});
}

TEST(Date, ReadsANumeralForTheWeekdayLeniently) {
  ExpectDates({{"026, 05 Mar 2020 14:30:00 +0000", kThatNoon},
               {"4, 5 Mar 2020 14:30:00 GMT", kThatNoon},
               {"March 5, 2020 14:30", kThatNoon},
               {"5, March 2020 14:30", kThatNoon}});
}

TEST(Date, ReadsTimesWithOtherSignsLeniently) {
  ExpectDates({{"Thu, 05 Mar 2020 14.30.00 GMT", kThatNoon},
               {"5 mars 2020 14h30", kThatNoon},
               {"5.3.2020 14.30", kThatNoon},
               {"5. 3. 2020 14:30", kThatNoon},
               {"2020. 3. 5. 14:30", kThatNoon},
               {"2020-03-05T14:30:00.Z", kThatNoon},
               {"2020-03-05T16:30:00.+02:00", kThatNoon},
               {"２０２０年３月５日　１４：３０", kThatNoon},
               {"5 Mar 2020 14:30:00 \xe2\x88\x92"
                "0000",
                kThatNoon}});
}

// CLDR, gregorian months, abbreviated and wide, with the digits of the script.
TEST(Date, ReadsMonthsInManyLanguages) {
  for (const auto* text : {"5 مارس 2020 14:30",   // Arabic, Persian
                           "٥ مارس، ٢٠٢٠ ١٤:٣٠",  // with Arabic digits
                           "5 آذار 2020 14:30",   // in the Levant
                           "5 במרץ 2020 14:30",   // Hebrew, "in March"
                           "5 מרץ 2020, 14:30",
                           "5 मार्च 2020 14:30",  // Hindi
                           "५ मार्च २०२० १४:३०",
                           "5 มีนาคม 2020 14:30",         // Thai
                           "5 มี.ค. 2563 14:30",          // with its era
                           "5. ožujka 2020. 14:30",      // Croatian
                           "2020 m. kovo 5 d. 14:30",    // Lithuanian
                           "2020. gada 5. marts 14:30",  // Latvian
                           "5 tháng 3, 2020 14:30",      // Vietnamese
                           "Thứ Năm, 5 Thg 3 2020 14:30",
                           "5 mars 2020 14:30",          // French
                           "5 MÄRZ 2020 14:30",          // German
                           "5 березня 2020 14:30",       // Ukrainian
                           "5 Μαρτίου 2020 14:30",       // Greek
                           "5 de març del 2020 14:30",   // Catalan
                           "2020(e)ko martxoa 5 14:30",  // Basque
                           "5 Mawrth 2020 14:30",        // Welsh
                           "5 Márta 2020 14:30",         // Irish
                           "5 மார்ச் 2020 14:30",          // Tamil
                           "5 მარტი 2020 14:30",         // Georgian
                           "5 մարտի 2020 14:30",         // Armenian
                           "2020 оны 5 Machi 14:30"}) {  // Swahili, among others
    EXPECT_EQ(ParseDate(text), kThatNoon) << text;
  }
}

TEST(Date, ReadsAMonthOfTwoMeaningsByTheLanguage) {
  EXPECT_EQ(ParseDate("5 listopada 2020"), 1604534400) << "Polish: November";
  EXPECT_EQ(ParseDate("5 listopada 2020", "pl-PL"), 1604534400);
  EXPECT_EQ(ParseDate("5. listopada 2020.", "hr"), 1601856000) << "Croatian: October";
  EXPECT_EQ(ParseDate("5. srp 2020", "cs"), 1596585600) << "Czech: August";
  EXPECT_EQ(ParseDate("5. srp 2020", "HR_hr"), 1593907200) << "Croatian: July";
  EXPECT_EQ(ParseDate("5 تشرين الأول 2020", "ar"), 1601856000);
  EXPECT_EQ(ParseDate("5 تشرين الثاني 2020", "ar"), 1604534400);
}

TEST(Date, ReadsThePersianCalendar) {
  EXPECT_EQ(ParseDate("15 اسفند 1398 14:30"), kThatNoon);
  EXPECT_EQ(ParseDate("پنجشنبه, ۱۵ اسفند ۱۳۹۸ ۱۸:۰۰:۰۰ +0330"), kThatNoon);
  EXPECT_EQ(ParseDate("31 اسفند 1398"), std::nullopt) << "it has 29 days in that year";
  EXPECT_EQ(ParseDate("15 اسفند 9999"), std::nullopt);
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
