#include "crawler/fetch/content_decoder.h"

#define ZLIB_CONST  // next_in is not written to
#include <zlib.h>

#include <algorithm>
#include <array>
#include <string>

#include "schemas/text.h"

namespace saunter::crawler::fetch {
namespace {

constexpr std::size_t kEncodingsMax = 5;
constexpr std::size_t kPieceBytes = 32768;
constexpr std::size_t kMarkBytes = 2;

enum class Encoding { kPassedOver, kGzip, kDeflate, kLibcurl, kUnsupported };

// IANA's registry of content codings. What is not in it has no meaning.
Encoding EncodingByName(std::string_view name) {
  struct Known {
    std::string_view name;
    Encoding encoding;
  };
  static constexpr auto kKnown = std::to_array<Known>({{"gzip", Encoding::kGzip},
                                                       {"x-gzip", Encoding::kGzip},
                                                       {"deflate", Encoding::kDeflate},
                                                       {"br", Encoding::kLibcurl},
                                                       {"zstd", Encoding::kLibcurl},
                                                       {"compress", Encoding::kUnsupported},
                                                       {"x-compress", Encoding::kUnsupported},
                                                       {"dcb", Encoding::kUnsupported},
                                                       {"dcz", Encoding::kUnsupported},
                                                       {"exi", Encoding::kUnsupported},
                                                       {"pack200-gzip", Encoding::kUnsupported}});
  for (const auto& known : kKnown) {
    if (schemas::EqualsIgnoringCase(known.name, name)) return known.encoding;
  }
  return Encoding::kPassedOver;
}

// In the order of the field, which is the order in which they were applied.
std::vector<Encoding> EncodingsOf(std::string_view list) {
  std::vector<Encoding> encodings;
  while (!list.empty()) {
    const std::string_view name = list.substr(0, list.find(','));
    list.remove_prefix(std::min(name.size() + 1, list.size()));
    const auto encoding = EncodingByName(schemas::Trim(name, schemas::kBlanksAndLineEnds));
    if (encoding != Encoding::kPassedOver) encodings.push_back(encoding);
  }
  return encodings;
}

bool IsGzip(std::string_view mark) { return mark.starts_with("\x1f\x8b"); }

// RFC 1950, 2.2: the method 8, and both bytes a multiple of 31.
bool IsZlib(std::string_view mark) {
  if (mark.size() < kMarkBytes) return false;
  const auto first = static_cast<unsigned char>(mark[0]);
  const auto second = static_cast<unsigned char>(mark[1]);
  return (first & 0x0fU) == 8 && (first * 256U + second) % 31 == 0;
}

// What text begins with; a raw deflate stream of a text does not.
bool IsText(std::string_view mark) {
  return mark.empty() || mark.front() == '<' || mark.front() == '{' || mark.front() == '[' ||
         schemas::IsBlankOrLineEnd(mark.front()) || mark.starts_with("\xef\xbb");
}

}  // namespace

Decoding DecodingOf(std::string_view encodings) {
  const std::vector<Encoding> known = EncodingsOf(encodings);
  const auto has = [&](Encoding encoding) {
    return std::find(known.begin(), known.end(), encoding) != known.end();
  };
  if (known.size() > kEncodingsMax) return Decoding::kTooMany;
  if (has(Encoding::kUnsupported)) return Decoding::kUnsupported;
  // libcurl undoes all of them or none, and has no limit for what lies between two of them.
  if (has(Encoding::kLibcurl)) return known.size() == 1 ? Decoding::kLibcurl : Decoding::kTooMany;
  return known.empty() ? Decoding::kNone : Decoding::kOwn;
}

// One encoding of those that lie in one another.
class ContentDecoder::Layer {
 public:
  explicit Layer(Encoding encoding) : encoding_(encoding) {}
  ~Layer() {
    if (is_open_) inflateEnd(&stream_);
  }
  Layer(const Layer&) = delete;
  Layer& operator=(const Layer&) = delete;

  template <typename Next>
  Result Add(std::string_view bytes, const Next& next) {
    std::string joined;
    if (state_ == State::kMark) {
      mark_.append(bytes);
      if (mark_.size() < kMarkBytes) return Result::kMore;
      joined = std::move(mark_);
      mark_.clear();
      bytes = joined;
      if (!Open(bytes)) return Result::kBroken;
    }
    switch (state_) {
      case State::kPlain:
        return next(bytes);
      case State::kPacked:
        return Unpack(bytes, next);
      case State::kMark:
      case State::kEnded:
        return Result::kMore;
    }
    return Result::kMore;
  }

