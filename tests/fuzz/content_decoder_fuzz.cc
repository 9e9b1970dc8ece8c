// A body and its Content-Encoding, to the body that was meant. The first line names the encodings;
// of the two bytes behind it the first picks the pieces and whether the body is packed here before
// it is decoded, the second picks the limit.

#include <brotli/encode.h>

#define ZLIB_CONST  // next_in is not written to
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "crawler/fetch/content_decoder.h"
#include "schemas/text.h"
#include "tests/fuzz/invariants.h"

namespace {

using saunter::crawler::fetch::ContentDecoder;
using saunter::crawler::fetch::Decoding;
using saunter::fuzz::Require;
using Result = ContentDecoder::Result;

constexpr std::size_t kLimitBytesMax = 1 << 20;
constexpr std::int64_t kBetweenBytesMax = 1 << 18;

struct Decoded {
  std::string body;
  Result result = Result::kMore;
};

// What a transfer keeps of a body that comes in pieces.
Decoded Decode(std::string_view encodings, std::string_view bytes, std::size_t piece_bytes,
               std::size_t limit) {
  ContentDecoder decoder(encodings, kBetweenBytesMax);
  Decoded decoded;
  bool full = false;
  const auto take = [&](std::string_view piece) {
    Require(!full, "a full sink is given nothing more");
    full = piece.size() > limit - decoded.body.size();
    decoded.body += piece.substr(0, limit - decoded.body.size());
    return !full;
  };
  while (!bytes.empty() && decoded.result == Result::kMore) {
    decoded.result = decoder.Add(bytes.substr(0, piece_bytes), take);
    bytes.remove_prefix(std::min(piece_bytes, bytes.size()));
  }
  if (decoded.result == Result::kMore) decoded.result = decoder.End(take);
  Require(full == (decoded.result == Result::kStopped), "a full sink is said to be full");
  return decoded;
}

void Pack(std::string& body, int window_bits) {
  z_stream stream{};
  Require(deflateInit2(&stream, 1, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY) == Z_OK,
          "there is memory");
  std::string packed(deflateBound(&stream, body.size()), '\0');
  stream.next_in = reinterpret_cast<const Bytef*>(body.data());
  stream.avail_in = static_cast<uInt>(body.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  Require(deflate(&stream, Z_FINISH) == Z_STREAM_END, "a body can be packed");
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  body = std::move(packed);
}

void PackBrotli(std::string& body) {
  std::string packed(BrotliEncoderMaxCompressedSize(body.size()) + 64, '\0');
  std::size_t size = packed.size();
  Require(BrotliEncoderCompress(1, BROTLI_DEFAULT_WINDOW, BROTLI_DEFAULT_MODE, body.size(),
                                reinterpret_cast<const std::uint8_t*>(body.data()), &size,
                                reinterpret_cast<std::uint8_t*>(packed.data())) == BROTLI_TRUE,
          "a body can be packed");
  packed.resize(size);
  body = std::move(packed);
}

void PackZstd(std::string& body) {
  std::string packed(ZSTD_compressBound(body.size()), '\0');
  const auto size = ZSTD_compress(packed.data(), packed.size(), body.data(), body.size(), 1);
  Require(ZSTD_isError(size) == 0, "a body can be packed");
  packed.resize(size);
  body = std::move(packed);
}

// The body as a sender of these encodings has it.
std::string Packed(std::string_view encodings, std::string body) {
  while (!encodings.empty()) {
    const std::string_view name = encodings.substr(0, encodings.find(','));
    encodings.remove_prefix(std::min(name.size() + 1, encodings.size()));
    const std::string lower = saunter::schemas::ToLowerAscii(
        saunter::schemas::Trim(name, saunter::schemas::kBlanksAndLineEnds));
    if (lower == "gzip" || lower == "x-gzip") Pack(body, MAX_WBITS + 16);
    if (lower == "deflate") Pack(body, MAX_WBITS);
    if (lower == "br") PackBrotli(body);
    if (lower == "zstd") PackZstd(body);
  }
  return body;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string_view encodings = input.substr(0, input.find('\n'));
  if (input.size() < encodings.size() + 3) return 0;
  const auto first = static_cast<unsigned char>(input[encodings.size() + 1]);
  const auto second = static_cast<unsigned char>(input[encodings.size() + 2]);
  const std::string_view rest = input.substr(encodings.size() + 3);
  if (saunter::crawler::fetch::DecodingOf(encodings) != Decoding::kKnown) return 0;

  const bool is_packed_here = first >= 0x80;
  const std::size_t piece_bytes = (first & 0x7fU) + std::size_t{1};
  const std::size_t limit = std::min(std::size_t{1} << (second % 32), kLimitBytesMax);
  const std::string body =
      is_packed_here ? Packed(encodings, std::string(rest)) : std::string(rest);
  const Decoded whole = Decode(encodings, body, body.size() + 1, limit);
  const Decoded pieces = Decode(encodings, body, piece_bytes, limit);
  // zstd and brotli may find what is broken before they hand out what stands before it.
  const bool is_broken = whole.result == Result::kBroken || pieces.result == Result::kBroken;
  Require(is_broken || (whole.body == pieces.body && whole.result == pieces.result),
          "the pieces of a body make no difference");
  if (is_packed_here) {
    Require(whole.body == rest.substr(0, limit), "what was packed comes out");
    Require((whole.result == Result::kMore) == (rest.size() <= limit), "what fits is whole");
  }
  return 0;
}
