#include "tests/crawler/fetch/packing.h"

#include <brotli/encode.h>
#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

namespace saunter::crawler::fetch {
namespace {

int WindowBits(Packing packing) {
  switch (packing) {
    case Packing::kGzip:
      return MAX_WBITS + 16;
    case Packing::kZlib:
      return MAX_WBITS;
    case Packing::kBare:
      return -MAX_WBITS;
  }
  return 0;
}

}  // namespace

std::string Pack(std::string text, Packing packing) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, WindowBits(packing), 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string packed(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(text.data());  // as zlib's interface has it
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

std::string PackBrotli(const std::string& text) {
  std::string packed(BrotliEncoderMaxCompressedSize(text.size()) + 64, '\0');
  std::size_t size = packed.size();
  EXPECT_EQ(
      BrotliEncoderCompress(BROTLI_DEFAULT_QUALITY, BROTLI_DEFAULT_WINDOW, BROTLI_DEFAULT_MODE,
                            text.size(), reinterpret_cast<const std::uint8_t*>(text.data()), &size,
                            reinterpret_cast<std::uint8_t*>(packed.data())),
      BROTLI_TRUE);
  packed.resize(size);
  return packed;
}

std::string PackZstd(const std::string& text) {
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  const auto size = ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 3);
  EXPECT_EQ(ZSTD_isError(size), 0U);
  packed.resize(size);
  return packed;
}

}  // namespace saunter::crawler::fetch
