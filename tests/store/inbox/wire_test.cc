#include "store/inbox/wire.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <variant>

namespace saunter::store::inbox {
namespace {

using schemas::Report;
using schemas::ReportKind;
using schemas::Vote;
using schemas::VoteValue;

Request VoteRequest() {
  return {.sequence = 0x1122334455667788,
          .feedback = {.link_id = 7,
                       .source_id = (schemas::Id{1} << 48) - 1,
                       .given_at = 1764335591,
                       .nonce = 0xfedcba9876543210,
                       .network = UINT64_MAX,
                       .said = Vote{VoteValue::kDown}}};
}

Request ReportRequest(std::string note) {
  auto request = VoteRequest();
  request.feedback.said = Report{ReportKind::kOther, std::move(note)};
  return request;
}

void ExpectSame(const Request& request) {
  const auto frame = EncodeRequest(request);
  EXPECT_LE(frame.size(), kFrameBytesMax);
  const auto read = DecodeRequest(frame);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->sequence, request.sequence);
  EXPECT_EQ(read->feedback.link_id, request.feedback.link_id);
  EXPECT_EQ(read->feedback.source_id, request.feedback.source_id);
  EXPECT_EQ(read->feedback.given_at, request.feedback.given_at);
  EXPECT_EQ(read->feedback.nonce, request.feedback.nonce);
  EXPECT_EQ(read->feedback.network, request.feedback.network);
  ASSERT_EQ(read->feedback.said.index(), request.feedback.said.index());
  if (const auto* vote = std::get_if<Vote>(&request.feedback.said)) {
    EXPECT_EQ(std::get<Vote>(read->feedback.said).value, vote->value);
  } else {
    const auto& report = std::get<Report>(request.feedback.said);
    EXPECT_EQ(std::get<Report>(read->feedback.said).kind, report.kind);
    EXPECT_EQ(std::get<Report>(read->feedback.said).note, report.note);
  }
}

std::string Repeated(std::string_view text, std::size_t count) {
  std::string repeated;
  for (std::size_t i = 0; i < count; ++i) repeated += text;
  return repeated;
}

TEST(InboxWire, CarriesVotesAndReportsWhole) {
  ExpectSame(VoteRequest());
  ExpectSame(ReportRequest(""));
  ExpectSame(ReportRequest("Die Seite ist weg. 夜明け"));
  // The longest note there is.
  ExpectSame(ReportRequest(Repeated("\xf0\x9f\x8c\xbb", schemas::kNoteCodePointsMax)));
}

TEST(InboxWire, IsLittleEndianAndNamesItsVersion) {
  const auto frame = EncodeRequest(VoteRequest());
  EXPECT_EQ(frame.substr(0, 18), std::string("\x01\x00"
                                             "\x88\x77\x66\x55\x44\x33\x22\x11"
                                             "\x07\x00\x00\x00\x00\x00\x00\x00",
                                             18));
  EXPECT_EQ(EncodeAnswer({.sequence = 258, .outcome = AnswerOutcome::kFull}),
            std::string("\x01\x02\x01\x00\x00\x00\x00\x00\x00\x02", 10));
}

TEST(InboxWire, RefusesFramesThatAreCutOrTooLong) {
  for (const auto& frame : {EncodeRequest(VoteRequest()), EncodeRequest(ReportRequest(""))}) {
    for (std::size_t size = 0; size < frame.size(); ++size) {
      EXPECT_FALSE(DecodeRequest(frame.substr(0, size))) << size;
    }
  }
  EXPECT_FALSE(DecodeRequest(EncodeRequest(VoteRequest()) + "x")) << "a vote has no note";
  EXPECT_FALSE(DecodeRequest(EncodeRequest(ReportRequest(std::string(200, 'x'))) + "x"));
  EXPECT_FALSE(DecodeRequest(std::string(kFrameBytesMax + 1, '\x01')));
  const auto answer = EncodeAnswer({});
  for (std::size_t size = 0; size < answer.size(); ++size) {
    EXPECT_FALSE(DecodeAnswer(answer.substr(0, size))) << size;
  }
  EXPECT_FALSE(DecodeAnswer(answer + '\0'));
}

TEST(InboxWire, RefusesWordsThatItDoesNotKnow) {
  const auto with = [](std::string frame, std::size_t at, int byte) {
    frame[at] = static_cast<char>(byte);
    return frame;
  };
  const auto vote = EncodeRequest(VoteRequest());
  const auto report = EncodeRequest(ReportRequest("note"));
  ASSERT_TRUE(DecodeRequest(vote));
  for (const int version : {0, 2, 255}) EXPECT_FALSE(DecodeRequest(with(vote, 0, version)));
  for (const int kind : {2, 255}) EXPECT_FALSE(DecodeRequest(with(vote, 1, kind)));
  for (const int value : {2, 255}) EXPECT_FALSE(DecodeRequest(with(vote, 50, value)));
  for (const int value : {7, 255}) EXPECT_FALSE(DecodeRequest(with(report, 50, value)));
  const auto answer = EncodeAnswer({});
  for (const int version : {0, 2, 255}) EXPECT_FALSE(DecodeAnswer(with(answer, 0, version)));
  for (const int outcome : {3, 255}) EXPECT_FALSE(DecodeAnswer(with(answer, 9, outcome)));
}

TEST(InboxWire, RefusesNumbersThatNoLinkHas) {
  const auto with_number = [](std::size_t at, std::string_view bytes) {
    auto frame = EncodeRequest(VoteRequest());
    return frame.replace(at, bytes.size(), bytes);
  };
  const std::string zero(8, '\0');
  const std::string negative(8, '\xff');
  EXPECT_FALSE(DecodeRequest(with_number(10, zero))) << "link_id";
  EXPECT_FALSE(DecodeRequest(with_number(10, negative))) << "link_id";
  EXPECT_FALSE(DecodeRequest(with_number(18, zero))) << "source_id";
  EXPECT_FALSE(DecodeRequest(with_number(18, negative))) << "source_id";
  EXPECT_FALSE(DecodeRequest(with_number(26, negative))) << "given_at";
  EXPECT_TRUE(DecodeRequest(with_number(34, zero))) << "any nonce";
  EXPECT_TRUE(DecodeRequest(with_number(42, zero))) << "any network";
}

TEST(InboxWire, RefusesNotesThatAreNoText) {
  const auto report = EncodeRequest(ReportRequest(""));
  EXPECT_TRUE(DecodeRequest(report + "n"));
  for (const std::string& note :
       {std::string("a\0b", 3), std::string("a\nb"), std::string("\x1b[2J"), std::string("\x7f"),
        std::string("\xc2\x85"), std::string("\xff"), std::string("\xc0\x80"),
        std::string("\xed\xa0\x80"), std::string("\xe2\x82"), std::string(201, 'x')}) {
    EXPECT_FALSE(DecodeRequest(report + note)) << testing::PrintToString(note);
  }
}

// Whatever is read is written back as it was: no two frames mean the same.
TEST(InboxWire, ReadsOnlyWhatItWouldWrite) {
  std::mt19937 random(1);
  const auto frames = {EncodeRequest(VoteRequest()), EncodeRequest(ReportRequest("Ein Wort"))};
  int read_requests = 0;
  int read_answers = 0;
  for (int i = 0; i < 100000; ++i) {
    auto frame = *(frames.begin() + random() % 2);
    for (auto count = 1 + random() % 4; count > 0; --count) {
      frame[random() % frame.size()] = static_cast<char>(random());
    }
    if (const auto request = DecodeRequest(frame)) {
      ++read_requests;
      EXPECT_EQ(EncodeRequest(*request), frame);
    }
    auto answer = EncodeAnswer({});
    answer[random() % answer.size()] = static_cast<char>(random());
    if (const auto read = DecodeAnswer(answer)) {
      ++read_answers;
      EXPECT_EQ(EncodeAnswer(*read), answer);
    }
  }
  EXPECT_GT(read_requests, 1000);
  EXPECT_GT(read_answers, 1000);
}

TEST(InboxWire, StandsBesideTheDatabase) {
  EXPECT_EQ(InboxPath("/var/lib/saunter.db"), "/var/lib/saunter.db.inbox");
}

}  // namespace
}  // namespace saunter::store::inbox
