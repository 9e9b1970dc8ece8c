// Unpacks one stream of a content coding, piece by piece: gzip and deflate by zlib, br by brotli,
// zstd by zstd.
//
// Thread safety: one thread. Errors: UnpackState, kBroken also where there is no memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace saunter::crawler::fetch {

enum class UnpackState : std::uint8_t {
  kGoesOn,     // there is more to come of what it was given
  kNeedsMore,  // all that it was given is used, and all that comes of it has come
  kEnded,      // the stream is whole; what is not used stands behind it
  kBroken,
};

struct Unpacked {
  UnpackState state = UnpackState::kGoesOn;
  std::size_t used = 0;   // bytes of those that it was given
  std::size_t bytes = 0;  // at the beginning of the piece
};

class Unpacker {
 public:
  Unpacker() = default;
  virtual ~Unpacker() = default;
  Unpacker(const Unpacker&) = delete;
  Unpacker& operator=(const Unpacker&) = delete;

  [[nodiscard]] virtual Unpacked Unpack(std::string_view bytes, std::span<char> piece) = 0;
  // To be called when a stream has ended: true if another one begins with this byte, which is then
  // unpacked. RFC 1952, 2.2: a gzip file has any number of members; RFC 8878, 3.1: zstd's data has
  // any number of frames.
  [[nodiscard]] virtual bool BeginAnother(char first) = 0;
};

enum class ZlibForm : std::uint8_t {
  kGzip,  // RFC 1952
  kZlib,  // RFC 1950
  kBare,  // RFC 1951, without any wrapping
};
[[nodiscard]] std::unique_ptr<Unpacker> MakeZlibUnpacker(ZlibForm form);
// RFC 7932. A window has up to 16 MiB, and no more than what comes out.
[[nodiscard]] std::unique_ptr<Unpacker> MakeBrotliUnpacker();
// RFC 8878, with windows of up to 8 MiB as RFC 9659 has it for HTTP.
[[nodiscard]] std::unique_ptr<Unpacker> MakeZstdUnpacker();

}  // namespace saunter::crawler::fetch
