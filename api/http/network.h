// Which network a request comes from: the peer's address or, behind a proxy that is trusted, the
// one that it forwards.
//
// X-Forwarded-For is a list to which each proxy adds the address that it was asked from. What
// stands before the last element may be anything that a client sent, so only the last counts.
//
// Thread safety: pure functions. Errors: what is no address is nullopt.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace saunter::api::http {

// As of IPv6; one of IPv4 is mapped (RFC 4291, 2.5.5.2), so both forms of it are one address.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};

  bool operator==(const IpAddress&) const = default;
  [[nodiscard]] bool IsIpv4() const;
};
// "192.0.2.1" or "2001:db8::1".
[[nodiscard]] std::optional<IpAddress> ParseIpAddress(std::string_view text);

// What the system says of a connection's other end; nullopt: that is no address of the internet.
[[nodiscard]] std::optional<IpAddress> IpAddressOf(const sockaddr_storage& end);

struct IpBlock {
  IpAddress address;
  int bits = 128;  // of the 16 bytes

  // A block of one kind of addresses holds none of the other.
  [[nodiscard]] bool Holds(const IpAddress& other) const;
};
// "192.0.2.0/24", "2001:db8::/32" or an address alone.
[[nodiscard]] std::optional<IpBlock> ParseIpBlock(std::string_view text);

// The reader's address. `forwarded_for` is the last X-Forwarded-For, which is believed only of a
// trusted peer. What is no address there is taken as the peer's own.
[[nodiscard]] IpAddress ReaderAddress(const IpAddress& peer, std::string_view forwarded_for,
                                      std::span<const IpBlock> trusted);

// The /24 or, of IPv6, the /48 of an address: what one household or office has at most. Equal for
// equal networks alone.
[[nodiscard]] std::uint64_t NetworkOf(const IpAddress& address);

}  // namespace saunter::api::http
