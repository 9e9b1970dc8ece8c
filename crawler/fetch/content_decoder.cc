#include "crawler/fetch/content_decoder.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "crawler/fetch/unpacker.h"
#include "schemas/text.h"

namespace saunter::crawler::fetch {
namespace {

constexpr std::size_t kEncodingsMax = 5;
constexpr std::size_t kPieceBytes = 32768;
constexpr std::size_t kMarkBytes = 2;

enum class Encoding { kPassedOver, kGzip, kDeflate, kBrotli, kZstd, kUnsupported };

// IANA's registry of content codings. What is not in it has no meaning.
Encoding EncodingByName(std::string_view name) {
  struct Known {
    std::string_view name;
    Encoding encoding;
  };
  static constexpr auto kKnown = std::to_array<Known>({{"gzip", Encoding::kGzip},
                                                       {"x-gzip", Encoding::kGzip},
                                                       {"deflate", Encoding::kDeflate},
                                                       {"br", Encoding::kBrotli},
                                                       {"zstd", Encoding::kZstd},
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

bool IsBrotliOrZstd(Encoding encoding) {
  return encoding == Encoding::kBrotli || encoding == Encoding::kZstd;
}

// What text begins with; a raw deflate stream of a text does not.
bool IsText(std::string_view mark) {
  return mark.empty() || mark.front() == '<' || mark.front() == '{' || mark.front() == '[' ||
         schemas::IsBlankOrLineEnd(mark.front()) || mark.starts_with("\xef\xbb");
}

}  // namespace

Decoding DecodingOf(std::string_view encodings) {
  const std::vector<Encoding> known = EncodingsOf(encodings);
  if (known.size() > kEncodingsMax) return Decoding::kTooMany;
  if (std::ranges::find(known, Encoding::kUnsupported) != known.end()) {
    return Decoding::kUnsupported;
  }
  // A window of megabytes for each would be more than a transfer may hold.
  if (known.size() > 1 && std::ranges::any_of(known, IsBrotliOrZstd)) return Decoding::kTooMany;
  return known.empty() ? Decoding::kNone : Decoding::kKnown;
}

// One encoding of those that lie in one another.
class ContentDecoder::Layer {
 public:
  explicit Layer(Encoding encoding) : encoding_(encoding) {}

  template <typename Next>
  Result Add(std::string_view bytes, const Next& next) {
    std::string joined;
    if (state_ == State::kMark) {
      mark_.append(bytes);
      if (mark_.size() < MarkBytes()) return Result::kMore;
      joined = std::move(mark_);
      mark_.clear();
      bytes = joined;
      Open(bytes);
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

  // br has no mark, and what zstd has is its own to tell.
  [[nodiscard]] std::size_t MarkBytes() const { return IsBrotliOrZstd(encoding_) ? 1 : kMarkBytes; }

  void Open(std::string_view mark) {
    unpacker_ = UnpackerFor(mark);
    state_ = unpacker_ ? State::kPacked : State::kPlain;
  }

  // Null: it is not packed.
  [[nodiscard]] std::unique_ptr<Unpacker> UnpackerFor(std::string_view mark) const {
    switch (encoding_) {
      case Encoding::kBrotli:
        return MakeBrotliUnpacker();
      case Encoding::kZstd:
        return MakeZstdUnpacker();
      case Encoding::kDeflate:
        if (IsZlib(mark)) return MakeZlibUnpacker(ZlibForm::kZlib);
        // Lenient: RFC 9110, 8.4.1.2, knows of senders that leave out the wrapping.
        if (!IsGzip(mark) && !IsText(mark)) return MakeZlibUnpacker(ZlibForm::kBare);
        break;
      case Encoding::kGzip:
      case Encoding::kPassedOver:
      case Encoding::kUnsupported:
        break;
    }
    return IsGzip(mark) ? MakeZlibUnpacker(ZlibForm::kGzip) : nullptr;
  }

  template <typename Next>
  Result Unpack(std::string_view bytes, const Next& next) {
    if (between_streams_ && !BeginStream(bytes)) return Result::kMore;
    std::array<char, kPieceBytes> piece;
    while (true) {
      const auto unpacked = unpacker_->Unpack(bytes, piece);
      bytes.remove_prefix(unpacked.used);
      if (unpacked.bytes > 0) {
        const Result result = next(std::string_view(piece.data(), unpacked.bytes));
        if (result != Result::kMore) return result;
      }
      switch (unpacked.state) {
        case UnpackState::kGoesOn:
          break;
        case UnpackState::kNeedsMore:
          return Result::kMore;
        case UnpackState::kBroken:
          return Result::kBroken;
        case UnpackState::kEnded:
          between_streams_ = true;
          if (!BeginStream(bytes)) return Result::kMore;
          break;
      }
    }
  }

  // The first byte behind a stream tells another one from what is ignored. False: none begins yet.
  bool BeginStream(std::string_view bytes) {
    if (bytes.empty()) return false;
    between_streams_ = false;
    const bool begins = unpacker_->BeginAnother(bytes.front());
    if (!begins) state_ = State::kEnded;
    return begins;
  }

  const Encoding encoding_;
  State state_ = State::kMark;
  std::string mark_;
  std::unique_ptr<Unpacker> unpacker_;
  bool between_streams_ = false;
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
