// The walk token: how a walk travels to a client and back.
//
// 28 bytes, numbers with the lowest byte first, as 38 characters of base64url without padding
// (RFC 4648, 5):
//
//   0         1             2      10               16      20         24         28
//   ┌─────────┬─────────────┬──────┬────────────────┬───────┬──────────┬──────────┐
//   │ version │ domain_bits │ seed │ newest_link_id │ round │ position │ checksum │
//   └─────────┴─────────────┴──────┴────────────────┴───────┴──────────┴──────────┘
//
// The version is 1. domain_bits is at most 26 and position at most 2^domain_bits; a token beyond
// that is refused. The checksum covers the bytes before it.
//
// There is no identity in it. The checksum finds mistyped and invented tokens; it is no signature,
// since nothing can be gained by making a token.
//
// Thread safety: pure functions. Errors: a token that is not whole is std::nullopt.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/walk/walk.h"

namespace saunter::api::walk {

[[nodiscard]] std::string ToToken(const Walk& walk);
[[nodiscard]] std::optional<Walk> FromToken(std::string_view token);

}  // namespace saunter::api::walk