  // Those of the bytes that it may be given, of so many in all.
  std::string_view Fit(std::string_view bytes, std::int64_t bytes_max) {
    const std::string_view fit =
        bytes.substr(0, static_cast<std::size_t>(bytes_max - taken_bytes_));
    taken_bytes_ += static_cast<std::int64_t>(fit.size());
    return fit;
  }

  // What is too short to have a mark is plain.
  template <typename Next>
  Result End(const Next& next) {
    return mark_.empty() ? Result::kMore : next(std::string_view(mark_));
  }

 private:
  enum class State { kMark, kPlain, kPacked, kEnded };

  // False: there is no memory for it.
  bool Open(std::string_view mark) {
    constexpr int kGzipOrZlib = MAX_WBITS + 32;
    const bool wrapped = IsGzip(mark) || (encoding_ == Encoding::kDeflate && IsZlib(mark));
    // Lenient: RFC 9110, 8.4.1.2, knows of senders that leave out the wrapping.
    const bool raw = encoding_ == Encoding::kDeflate && !IsText(mark);
    state_ = wrapped || raw ? State::kPacked : State::kPlain;
    if (state_ == State::kPlain) return true;
    is_open_ = inflateInit2(&stream_, wrapped ? kGzipOrZlib : -MAX_WBITS) == Z_OK;
    return is_open_;
  }

  template <typename Next>
  Result Unpack(std::string_view bytes, const Next& next) {
    if (between_members_ && !BeginsMember(bytes)) return Result::kMore;
    std::array<char, kPieceBytes> piece;
    stream_.next_in = reinterpret_cast<const Bytef*>(bytes.data());
    stream_.avail_in = static_cast<uInt>(bytes.size());
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(piece.data());
      stream_.avail_out = static_cast<uInt>(piece.size());
      const int status = inflate(&stream_, Z_NO_FLUSH);
      const std::string_view decoded(piece.data(), piece.size() - stream_.avail_out);
      if (!decoded.empty()) {
        if (const Result result = next(decoded); result != Result::kMore) return result;
      }
      if (status == Z_STREAM_END) {
        inflateReset(&stream_);
        between_members_ = true;
        const std::string_view rest(reinterpret_cast<const char*>(stream_.next_in),
                                    stream_.avail_in);
        if (!BeginsMember(rest)) return Result::kMore;
        continue;
      }
      if (status == Z_BUF_ERROR) return Result::kMore;  // all that came was used
      if (status != Z_OK) return Result::kBroken;
    } while (stream_.avail_in > 0 || stream_.avail_out == 0);
    return Result::kMore;
  }

  // RFC 1952, 2.2: a file has any number of members. The first byte tells one from what is ignored.
  bool BeginsMember(std::string_view bytes) {
    if (bytes.empty()) return false;
    between_members_ = false;
    const bool begins = encoding_ == Encoding::kGzip && bytes.front() == '\x1f';
    if (!begins) state_ = State::kEnded;
    return begins;
  }

  const Encoding encoding_;
  State state_ = State::kMark;
  std::string mark_;
  z_stream stream_{};
  bool is_open_ = false;
  bool between_members_ = false;
  std::int64_t taken_bytes_ = 0;
};

ContentDecoder::ContentDecoder(std::string_view encodings, std::int64_t between_bytes_max)
    : between_bytes_max_(between_bytes_max) {
  for (const Encoding encoding : EncodingsOf(encodings)) {
    layers_.insert(layers_.begin(), std::make_unique<Layer>(encoding));
  }
}

ContentDecoder::~ContentDecoder() = default;

ContentDecoder::Result ContentDecoder::Pass(std::size_t layer, std::string_view bytes,
                                            const Sink& sink) {
  if (layer == layers_.size()) return sink(bytes) ? Result::kMore : Result::kStopped;
  const std::string_view taken =
      layer == 0 ? bytes : layers_[layer]->Fit(bytes, between_bytes_max_);
  const Result result = layers_[layer]->Add(
      taken, [&](std::string_view decoded) { return Pass(layer + 1, decoded, sink); });
  return result == Result::kMore && taken.size() < bytes.size() ? Result::kTooLarge : result;
}

ContentDecoder::Result ContentDecoder::Add(std::string_view bytes, const Sink& sink) {
  return Pass(0, bytes, sink);
}

ContentDecoder::Result ContentDecoder::End(const Sink& sink) {
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const Result result =
        layers_[i]->End([&](std::string_view rest) { return Pass(i + 1, rest, sink); });
    if (result != Result::kMore) return result;
  }
  return Result::kMore;
}

}  // namespace saunter::crawler::fetch
