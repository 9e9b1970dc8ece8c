#include "crawler/fetch/unpacker.h"

#include <brotli/decode.h>

#define ZLIB_CONST  // next_in is not written to
#include <zlib.h>
#include <zstd.h>

namespace saunter::crawler::fetch {
namespace {

constexpr int kZstdWindowLogMax = 23;
constexpr Unpacked kNoMemory{.state = UnpackState::kBroken};

class ZlibUnpacker : public Unpacker {
 public:
  explicit ZlibUnpacker(ZlibForm form)
      : form_(form), is_open_(inflateInit2(&stream_, WindowBits(form)) == Z_OK) {}
  ~ZlibUnpacker() override {
    if (is_open_) inflateEnd(&stream_);
  }

  Unpacked Unpack(std::string_view bytes, std::span<char> piece) override {
    if (!is_open_) return kNoMemory;
    stream_.next_in = reinterpret_cast<const Bytef*>(bytes.data());
    stream_.avail_in = static_cast<uInt>(bytes.size());
    stream_.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream_.avail_out = static_cast<uInt>(piece.size());
    const int status = inflate(&stream_, Z_NO_FLUSH);
    return {.state = StateOf(status),
            .used = bytes.size() - stream_.avail_in,
            .bytes = piece.size() - stream_.avail_out};
  }

  bool BeginAnother(char first) override {
    if (form_ != ZlibForm::kGzip || first != '\x1f') return false;
    inflateReset(&stream_);
    return true;
  }

 private:
  static int WindowBits(ZlibForm form) {
    switch (form) {
      case ZlibForm::kGzip:
        return MAX_WBITS + 16;
      case ZlibForm::kZlib:
        return MAX_WBITS;
      case ZlibForm::kBare:
        return -MAX_WBITS;
    }
    return MAX_WBITS;
  }

  [[nodiscard]] UnpackState StateOf(int status) const {
    if (status == Z_STREAM_END) return UnpackState::kEnded;
    if (status == Z_BUF_ERROR) return UnpackState::kNeedsMore;
    if (status != Z_OK) return UnpackState::kBroken;
    const bool is_used = stream_.avail_in == 0 && stream_.avail_out > 0;
    return is_used ? UnpackState::kNeedsMore : UnpackState::kGoesOn;
  }

  z_stream stream_{};
  const ZlibForm form_;
  const bool is_open_;
};

class BrotliUnpacker : public Unpacker {
 public:
  Unpacked Unpack(std::string_view bytes, std::span<char> piece) override {
    if (!decoder_) return kNoMemory;
    const auto* next_in = reinterpret_cast<const std::uint8_t*>(bytes.data());
    auto* next_out = reinterpret_cast<std::uint8_t*>(piece.data());
    std::size_t left_in = bytes.size();
    std::size_t left_out = piece.size();
    const auto result = BrotliDecoderDecompressStream(decoder_.get(), &left_in, &next_in, &left_out,
                                                      &next_out, nullptr);
    return {
        .state = StateOf(result), .used = bytes.size() - left_in, .bytes = piece.size() - left_out};
  }

  bool BeginAnother(char /*first*/) override { return false; }

 private:
  struct Deleter {
    void operator()(BrotliDecoderState* decoder) const { BrotliDecoderDestroyInstance(decoder); }
  };

  static UnpackState StateOf(BrotliDecoderResult result) {
    switch (result) {
      case BROTLI_DECODER_RESULT_ERROR:
        return UnpackState::kBroken;
      case BROTLI_DECODER_RESULT_SUCCESS:
        return UnpackState::kEnded;
      case BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT:
        return UnpackState::kNeedsMore;
      case BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT:
        return UnpackState::kGoesOn;
    }
    return UnpackState::kBroken;
  }

  std::unique_ptr<BrotliDecoderState, Deleter> decoder_{
      BrotliDecoderCreateInstance(nullptr, nullptr, nullptr)};
};

class ZstdUnpacker : public Unpacker {
 public:
  ZstdUnpacker() {
    if (decoder_) ZSTD_DCtx_setParameter(decoder_.get(), ZSTD_d_windowLogMax, kZstdWindowLogMax);
  }

  Unpacked Unpack(std::string_view bytes, std::span<char> piece) override {
    if (!decoder_) return kNoMemory;
    if (!has_begun_ && !bytes.empty()) {
      if (!BeginsFrame(bytes.front())) return {.state = UnpackState::kBroken};
      has_begun_ = true;
    }
    ZSTD_inBuffer in{.src = bytes.data(), .size = bytes.size(), .pos = 0};
    ZSTD_outBuffer out{.dst = piece.data(), .size = piece.size(), .pos = 0};
    const auto result = ZSTD_decompressStream(decoder_.get(), &out, &in);
    auto state = UnpackState::kGoesOn;
    if (ZSTD_isError(result) != 0) {
      state = UnpackState::kBroken;
    } else if (result == 0) {
      state = UnpackState::kEnded;
    } else if (in.pos == in.size && out.pos < out.size) {
      state = UnpackState::kNeedsMore;
    }
    return {.state = state, .used = in.pos, .bytes = out.pos};
  }

  bool BeginAnother(char first) override { return BeginsFrame(first); }

 private:
  // The first byte of a frame's magic number, or of one that is to be skipped (RFC 8878, 3.1.2).
  // Debian's library would also read the forms from before the RFC, which begin otherwise.
  static bool BeginsFrame(char first) {
    return first == '\x28' || (static_cast<unsigned char>(first) & 0xf0U) == 0x50;
  }

  struct Deleter {
    void operator()(ZSTD_DCtx* decoder) const { ZSTD_freeDCtx(decoder); }
  };
  std::unique_ptr<ZSTD_DCtx, Deleter> decoder_{ZSTD_createDCtx()};
  bool has_begun_ = false;
};

}  // namespace

std::unique_ptr<Unpacker> MakeZlibUnpacker(ZlibForm form) {
  return std::make_unique<ZlibUnpacker>(form);
}

std::unique_ptr<Unpacker> MakeBrotliUnpacker() { return std::make_unique<BrotliUnpacker>(); }

std::unique_ptr<Unpacker> MakeZstdUnpacker() { return std::make_unique<ZstdUnpacker>(); }

}  // namespace saunter::crawler::fetch
