// Answers made to hurt: each ends within its limit, with its own outcome.
#include <gmock/gmock.h>
#include <malloc.h>

#include "crawler/fetch/fetcher.h"
#include "tests/crawler/fetch/fixture.h"
#include "tests/crawler/fetch/packing.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
// The sanitizers' own count; GCC comes without the header.
extern "C" std::size_t __sanitizer_get_current_allocated_bytes();
#endif

namespace saunter::crawler::fetch {
namespace {

using schemas::FetchOutcome;
using support::Origin;
using support::OriginAnswer;
using support::OriginManner;

constexpr std::size_t kBombBytes = 64U << 20U;
constexpr std::int64_t kBodyBytesMax = 1 << 20;

// RFC 8878: a frame without a content size, of blocks that each repeat one byte.
std::string ZstdBomb() {
  constexpr std::uint32_t kBlockBytes = 128U << 10U;
  std::string packed("\x28\xb5\x2f\xfd\x00\x58", 6);  // window of 2 MiB
  for (std::size_t done = 0; done < kBombBytes; done += kBlockBytes) {
    const std::uint32_t last = done + kBlockBytes >= kBombBytes ? 1 : 0;
    const std::uint32_t header = last | 1U << 1U | kBlockBytes << 3U;
    for (const unsigned shift : {0U, 8U, 16U}) {
      packed.push_back(static_cast<char>(header >> shift & 0xffU));
    }
    packed.push_back('x');
  }
  return packed;
}

// RFC 7932: 64 MiB of zeros in 53 bytes.
std::string BrotliBomb() {
  constexpr std::string_view kBytes(
      "\xcf\xff\xff\x7f\xf8\x27\x00\xe2\xb1\x40\x20\xf7\xfe\x9f\xff\xff\xff\xf0\x4f\x00\xc4\x61\x01"
      "\x80\xee\xfd\x3f\xff\xff\xff\xe1\x9f\x00\x88\xc3\x22\x00\xdd\xfb\xff\xfc\xff\xff\xc7\x3f\x01"
      "\x10\x87\x05\x00\xba\xf7\xff",
      53);
  return std::string(kBytes);
}

// Bytes that this program holds at the moment.
std::int64_t LiveBytes() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return static_cast<std::int64_t>(__sanitizer_get_current_allocated_bytes());
#else
  const auto heap = mallinfo2();
  return static_cast<std::int64_t>(heap.uordblks + heap.hblkhd);
#endif
}

class Hostile : public testing::Test {
 protected:
  Hostile() : settings(SettingsFor(origin)) { settings.feed_body_bytes_max = kBodyBytesMax; }

  Response Feed(OriginAnswer answer) {
    origin.SetAnswer("", "/feed", std::move(answer));
    return FetchOne(settings, FeedOf(origin.Url("127.0.1.1", "/feed")));
  }
  Response Feed(OriginManner manner, std::string body) {
    OriginAnswer answer = Body(std::move(body));
    answer.manner = manner;
    return Feed(std::move(answer));
  }

  // By how much this program grows at most while it fetches "/NUMBER".
  std::int64_t Growth(Fetcher& fetcher, std::size_t number, FetchOutcome expected) const {
    const std::int64_t before = LiveBytes();
    std::int64_t most = before;
    std::vector<Response> responses;
    fetcher.Submit(FeedOf(origin.Url("127.0.1.1", "/" + std::to_string(number))));
    while (responses.empty()) {
      responses = fetcher.Poll(0);
      most = std::max(most, LiveBytes());
    }
    EXPECT_EQ(responses.front().outcome, expected) << number;
    return most - before;
  }

