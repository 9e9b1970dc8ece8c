#include "crawler/fetch/content_decoder.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/crawler/fetch/packing.h"

namespace saunter::crawler::fetch {
namespace {

constexpr std::int64_t kBetweenBytesMax = 10 << 20;

// Decodes the body in pieces of one size; "broken" if it is.
std::string Decode(const std::string& body, std::string_view encodings, std::size_t piece_bytes) {
  ContentDecoder decoder(encodings, kBetweenBytesMax);
  std::string decoded;
  const auto take = [&](std::string_view bytes) {
    decoded += bytes;
    return true;
  };
  for (std::size_t at = 0; at < body.size(); at += piece_bytes) {
    const auto result = decoder.Add(std::string_view(body).substr(at, piece_bytes), take);
    if (result == ContentDecoder::Result::kBroken) return "broken";
  }
  return decoder.End(take) == ContentDecoder::Result::kMore ? decoded : "broken";
}

void ExpectDecoded(const std::string& body, std::string_view encodings, const std::string& want) {
  for (const std::size_t piece_bytes : {1U, 2U, 3U, 7U, 1000U, 1000000U}) {
    EXPECT_EQ(Decode(body, encodings, piece_bytes), want) << encodings << " by " << piece_bytes;
  }
}

TEST(ContentDecoder, UndoesGzipAndDeflate) {
  std::string text;
  for (int i = 0; i < 20000; ++i) text += std::to_string(i);
  ExpectDecoded(Pack(text), "gzip", text);
  ExpectDecoded(Pack(text), "X-GZIP", text);
  ExpectDecoded(Pack(text, Packing::kZlib), "deflate", text);
  ExpectDecoded(Pack(text, Packing::kBare), "deflate", text);
  ExpectDecoded(Pack(Pack(text, Packing::kZlib)), "deflate, aws-chunked, gzip", text);
}

TEST(ContentDecoder, UndoesBrotliAndZstd) {
  std::string text;
  for (int i = 0; i < 20000; ++i) text += std::to_string(i);
  ExpectDecoded(PackBrotli(text), "br", text);
  ExpectDecoded(PackBrotli(""), "BR", "");
  ExpectDecoded(PackZstd(text), "zstd", text);
  ExpectDecoded(PackZstd(""), "zstd", "");
}

// RFC 8878, 3.1: frames follow one another, and some are to be skipped.
TEST(ContentDecoder, UndoesAllFramesOfZstd) {
  const std::string skippable(
      "\x52\x2a\x4d\x18\x03\x00\x00\x00"
      "abc",
      11);
  ExpectDecoded(PackZstd("one ") + skippable + PackZstd("two"), "zstd", "one two");
}

TEST(ContentDecoder, IgnoresWhatStandsBehindThePackedBodyLeniently) {
  ExpectDecoded(PackBrotli("one") + "and more", "br", "one");
  ExpectDecoded(PackZstd("one") + "and more", "zstd", "one");
}

// RFC 9659, 3: more than 8 MiB is more than a client has to hold.
TEST(ContentDecoder, TakesNoZstdWindowBeyondEightMegabytes) {
  const auto frame = [](char window) {
    return std::string("\x28\xb5\x2f\xfd\x00", 5) + window +
           std::string(
               "\x19\x00\x00"
               "abc",
               6);
  };
  ExpectDecoded(frame('\x68'), "zstd", "abc");
  ExpectDecoded(frame('\x70'), "zstd", "broken");
}

TEST(ContentDecoder, TakesNoFormOfZstdFromBeforeItsRfc) {
  const std::string oldest(
      "\x25\xb5\x2f\xfd\x01\x40\x00\x03"
      "abc"
      "\xc0\x00\x00",
      14);
  ExpectDecoded(oldest, "zstd", "broken");
  ExpectDecoded(PackZstd("one") + oldest, "zstd", "one");
}

// RFC 1952, 2.2.
TEST(ContentDecoder, UndoesAllMembersOfAFile) {
  const std::string one = Pack("one ");
  ExpectDecoded(one + Pack("two ") + Pack("") + Pack("three"), "gzip", "one two three");
  ExpectDecoded(one + std::string(600, '\0'), "gzip", "one ");
  ExpectDecoded(one + "and more", "gzip", "one ");
  ExpectDecoded(Pack("one ", Packing::kZlib) + "\x1f more", "deflate", "one ");
}

TEST(ContentDecoder, TakesWhatIsNotPackedAsItIsLeniently) {
  for (const auto* encoding : {"gzip", "deflate"}) {
    for (const auto* text : {"", "<", "<rss/>", "{\"a\":1}", " <?xml?>", "\xef\xbb\xbf<rss/>"}) {
      ExpectDecoded(text, encoding, text);
    }
  }
  ExpectDecoded(Pack("<rss/>"), "gzip, gzip", "<rss/>");
}

TEST(ContentDecoder, SaysWhatIsBroken) {
  std::string packed = Pack(std::string(1000, 'x'));
  packed[12] = '\xff';
  ExpectDecoded(packed, "gzip", "broken");
  ExpectDecoded("\x1f\x8b is no gzip", "gzip", "broken");
  for (const auto* encoding : {"br", "zstd"}) ExpectDecoded("<rss>no</rss>", encoding, "broken");
}

TEST(ContentDecoder, StopsWhereItsSinkDoes) {
  ContentDecoder decoder("gzip", kBetweenBytesMax);
  const auto result =
      decoder.Add(Pack(std::string(1 << 20, 'x')), [](std::string_view) { return false; });
  EXPECT_EQ(result, ContentDecoder::Result::kStopped);
}

// Nothing of these comes out, so that no limit of the sink ends them.
TEST(ContentDecoder, MakesNoMoreBetweenTwoEncodingsThanItsLimit) {
  constexpr std::int64_t kMiB = 1 << 20;
  const std::string zeros(4 * kMiB, '\0');
  const std::string empty = Pack("");
  std::string members;
  while (members.size() < zeros.size()) members += empty;
  const std::string named = "\x1f\x8b\x08\x08" + std::string(6, '\0') + std::string(4 * kMiB, 'n');
  std::string stored;  // blocks that hold nothing, without a mark: a raw stream
  while (stored.size() < zeros.size()) stored += std::string("\0\0\0\xff\xff", 5);
  for (const auto& [between, encodings] :
       {std::pair(Pack("end") + zeros, "gzip, gzip"), std::pair(members, "gzip, gzip"),
        std::pair(named, "gzip, gzip"), std::pair(stored, "deflate, gzip"),
        std::pair(Pack(Pack("end") + zeros), "gzip, gzip, gzip")}) {
    const std::string body = Pack(between);
    ContentDecoder decoder(encodings, kMiB);
    EXPECT_EQ(decoder.Add(body, [](std::string_view) { return true; }),
              ContentDecoder::Result::kTooLarge)
        << encodings;
    ContentDecoder ample(encodings, 16 * kMiB);
    EXPECT_EQ(ample.Add(body, [](std::string_view) { return true; }), ContentDecoder::Result::kMore)
        << encodings;
  }
}

TEST(ContentDecoder, TellsWhatCanBeUndone) {
  EXPECT_EQ(DecodingOf(""), Decoding::kNone);
  EXPECT_EQ(DecodingOf("UTF-8, none"), Decoding::kNone);
  for (const auto* known : {" GZip ,", "zstd", "br, UTF-8"}) {
    EXPECT_EQ(DecodingOf(known), Decoding::kKnown) << known;
  }
  for (const auto* mixed : {"gzip, br", "zstd, deflate", "br, br", "gzip, none, zstd"}) {
    EXPECT_EQ(DecodingOf(mixed), Decoding::kTooMany) << mixed;
  }
  EXPECT_EQ(DecodingOf("compress"), Decoding::kUnsupported);
  EXPECT_EQ(DecodingOf("gzip,gzip,gzip,gzip,gzip"), Decoding::kKnown);
  EXPECT_EQ(DecodingOf("gzip,gzip,gzip,gzip,gzip,gzip"), Decoding::kTooMany);
}

}  // namespace
}  // namespace saunter::crawler::fetch
