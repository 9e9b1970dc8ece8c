#include "crawler/fetch/address_guard.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <memory>
#include <stdexcept>

#include "crawler/fetch/fetcher.h"

namespace saunter::crawler::fetch {
namespace {

// IANA IPv4 Special-Purpose Address Registry, multicast and the former class E. Blocks that the
// registry calls globally reachable (AS112, AMT) serve no web pages and are left out as well.
const std::vector<std::string> kSpecialIpv4 = {
    "0.0.0.0/8",      "10.0.0.0/8",     "100.64.0.0/10",   "127.0.0.0/8",     "169.254.0.0/16",
    "172.16.0.0/12",  "192.0.0.0/24",   "192.0.2.0/24",    "192.31.196.0/24", "192.52.193.0/24",
    "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15",   "198.51.100.0/24",
    "203.0.113.0/24", "224.0.0.0/4",    "240.0.0.0/4"};

// Only 2000::/3 is handed out for global unicast; these parts of it are special: protocol
// assignments with Teredo, documentation, 6to4 (which leads to any IPv4 address), AS112.
const std::vector<std::string> kGlobalIpv6 = {"2000::/3"};
const std::vector<std::string> kSpecialIpv6 = {"2001::/23", "2001:db8::/32", "2002::/16",
                                               "2620:4f:8000::/48", "3fff::/20"};

// Throws std::runtime_error for a text that is no network.
std::vector<Network> ParseAll(const std::vector<std::string>& texts) {
  std::vector<Network> networks;
  networks.reserve(texts.size());
  for (const auto& text : texts) {
    const auto network = ParseNetwork(text);
    if (!network) throw std::runtime_error("not a network: " + text);
    networks.push_back(*network);
  }
  return networks;
}

bool InAny(const std::vector<Network>& networks, const Address& address) {
  return std::ranges::any_of(networks,
                             [&](const Network& network) { return network.Contains(address); });
}

bool SameBits(const Address& a, const Address& b, int bits) {
  const auto whole = static_cast<std::size_t>(bits / 8);
  if (!std::equal(a.bytes.begin(), a.bytes.begin() + bits / 8, b.bytes.begin())) return false;
  const int rest = bits % 8;
  return rest == 0 || (a.bytes[whole] ^ b.bytes[whole]) >> (8 - rest) == 0;
}

std::optional<Address> FromSockaddr(const sockaddr& address, socklen_t address_bytes, int& port) {
  Address result;
  result.family = address.sa_family;
  if (address.sa_family == AF_INET && address_bytes >= sizeof(sockaddr_in)) {
    sockaddr_in ipv4{};
    std::memcpy(&ipv4, &address, sizeof ipv4);
    std::memcpy(result.bytes.data(), &ipv4.sin_addr, sizeof ipv4.sin_addr);
    port = ntohs(ipv4.sin_port);
    return result;
  }
  if (address.sa_family == AF_INET6 && address_bytes >= sizeof(sockaddr_in6)) {
    sockaddr_in6 ipv6{};
    std::memcpy(&ipv6, &address, sizeof ipv6);
    std::memcpy(result.bytes.data(), &ipv6.sin6_addr, sizeof ipv6.sin6_addr);
    port = ntohs(ipv6.sin6_port);
    return result;
  }
  return std::nullopt;
}

std::vector<Address> OwnAddresses() {
  std::vector<Address> addresses;
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) throw std::runtime_error("getifaddrs failed");
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owner(list, freeifaddrs);
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr) continue;
    int port = 0;
    const socklen_t size = entry->ifa_addr->sa_family == AF_INET    ? sizeof(sockaddr_in)
                           : entry->ifa_addr->sa_family == AF_INET6 ? sizeof(sockaddr_in6)
                                                                    : 0;
    const std::optional<Address> address = FromSockaddr(*entry->ifa_addr, size, port);
    if (address) addresses.push_back(*address);
  }
  return addresses;
}

}  // namespace

std::optional<Address> ParseAddress(std::string_view text) {
  const std::string copy(text);
  Address address;
  for (const int family : {AF_INET, AF_INET6}) {
    if (inet_pton(family, copy.c_str(), address.bytes.data()) == 1) {
      address.family = family;
      return address;
    }
  }
  return std::nullopt;
}

bool Network::Contains(const Address& other) const {
  return address.family == other.family && SameBits(address, other, prefix_bits);
}

std::optional<Network> ParseNetwork(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::optional<Address> address = ParseAddress(text.substr(0, slash));
  if (!address) return std::nullopt;
  const int bits_max = address->family == AF_INET ? 32 : 128;
  Network network{*address, bits_max};
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), network.prefix_bits);
    if (error != std::errc() || end != digits.data() + digits.size() || network.prefix_bits < 0 ||
        network.prefix_bits > bits_max) {
      return std::nullopt;
    }
  }
  for (int bit = network.prefix_bits; bit < bits_max; ++bit) {
    if ((address->bytes[static_cast<std::size_t>(bit / 8)] >> (7 - bit % 8) & 1) != 0) {
      return std::nullopt;
    }
  }
  return network;
}

bool IsPublic(const Address& address) {
  static const std::vector<Network> special_ipv4 = ParseAll(kSpecialIpv4);
  static const std::vector<Network> special_ipv6 = ParseAll(kSpecialIpv6);
  static const std::vector<Network> global_ipv6 = ParseAll(kGlobalIpv6);
  if (address.family == AF_INET) return !InAny(special_ipv4, address);
  return InAny(global_ipv6, address) && !InAny(special_ipv6, address);
}

std::optional<std::string> CheckNetworks(const std::vector<std::string>& networks) {
  for (const std::string& text : networks) {
    if (!ParseNetwork(text)) {
      return "'" + text +
             "' is not a network: write an address block such as 10.1.0.0/16 or fd00::/8, with no "
             "bits set after the prefix";
    }
  }
  return std::nullopt;
}

AddressGuard::AddressGuard(const std::vector<std::string>& allow_networks,
                           const std::vector<std::int64_t>& allow_ports)
    : allow_ports_(allow_ports), own_addresses_(OwnAddresses()) {
  if (const auto problem = CheckNetworks(allow_networks)) throw std::runtime_error(*problem);
  allow_networks_ = ParseAll(allow_networks);
}

bool AddressGuard::Allows(const Address& address, int port) const {
  if (std::ranges::find(allow_ports_, port) == allow_ports_.end()) return false;
  if (InAny(allow_networks_, address)) return true;
  return IsPublic(address) && std::ranges::none_of(own_addresses_, [&](const Address& own) {
           return own.family == address.family && own.bytes == address.bytes;
         });
}

std::optional<Address> AddressGuard::Allowed(const sockaddr& address,
                                             socklen_t address_bytes) const {
  int port = 0;
  const std::optional<Address> parsed = FromSockaddr(address, address_bytes, port);
  return parsed && Allows(*parsed, port) ? parsed : std::nullopt;
}

bool AddressGuard::Allows(const sockaddr& address, socklen_t address_bytes) const {
  return Allowed(address, address_bytes).has_value();
}

bool AddressGuard::IsOpened(const Address& address) const {
  return InAny(allow_networks_, address);
}

}  // namespace saunter::crawler::fetch
