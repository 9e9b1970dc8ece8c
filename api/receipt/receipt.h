// Receipts: what a link carries so that its reader can say something of it later, once and soon,
// without an account. A receipt names the link and its source, not the reader.
//
// 33 bytes, numbers with the lowest byte first, as 44 characters of base64url (RFC 4648, 5):
//
//   0         1         7           13         17      25    33
//   ┌─────────┬─────────┬───────────┬──────────┬───────┬──────┐
//   │ version │ link_id │ source_id │ given_at │ nonce │ code │
//   └─────────┴─────────┴───────────┴──────────┴───────┴──────┘
//
// The version is 1. The code is the beginning of a keyed BLAKE2b of the bytes before it. 64 bits
// are enough: codes can be tried only by asking this service, whose answers are few for each
// network, and one that fits by chance after 2^63 tries is one vote. All 264 bits are spelled out
// in the characters, so no two texts mean the same receipt.
//
// Thread safety: pure functions. Errors: a text that this key's holder did not write is nullopt.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "schemas/units.h"

namespace saunter::api::receipt {

using Key = std::array<unsigned char, 32>;

struct Receipt {
  schemas::Id link_id = 0;  // at most 2^48 - 1, as source_id
  schemas::Id source_id = 0;
  schemas::UnixSeconds given_at = 0;  // at most 2^32 - 1
  std::uint64_t nonce = 0;            // no other receipt's

  bool operator==(const Receipt&) const = default;
};

// Characters without a need for escapes in JSON or a URL.
void AppendReceipt(std::string& out, const Receipt& receipt, const Key& key);
[[nodiscard]] std::optional<Receipt> ReadReceipt(std::string_view text, const Key& key);

// A name that stays for this text and this key, and that no other key gives; it says nothing of the
// key. A UUID of version 8 (RFC 9562, 5.8), in lower case.
[[nodiscard]] std::string UuidOf(std::string_view text, const Key& key);

// The store remembers used nonces for a day longer than receipts are good, so a receipt of a clock
// that is ahead must not be taken much before its time.
enum class Age { kGood, kExpired, kNotYet };
[[nodiscard]] Age AgeOf(const Receipt& receipt, schemas::UnixSeconds now);

}  // namespace saunter::api::receipt
