// Undoes the Content-Encoding of a body piece by piece, as servers use it and not only as RFC 9110,
// 8.4, has it.
//
// libcurl could do it, but it fails on names that nobody knows (UTF-8, aws-chunked, binary, none),
// on a second member behind the first and on a body that only says that it is packed, has no limit
// for what lies between two encodings, and may not be told between header and body to leave one
// alone (its version 8 takes no notice). So it is told to undo nothing.
//
// Thread safety: one thread. Errors: Result.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace saunter::crawler::fetch {

// What a Content-Encoding field asks for.
enum class Decoding : std::uint8_t {
  kNone,         // nothing: no name, "identity", or names that nobody knows (lenient)
  kKnown,        // gzip and deflate, or br or zstd alone, and between them what nobody knows
  kUnsupported,  // an encoding that nobody was asked for
  kTooMany,      // one in the other, so many or such that they are meant to harm
};
// `encodings` is the field's value, of several the values joined by ", ".
[[nodiscard]] Decoding DecodingOf(std::string_view encodings);

class ContentDecoder {
 public:
  enum class Result : std::uint8_t {
    kMore,      // all was taken
    kStopped,   // the sink wants no more
    kBroken,    // what came is not in its encoding
    kTooLarge,  // what lies between two encodings is beyond its limit
  };
  // Takes decoded bytes; false: it wants no more.
  using Sink = std::function<bool(std::string_view)>;

  // For encodings whose decoding is kKnown. Of each form that the body has between two of them at
  // most `between_bytes_max` are made: the sink does not see them, and a few bytes can stand for
  // any number that lead to none for the sink.
  ContentDecoder(std::string_view encodings, std::int64_t between_bytes_max);
  ~ContentDecoder();
  ContentDecoder(const ContentDecoder&) = delete;
  ContentDecoder& operator=(const ContentDecoder&) = delete;

  // Lenient: a body without the mark of gzip or deflate is taken as it is; behind the end of a
  // packed stream another one goes on, and anything else is ignored; one that is cut ends where it
  // ends.
  [[nodiscard]] Result Add(std::string_view bytes, const Sink& sink);
  // To be called behind the last byte: gives the sink what was held back to tell its encoding.
  [[nodiscard]] Result End(const Sink& sink);

 private:
  class Layer;
  [[nodiscard]] Result Pass(std::size_t layer, std::string_view bytes, const Sink& sink);

  const std::int64_t between_bytes_max_;
  std::vector<std::unique_ptr<Layer>> layers_;  // outermost first
};

}  // namespace saunter::crawler::fetch
