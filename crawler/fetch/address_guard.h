// Decides which addresses a request may reach, for each connection and on the address itself.
//
// Names, redirects and spellings of an address (0x7f.1, 2130706433, [::ffff:127.0.0.1]) do not
// matter here: the guard is asked once the resolver has answered, about the binary address that
// libcurl is about to connect to. It allows public addresses except this machine's own, and no
// address of IANA's special-purpose registries. allow_networks opens further blocks.
//
// Thread safety: immutable once constructed. Errors: the constructor throws std::runtime_error for
// a malformed network, which CheckNetworks names beforehand, and when this machine's
// addresses cannot be read.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace saunter::crawler::fetch {

// An IPv4 or IPv6 address in network order; IPv4 fills the first four bytes.
struct Address {
  int family = 0;
  std::array<std::uint8_t, 16> bytes{};
};

[[nodiscard]] std::optional<Address> ParseAddress(std::string_view text);

// A block of addresses: those that share the first `prefix_bits` bits.
struct Network {
  Address address;
  int prefix_bits = 0;

  [[nodiscard]] bool Contains(const Address& other) const;
};

// "10.0.0.0/8", "fd00::/8" or a lone address; nullopt if malformed or with bits after the prefix.
[[nodiscard]] std::optional<Network> ParseNetwork(std::string_view text);

// Whether an address is public: in no special-purpose block of IANA's registries.
[[nodiscard]] bool IsPublic(const Address& address);

// What is wrong with texts that must be CIDR blocks; nullopt if nothing.
[[nodiscard]] std::optional<std::string> CheckNetworks(const std::vector<std::string>& networks);

class AddressGuard {
 public:
  AddressGuard(const std::vector<std::string>& allow_networks,
               const std::vector<std::int64_t>& allow_ports);

  [[nodiscard]] bool Allows(const Address& address, int port) const;
  [[nodiscard]] bool Allows(const sockaddr& address, socklen_t address_bytes) const;
  // The address of a socket, if that and its port are allowed.
  [[nodiscard]] std::optional<Address> Allowed(const sockaddr& address,
                                               socklen_t address_bytes) const;
  // Whether one of allow_networks holds the address.
  [[nodiscard]] bool IsOpened(const Address& address) const;

 private:
  std::vector<Network> allow_networks_;
  std::vector<std::int64_t> allow_ports_;
  std::vector<Address> own_addresses_;  // of this machine's interfaces
};

}  // namespace saunter::crawler::fetch
