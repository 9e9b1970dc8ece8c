#include "api/walk/token.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "api/walk/permutation.h"

namespace saunter::api::walk {
namespace {

constexpr std::uint8_t kTokenVersion = 2;
constexpr std::size_t kTokenBytes = 29;
constexpr std::uint8_t kWeightedVersion = 3;
constexpr std::size_t kWeightedBytes = 31;
constexpr std::uint8_t kOlderVersion = 1;
constexpr std::size_t kOlderBytes = 28;
constexpr std::size_t kChecksumBytes = 4;
constexpr std::uint64_t kTokenSalt = 0x5361756e74657231;

constexpr std::size_t CharsOf(std::size_t bytes) { return (bytes * 8 + 5) / 6; }

// Of the bytes before it.
std::uint32_t Checksum(std::span<const std::uint8_t> bytes) {
  std::uint64_t sum = kTokenSalt;
  for (const auto byte : bytes) sum = Mix(sum ^ byte);
  return static_cast<std::uint32_t>(sum >> 32);
}

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr auto kValues = [] {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::int8_t>(i);
  }
  return values;
}();

class ByteCursor {
 public:
  explicit ByteCursor(std::span<std::uint8_t> bytes) : bytes_(bytes) {}

  void Put(std::uint64_t value, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
      bytes_[place_++] = static_cast<std::uint8_t>(value >> (8 * i));
    }
  }
  std::uint64_t Take(std::size_t size) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i) value |= std::uint64_t{bytes_[place_++]} << (8 * i);
    return value;
  }

 private:
  std::span<std::uint8_t> bytes_;
  std::size_t place_ = 0;
};

// False: the characters are no base64url of so many bytes.
bool Decode(std::string_view token, std::span<std::uint8_t> bytes) {
  if (token.size() != CharsOf(bytes.size())) return false;
  std::size_t size = 0;
  std::uint32_t bits = 0;
  int bit_count = 0;
  for (const char c : token) {
    const auto value = kValues[static_cast<unsigned char>(c)];
    if (value < 0) return false;
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    bit_count += 6;
    if (bit_count < 8) continue;
    bit_count -= 8;
    bytes[size++] = static_cast<std::uint8_t>(bits >> bit_count);
  }
  return (bits & ((std::uint32_t{1} << bit_count) - 1)) == 0;
}

std::string Encode(std::span<const std::uint8_t> bytes) {
  std::string token;
  token.reserve(CharsOf(bytes.size()));
  std::uint32_t bits = 0;
  int bit_count = 0;
  for (const auto byte : bytes) {
    bits = (bits << 8) | byte;
    for (bit_count += 8; bit_count >= 6; bit_count -= 6) {
      token.push_back(kAlphabet[(bits >> (bit_count - 6)) & 63]);
    }
  }
  if (bit_count > 0) token.push_back(kAlphabet[(bits << (6 - bit_count)) & 63]);
  return token;
}

// True if the bytes begin with the version and end with the checksum of the rest.
bool IsWhole(std::span<std::uint8_t> bytes, std::uint8_t version) {
  const auto rest = bytes.first(bytes.size() - kChecksumBytes);
  return bytes[0] == version &&
         ByteCursor(bytes.last(kChecksumBytes)).Take(kChecksumBytes) == Checksum(rest);
}

bool IsOfOlderForm(std::string_view token) {
  std::array<std::uint8_t, kOlderBytes> bytes{};
  return Decode(token, bytes) && IsWhole(bytes, kOlderVersion);
}

}  // namespace

std::string ToToken(const Walk& walk) {
  std::array<std::uint8_t, kWeightedBytes> room{};
  const auto bytes =
      std::span<std::uint8_t>(room).first(walk.week != 0 ? kWeightedBytes : kTokenBytes);
  ByteCursor cursor(bytes);
  cursor.Put(walk.week != 0 ? kWeightedVersion : kTokenVersion, 1);
  cursor.Put(walk.order_bits, 1);
  cursor.Put(walk.slot_bits, 1);
  cursor.Put(walk.seed, 8);
  cursor.Put(static_cast<std::uint64_t>(walk.newest_link_id), 6);
  cursor.Put(walk.round, 4);
  cursor.Put(walk.position, 4);
  if (walk.week != 0) cursor.Put(walk.week, 2);
  cursor.Put(Checksum(bytes.first(bytes.size() - kChecksumBytes)), kChecksumBytes);
  return Encode(bytes);
}

TokenRead FromToken(std::string_view token) {
  if (IsOfOlderForm(token)) return {TokenForm::kOlder, {}};
  std::array<std::uint8_t, kWeightedBytes> room{};
  const bool is_weighted = token.size() == CharsOf(kWeightedBytes);
  const auto bytes =
      std::span<std::uint8_t>(room).first(is_weighted ? kWeightedBytes : kTokenBytes);
  const auto version = is_weighted ? kWeightedVersion : kTokenVersion;
  if (!Decode(token, bytes) || !IsWhole(bytes, version)) return {};
  ByteCursor cursor(bytes.subspan(1));
  Walk walk;
  walk.order_bits = static_cast<std::uint8_t>(cursor.Take(1));
  walk.slot_bits = static_cast<std::uint8_t>(cursor.Take(1));
  walk.seed = cursor.Take(8);
  walk.newest_link_id = static_cast<schemas::Id>(cursor.Take(6));
  walk.round = static_cast<std::uint32_t>(cursor.Take(4));
  walk.position = static_cast<std::uint32_t>(cursor.Take(4));
  if (is_weighted) walk.week = static_cast<std::uint16_t>(cursor.Take(2));
  if (is_weighted && walk.week == 0) return {};
  if (walk.slot_bits > index::kSlotBitsMax || walk.order_bits > walk.slot_bits) return {};
  if (walk.position > (std::uint32_t{1} << (walk.slot_bits + (is_weighted ? kLaneBits : 0)))) {
    return {};
  }
  return {TokenForm::kWalk, walk};
}

}  // namespace saunter::api::walk
