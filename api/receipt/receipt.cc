#include "api/receipt/receipt.h"

#include <sodium.h>

#include <cstddef>

#include "schemas/text.h"

namespace saunter::api::receipt {
namespace {

constexpr std::uint64_t kReceiptVersion = 1;
constexpr std::size_t kCodeBytes = 8;
constexpr std::size_t kReceiptBytes = 33;
constexpr std::size_t kCoveredBytes = kReceiptBytes - kCodeBytes;
constexpr std::size_t kReceiptChars = 44;
constexpr auto kBase64 = sodium_base64_VARIANT_URLSAFE_NO_PADDING;

constexpr schemas::UnixSeconds kGoodForS = 7 * 86400;
constexpr schemas::UnixSeconds kAheadSMax = 3600;

using Bytes = std::array<unsigned char, kReceiptBytes>;

class Cursor {
 public:
  explicit Cursor(Bytes& bytes) : bytes_(bytes) {}

  void Put(std::uint64_t value, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
      bytes_[place_++] = static_cast<unsigned char>(value >> (8 * i));
    }
  }
  std::uint64_t Take(std::size_t size) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i) value |= std::uint64_t{bytes_[place_++]} << (8 * i);
    return value;
  }

 private:
  Bytes& bytes_;
  std::size_t place_ = 0;
};

// The shortest that the library makes; its beginning is used.
using Code = std::array<unsigned char, crypto_generichash_BYTES_MIN>;
static_assert(std::tuple_size_v<Code> >= kCodeBytes);

Code CodeOf(const Bytes& bytes, const Key& key) {
  Code code{};
  crypto_generichash(code.data(), code.size(), bytes.data(), kCoveredBytes, key.data(), key.size());
  return code;
}

using Text = std::array<char, kReceiptChars>;

// The library's own function takes its time so that nobody can measure what it writes, which is for
// keys; a receipt is read by whoever gets it, and there may be fifty in an answer.
Text TextOf(const Bytes& bytes) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  static_assert(kReceiptBytes % 3 == 0 && kReceiptChars == kReceiptBytes / 3 * 4);
  Text text{};
  std::size_t place = 0;
  for (std::size_t i = 0; i < kReceiptBytes; i += 3) {
    const std::uint32_t group = std::uint32_t{bytes[i]} << 16 | std::uint32_t{bytes[i + 1]} << 8 |
                                std::uint32_t{bytes[i + 2]};
    for (const int shift : {18, 12, 6, 0}) text[place++] = kAlphabet[group >> shift & 63];
  }
  return text;
}

}  // namespace

void AppendReceipt(std::string& out, const Receipt& receipt, const Key& key) {
  Bytes bytes{};
  Cursor cursor(bytes);
  cursor.Put(kReceiptVersion, 1);
  cursor.Put(static_cast<std::uint64_t>(receipt.link_id), 6);
  cursor.Put(static_cast<std::uint64_t>(receipt.source_id), 6);
  cursor.Put(static_cast<std::uint64_t>(receipt.given_at), 4);
  cursor.Put(receipt.nonce, 8);
  const auto code = CodeOf(bytes, key);
  for (std::size_t i = 0; i < kCodeBytes; ++i) cursor.Put(code[i], 1);
  const auto text = TextOf(bytes);
  out.append(text.data(), text.size());
}

std::optional<Receipt> ReadReceipt(std::string_view text, const Key& key) {
  Bytes bytes{};
  std::size_t size = 0;
  if (text.size() != kReceiptChars ||
      sodium_base642bin(bytes.data(), bytes.size(), text.data(), text.size(), nullptr, &size,
                        nullptr, kBase64) != 0 ||
      size != bytes.size()) {
    return std::nullopt;
  }
  // libsodium 1.0.18 reads some bytes above 0x7f as if they were digits.
  const auto written = TextOf(bytes);
  if (text != std::string_view(written.data(), written.size())) return std::nullopt;
  const auto code = CodeOf(bytes, key);
  if (sodium_memcmp(code.data(), bytes.data() + kCoveredBytes, kCodeBytes) != 0) {
    return std::nullopt;
  }
  Cursor cursor(bytes);
  if (cursor.Take(1) != kReceiptVersion) return std::nullopt;
  Receipt receipt;
  receipt.link_id = static_cast<schemas::Id>(cursor.Take(6));
  receipt.source_id = static_cast<schemas::Id>(cursor.Take(6));
  receipt.given_at = static_cast<schemas::UnixSeconds>(cursor.Take(4));
  receipt.nonce = cursor.Take(8);
  return receipt;
}

std::string UuidOf(std::string_view text, const Key& key) {
  // No receipt begins so: none of their codes can be had this way.
  auto named = "name of " + std::string(text);
  std::array<unsigned char, 16> bytes{};
  crypto_generichash(bytes.data(), bytes.size(),
                     reinterpret_cast<const unsigned char*>(named.data()), named.size(), key.data(),
                     key.size());
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | 0x80);  // the version
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);  // the variant
  std::string uuid;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) uuid.push_back('-');
    uuid.push_back(schemas::kHexDigits[bytes[i] >> 4]);
    uuid.push_back(schemas::kHexDigits[bytes[i] & 0xf]);
  }
  return uuid;
}

Age AgeOf(const Receipt& receipt, schemas::UnixSeconds now) {
  if (receipt.given_at > now + kAheadSMax) return Age::kNotYet;
  return now - receipt.given_at < kGoodForS ? Age::kGood : Age::kExpired;
}

}  // namespace saunter::api::receipt
