#include "api/walk/token.h"

#include <array>
#include <cstddef>
#include <cstdint>

#include "api/walk/permutation.h"

namespace saunter::api::walk {
namespace {

constexpr std::uint8_t kTokenVersion = 1;
constexpr std::size_t kTokenBytes = 28;
constexpr std::size_t kTokenChars = (kTokenBytes * 8 + 5) / 6;
constexpr std::uint64_t kTokenSalt = 0x5361756e74657231;
constexpr int kDomainBitsMax = 26;

std::uint32_t Checksum(const std::array<std::uint8_t, kTokenBytes>& bytes) {
  std::uint64_t sum = kTokenSalt;
  for (std::size_t i = 0; i + 4 < bytes.size(); ++i) sum = Mix(sum ^ bytes[i]);
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
  explicit ByteCursor(std::array<std::uint8_t, kTokenBytes>& bytes) : bytes_(bytes) {}

  void Put(std::uint64_t value, int size) {
    for (int i = 0; i < size; ++i) {
      bytes_[place_++] = static_cast<std::uint8_t>(value >> (8 * i));
    }
  }
  std::uint64_t Take(int size) {
    std::uint64_t value = 0;
    for (int i = 0; i < size; ++i) value |= std::uint64_t{bytes_[place_++]} << (8 * i);
    return value;
  }

 private:
  std::array<std::uint8_t, kTokenBytes>& bytes_;
  std::size_t place_ = 0;
};

}  // namespace

std::string ToToken(const Walk& walk) {
  std::array<std::uint8_t, kTokenBytes> bytes{};
  ByteCursor cursor(bytes);
  cursor.Put(kTokenVersion, 1);
  cursor.Put(walk.domain_bits, 1);
  cursor.Put(walk.seed, 8);
  cursor.Put(static_cast<std::uint64_t>(walk.newest_link_id), 6);
  cursor.Put(walk.round, 4);
  cursor.Put(walk.position, 4);
  cursor.Put(Checksum(bytes), 4);
  std::string token;
  token.reserve(kTokenChars);
  std::uint32_t bits = 0;
  int bit_count = 0;
  for (const auto byte : bytes) {
    bits = (bits << 8) | byte;
    for (bit_count += 8; bit_count >= 6; bit_count -= 6) {
      token.push_back(kAlphabet[(bits >> (bit_count - 6)) & 63]);
    }
  }
  token.push_back(kAlphabet[(bits << (6 - bit_count)) & 63]);
  return token;
}

std::optional<Walk> FromToken(std::string_view token) {
  if (token.size() != kTokenChars) return std::nullopt;
  std::array<std::uint8_t, kTokenBytes> bytes{};
  std::size_t size = 0;
  std::uint32_t bits = 0;
  int bit_count = 0;
  for (const char c : token) {
    const auto value = kValues[static_cast<unsigned char>(c)];
    if (value < 0) return std::nullopt;
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    bit_count += 6;
    if (bit_count < 8) continue;
    bit_count -= 8;
    bytes[size++] = static_cast<std::uint8_t>(bits >> bit_count);
  }
  if ((bits & ((std::uint32_t{1} << bit_count) - 1)) != 0) return std::nullopt;
  ByteCursor cursor(bytes);
  if (cursor.Take(1) != kTokenVersion) return std::nullopt;
  Walk walk;
  walk.domain_bits = static_cast<std::uint8_t>(cursor.Take(1));
  walk.seed = cursor.Take(8);
  walk.newest_link_id = static_cast<schemas::Id>(cursor.Take(6));
  walk.round = static_cast<std::uint32_t>(cursor.Take(4));
  walk.position = static_cast<std::uint32_t>(cursor.Take(4));
  if (cursor.Take(4) != Checksum(bytes)) return std::nullopt;
  if (walk.domain_bits > kDomainBitsMax) return std::nullopt;
  if (walk.position > (std::uint32_t{1} << walk.domain_bits)) return std::nullopt;
  return walk;
}

}  // namespace saunter::api::walk
