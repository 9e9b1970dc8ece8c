// The walk token: how a walk travels to a client and back.
//
// 29 bytes, numbers with the lowest byte first, as 39 characters of base64url without padding
// (RFC 4648, 5):
//
//   0         1            2           3      11               17      21         25         29
//   ┌─────────┬────────────┬───────────┬──────┬────────────────┬───────┬──────────┬──────────┐
//   │ version │ order_bits │ slot_bits │ seed │ newest_link_id │ round │ position │ checksum │
//   └─────────┴────────────┴───────────┴──────┴────────────────┴───────┴──────────┴──────────┘
//
// The version is 2. slot_bits is at most 26, order_bits at most slot_bits and position at most
// 2^slot_bits; a token beyond that is refused. The checksum covers the bytes before it.
//
// A walk with weights has version 3, and the number of their week in 2 bytes before the checksum;
// its position is at most 2^(slot_bits + kLaneBits). A walk without weights has version 2, as it
// had before there were any.
//
// Version 1 had 28 bytes, with one number of bits, and meant an order of sites. Its checksum was
// made in the same way, so that a token which once was whole is known: its walk is over, and a new
// one begins.
//
// There is no identity in it. The checksum finds mistyped and invented tokens; it is no signature,
// since nothing can be gained by making a token.
//
// Thread safety: pure functions. Errors: a token that is not whole is TokenForm::kNone.
#pragma once

#include <string>
#include <string_view>

#include "api/walk/walk.h"

namespace saunter::api::walk {

[[nodiscard]] std::string ToToken(const Walk& walk);

enum class TokenForm {
  kNone,   // no token, or one that was changed
  kOlder,  // of a walk that cannot go on
  kWalk,
};
struct TokenRead {
  TokenForm form = TokenForm::kNone;
  Walk walk;  // if form is kWalk
};
[[nodiscard]] TokenRead FromToken(std::string_view token);

}  // namespace saunter::api::walk