  Origin origin;
  schemas::FetchSettings settings;
};

TEST_F(Hostile, BodiesUpToTheLimitAreTaken) {
  const Response plain = Feed(Body(std::string(kBodyBytesMax, 'x')));
  EXPECT_EQ(plain.outcome, FetchOutcome::kOk);
  EXPECT_EQ(plain.body_bytes, kBodyBytesMax);
  const Response packed =
      Feed(Body(Pack(std::string(kBodyBytesMax, 'x')), {{"Content-Encoding", "gzip"}}));
  EXPECT_EQ(packed.outcome, FetchOutcome::kOk);
  EXPECT_EQ(packed.body_bytes, kBodyBytesMax);
  EXPECT_LT(packed.wire_bytes, 10000);
  EXPECT_EQ(packed.body, std::string(kBodyBytesMax, 'x'));
}

TEST_F(Hostile, BombsStopAtTheLimitOfWhatTheyUnpackTo) {
  for (const auto& [encoding, bomb] :
       {std::pair("gzip", Pack(std::string(kBombBytes, '\0'))), std::pair("br", BrotliBomb()),
        std::pair("zstd", ZstdBomb())}) {
    const Response response = Feed(Body(bomb, {{"Content-Encoding", encoding}}));
    EXPECT_EQ(response.outcome, FetchOutcome::kBodyTooLarge) << encoding;
    EXPECT_EQ(response.body_bytes, kBodyBytesMax) << encoding;
    EXPECT_EQ(response.body, "") << encoding;
  }
}

// The limit of what comes out ends no bomb of which nothing comes out.
TEST_F(Hostile, BombsStopAtTheLimitOfWhatLiesBetweenTwoEncodings) {
  const std::string bomb = Pack(Pack(Pack("<rss/>") + std::string(kBombBytes, '\0')));
  const Response response = Feed(Body(bomb, {{"Content-Encoding", "gzip, gzip, gzip"}}));
  EXPECT_EQ(response.outcome, FetchOutcome::kBodyTooLarge);
  EXPECT_EQ(response.body, "");
}

// Whatever they grow to, and however often they come.
TEST_F(Hostile, MemoryStaysFlat) {
  constexpr std::int64_t kMiB = 1 << 20;
  OriginAnswer endless = Body(std::string(65536, 'x'));
  endless.manner = OriginManner::kEndless;
  OriginAnswer flood = Body([] {
    std::string hints;
    for (int i = 0; i < 100000; ++i) hints += "HTTP/1.1 103 Early Hints\r\n\r\n";
    return hints;
  }());
  flood.manner = OriginManner::kRaw;
  const std::pair<OriginAnswer, FetchOutcome> answers[] = {
      {Body(Pack(std::string(kBombBytes, '\0')), {{"Content-Encoding", "gzip"}}),
       FetchOutcome::kBodyTooLarge},
      {Body(BrotliBomb(), {{"Content-Encoding", "br"}}), FetchOutcome::kBodyTooLarge},
      {Body(ZstdBomb(), {{"Content-Encoding", "zstd"}}), FetchOutcome::kBodyTooLarge},
      {endless, FetchOutcome::kBodyTooLarge},
      {flood, FetchOutcome::kHeadersTooLarge}};
  for (std::size_t i = 0; i < std::size(answers); ++i) {
    origin.SetAnswer("", "/" + std::to_string(i), answers[i].first);
  }
  Fetcher fetcher(settings);
  std::int64_t settled = 0;
  for (int round = 0; round < 10; ++round) {
    for (std::size_t i = 0; i < std::size(answers); ++i) {
      // A body that grows is copied: at most three times the limit, and a decoder beside it.
      EXPECT_LE(Growth(fetcher, i, answers[i].second), 3 * kBodyBytesMax + 8 * kMiB) << i;
    }
    if (round == 4) settled = LiveBytes();
  }
  EXPECT_LE(LiveBytes() - settled, kMiB);
  // The control: without the limit the same watch sees the bomb.
  settings.feed_body_bytes_max = 2 * static_cast<std::int64_t>(kBombBytes);
  Fetcher unlimited(settings);
  EXPECT_GE(Growth(unlimited, 0, FetchOutcome::kOk), static_cast<std::int64_t>(kBombBytes));
}

TEST_F(Hostile, StackedEncodingsAreRefused) {
  std::string body = "<rss/>";
  std::string encodings;
  for (int i = 0; i < 9; ++i) {
    body = Pack(body);
    encodings += i == 0 ? "gzip" : ", gzip";
  }
  const Response response = Feed(Body(body, {{"Content-Encoding", encodings}}));
  EXPECT_EQ(response.outcome, FetchOutcome::kProtocolError);
  EXPECT_EQ(response.detail, "the body is in too many encodings, one in the other");
}

// Each has a window of megabytes, and nothing of this comes out.
TEST_F(Hostile, EncodingsOfLargeWindowsAreRefusedWithinOthers) {
  for (const auto* encodings : {"gzip, br", "br, gzip", "br, br", "zstd, zstd"}) {
    const Response response = Feed(Body(BrotliBomb(), {{"Content-Encoding", encodings}}));
    EXPECT_EQ(response.outcome, FetchOutcome::kProtocolError) << encodings;
    EXPECT_EQ(response.detail, "the body is in too many encodings, one in the other") << encodings;
  }
}

TEST_F(Hostile, BrokenEncodingsAreErrors) {
  std::string cut = Pack(std::string(100000, 'x'));
  cut.resize(cut.size() / 2);
  const Response half = Feed(Body(cut, {{"Content-Encoding", "gzip"}}));
  EXPECT_EQ(half.outcome, FetchOutcome::kOk) << "what is cut is read as far as it goes";
  EXPECT_LT(half.body_bytes, 100000);
  std::string bad = Pack(std::string(100000, 'x'));
  bad[20] = '\xff';
  for (const auto* encoding : {"gzip", "br", "zstd"}) {
    const Response broken = Feed(Body(bad, {{"Content-Encoding", encoding}}));
    EXPECT_EQ(broken.outcome, FetchOutcome::kProtocolError) << encoding;
    EXPECT_EQ(broken.detail, "the body is broken: it is not in the encoding that it names");
  }
  const Response unasked = Feed(Body("x", {{"Content-Encoding", "compress"}}));
  EXPECT_EQ(unasked.outcome, FetchOutcome::kProtocolError);
  EXPECT_EQ(unasked.detail, "the body is in an encoding that was not asked for");
}

TEST_F(Hostile, EncodingsThatNobodyKnowsArePassedOverLeniently) {
  for (const auto* encoding : {"UTF-8", "aws-chunked", "binary", "none", "7bit", "\"gzip\"", "*",
                               "identity", "identity, UTF-8", ","}) {
    const Response response = Feed(Body("<rss/>", {{"Content-Encoding", encoding}}));
    EXPECT_EQ(response.outcome, FetchOutcome::kOk) << encoding;
    EXPECT_EQ(response.body, "<rss/>") << encoding;
  }
  const Response packed =
      Feed(Body(Pack("<rss/>"), {{"Content-Encoding", "gzip"}, {"Content-Encoding", "UTF-8"}}));
  EXPECT_EQ(packed.body, "<rss/>");
}

TEST_F(Hostile, BodiesThatOnlySayThatTheyArePackedAreReadLeniently) {
  for (const auto* encoding : {"gzip", "x-gzip", "deflate", "gzip, gzip"}) {
    const Response response = Feed(Body("<rss/>", {{"Content-Encoding", encoding}}));
    EXPECT_EQ(response.outcome, FetchOutcome::kOk) << encoding;
    EXPECT_EQ(response.body, "<rss/>") << encoding;
  }
}

// RFC 9110, 14.4.
TEST_F(Hostile, APartThatIsTheWholeIsTaken) {
  OriginAnswer part = Body("<rss/>", {{"Content-Range", "bytes 0-5/6"}});
  part.status = 206;
  EXPECT_EQ(Feed(part).outcome, FetchOutcome::kOk);
  EXPECT_EQ(Feed(part).body, "<rss/>");
  for (const auto* range : {"bytes 0-5/7", "bytes 1-6/7", "bytes 0-5/*", "items 0-5/6", ""}) {
    part.headers = {{"Content-Range", range}};
    const Response response = Feed(part);
    EXPECT_EQ(response.outcome, FetchOutcome::kUnexpectedStatus) << range;
    EXPECT_EQ(response.detail, "HTTP 206, a part of what was asked for") << range;
  }
}

TEST_F(Hostile, EndlessBodiesEnd) {
  const Response response = Feed(OriginManner::kEndless, std::string(65536, 'x'));
  EXPECT_EQ(response.outcome, FetchOutcome::kBodyTooLarge);
  EXPECT_EQ(response.body_bytes, kBodyBytesMax);
}

TEST_F(Hostile, ALengthBeyondTheLimitIsRefusedBeforeTheBody) {
  const Response response =
      Feed(OriginManner::kRaw,
           "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n" + std::string(1000, 'x'));
  EXPECT_EQ(response.outcome, FetchOutcome::kBodyTooLarge);
  EXPECT_EQ(response.body_bytes, 0);
}

TEST_F(Hostile, ABodyThatStopsShortIsAnError) {
  EXPECT_EQ(Feed(OriginManner::kCut, "<rss>").outcome, FetchOutcome::kProtocolError);
}

TEST_F(Hostile, DrippingBodiesAndHeadersEndAtTheTotalTime) {
  settings.feed_timeout_ms = 1000;
  OriginAnswer answer = Body(std::string(100000, 'x'));
  answer.manner = OriginManner::kDrip;
  answer.interval_ms = 5;
  const Response body = Feed(answer);
  EXPECT_EQ(body.outcome, FetchOutcome::kTimeout);
  EXPECT_EQ(body.status, 200);
  EXPECT_GT(body.wire_bytes, 0);
  answer.body = "HTTP/1.1 200 OK\r\nX-Long: " + std::string(100000, 'x');
  answer.manner = OriginManner::kRawDrip;
  EXPECT_EQ(Feed(answer).outcome, FetchOutcome::kTimeout);
}

TEST_F(Hostile, SlowBodiesEndAfterTheLowSpeedTime) {
  settings.low_speed_bytes_per_s = 1000;
  settings.low_speed_time_s = 1;
  OriginAnswer answer = Body(std::string(1000000, 'x'));
  answer.manner = OriginManner::kDrip;
  answer.interval_ms = 20;
  const Response response = Feed(answer);
  EXPECT_EQ(response.outcome, FetchOutcome::kTimeout);
  EXPECT_LT(response.duration_ms, settings.feed_timeout_ms);
}

TEST_F(Hostile, SilenceEnds) {
  settings.feed_timeout_ms = 100;
  const Response response = Feed(OriginManner::kSilent, "");
  EXPECT_EQ(response.outcome, FetchOutcome::kTimeout);
  EXPECT_EQ(response.status, 0);
}

TEST_F(Hostile, HeaderFloodsEnd) {
  OriginAnswer many = Body("x");
  for (int i = 0; i < 1000; ++i) many.headers.emplace_back("X-Flood", std::string(100, 'x'));
  EXPECT_EQ(Feed(many).outcome, FetchOutcome::kHeadersTooLarge);
  EXPECT_EQ(Feed(Body("x", {{"X-Long", std::string(70000, 'x')}})).outcome,
            FetchOutcome::kHeadersTooLarge);
  EXPECT_EQ(Feed(Body("x", {{"X-Longer", std::string(300000, 'x')}})).outcome,
            FetchOutcome::kHeadersTooLarge);
  std::string hints;
  for (int i = 0; i < 10000; ++i) hints += "HTTP/1.1 103 Early Hints\r\n\r\n";
  EXPECT_EQ(Feed(OriginManner::kRaw, hints).outcome, FetchOutcome::kHeadersTooLarge);
}

TEST_F(Hostile, EarlyHintsAreNoAnswerAndTrailersNoHeaders) {
  const Response response =
      Feed(OriginManner::kRaw,
           "HTTP/1.1 103 Early Hints\r\nETag: \"early\"\r\nLink: <a>\r\n\r\n"
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: ETag\r\n\r\n"
           "6\r\n<rss/>\r\n0\r\nETag: \"late\"\r\n\r\n");
  EXPECT_EQ(response.outcome, FetchOutcome::kOk);
  EXPECT_EQ(response.body, "<rss/>");
  EXPECT_EQ(response.etag, "");
  EXPECT_EQ(response.link, "");
}

TEST_F(Hostile, WhatIsNotHttpIsAnError) {
  for (const char* answer : {"<rss/>", "SSH-2.0-OpenSSH_9.2\r\n", "220 smtp.example ESMTP\r\n",
                             "HTTP/9.9 200 OK\r\n\r\nx"}) {
    EXPECT_EQ(Feed(OriginManner::kRaw, answer).outcome, FetchOutcome::kProtocolError) << answer;
  }
  EXPECT_EQ(Feed(OriginManner::kClose, "").outcome, FetchOutcome::kConnectFailure);
}

TEST_F(Hostile, NobodyListeningIsAConnectFailure) {
  int port = 0;
  {
    const Origin closed;
    port = closed.port();
  }
  settings.allow_ports.push_back(port);
  const Response response =
      FetchOne(settings, FeedOf("http://127.0.1.1:" + std::to_string(port) + "/feed"));
  EXPECT_EQ(response.outcome, FetchOutcome::kConnectFailure);
  EXPECT_EQ(response.status, 0);
}

// The text must not tell a stranger what answers inside a network and what does not.
TEST_F(Hostile, RefusedAndSilentHostsReadAlikeAndSoDoAllBlockedOnes) {
  settings.feed_timeout_ms = 100;
  const Response silent = Feed(OriginManner::kSilent, "");
  const Response closed = Feed(OriginManner::kClose, "");
  EXPECT_EQ(silent.detail, closed.detail);
  const Response blocked = FetchOne(settings, FeedOf(origin.Url("127.0.0.1", "/feed")));
  const Response absent = FetchOne(settings, FeedOf(origin.Url("10.255.255.1", "/feed")));
  EXPECT_EQ(blocked.outcome, FetchOutcome::kBlockedAddress);
  EXPECT_EQ(blocked.detail, absent.detail);
}

TEST_F(Hostile, ABlockedAddressSaysWhatIsWrongAndWhatToDo) {
  const auto detail = [&](const std::string& url) {
    const auto response = FetchOne(settings, FeedOf(url));
    EXPECT_EQ(response.outcome, FetchOutcome::kBlockedAddress) << url;
    EXPECT_LE(response.detail.size(), 200U);
    return response.detail;
  };
  EXPECT_THAT(detail(origin.Url("10.0.0.1", "/feed")),
              testing::HasSubstr("to fetch.allow_networks"));
  EXPECT_THAT(detail("http://blog.example.com:22/feed"),
              testing::HasSubstr("add it to fetch.allow_ports"));
  EXPECT_THAT(detail(origin.Url("wiki.lan", "/feed")),
              testing::HasSubstr("add it to fetch.allow_names"));
  origin.SetAnswer("", "/away", Redirect(302, origin.Url("10.0.0.1", "/feed")));
  EXPECT_THAT(detail(origin.Url("127.0.1.1", "/away")),
              testing::StartsWith("behind a redirect, the address is private"));
}

TEST_F(Hostile, NothingThatThePeerWroteStandsInTheDetail) {
  const std::string marker = "peer-text";
  for (const int status : {200, 302, 404, 500}) {
    OriginAnswer answer = Body(marker, {{"Server", marker},
                                        {"Location", marker + "://x"},
                                        {"Retry-After", marker},
                                        {"ETag", marker}});
    answer.status = status;
    const std::string detail = Feed(answer).detail;
    EXPECT_THAT(detail, testing::Not(testing::HasSubstr(marker)));
    EXPECT_THAT(detail, testing::Not(testing::IsEmpty()));
    EXPECT_LE(detail.size(), 200U);
  }
}

}  // namespace
}  // namespace saunter::crawler::fetch
