#include "api/http/network.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstring>

#include "schemas/text.h"

namespace saunter::api::http {
namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr int kMappedBits = 96;
constexpr std::size_t kAddressCharsMax = INET6_ADDRSTRLEN;

// Decimal digits alone, at most `most`.
std::optional<int> SmallNumber(std::string_view text, int most) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_whole = error == std::errc() && end == text.data() + text.size();
  if (!is_whole || !schemas::IsAsciiDigit(text.front()) || value > most) return std::nullopt;
  return value;
}

// An element of X-Forwarded-For. Lenient: with a port, with brackets around IPv6.
std::optional<IpAddress> ForwardedAddress(std::string_view element) {
  constexpr int kPortMax = 65535;
  if (element.starts_with('[')) {
    const auto end = element.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    const auto inside = element.substr(1, end - 1);
    const auto after = element.substr(end + 1);
    const bool has_port = after.starts_with(':') && SmallNumber(after.substr(1), kPortMax);
    if (inside.find(':') == std::string_view::npos || (!after.empty() && !has_port)) {
      return std::nullopt;
    }
    return ParseIpAddress(inside);
  }
  const auto colon = element.find(':');
  if (colon == std::string_view::npos || element.find(':', colon + 1) != std::string_view::npos) {
    return ParseIpAddress(element);
  }
  if (!SmallNumber(element.substr(colon + 1), kPortMax)) return std::nullopt;
  return ParseIpAddress(element.substr(0, colon));
}

}  // namespace

bool IpAddress::IsIpv4() const {
  return std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes.begin());
}

std::optional<IpAddress> ParseIpAddress(std::string_view text) {
  if (text.size() >= kAddressCharsMax || text.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  std::array<char, kAddressCharsMax> copy{};
  std::copy(text.begin(), text.end(), copy.begin());
  IpAddress address;
  if (::inet_pton(AF_INET6, copy.data(), address.bytes.data()) == 1) return address;
  std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), address.bytes.begin());
  if (::inet_pton(AF_INET, copy.data(), address.bytes.data() + kMappedPrefix.size()) == 1) {
    return address;
  }
  return std::nullopt;
}

std::optional<IpAddress> IpAddressOf(const sockaddr_storage& end) {
  IpAddress address;
  if (end.ss_family == AF_INET6) {
    sockaddr_in6 ipv6{};
    std::memcpy(&ipv6, &end, sizeof(ipv6));
    std::memcpy(address.bytes.data(), &ipv6.sin6_addr, address.bytes.size());
    return address;
  }
  if (end.ss_family != AF_INET) return std::nullopt;
  sockaddr_in ipv4{};
  std::memcpy(&ipv4, &end, sizeof(ipv4));
  std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), address.bytes.begin());
  std::memcpy(address.bytes.data() + kMappedPrefix.size(), &ipv4.sin_addr, sizeof(ipv4.sin_addr));
  return address;
}

bool IpBlock::Holds(const IpAddress& other) const {
  if (address.IsIpv4() != other.IsIpv4()) return false;
  const auto whole = static_cast<std::size_t>(bits) / 8;
  if (!std::equal(address.bytes.begin(), address.bytes.begin() + static_cast<std::ptrdiff_t>(whole),
                  other.bytes.begin())) {
    return false;
  }
  const int rest = bits % 8;
  if (rest == 0) return true;
  return ((address.bytes[whole] ^ other.bytes[whole]) >> (8 - rest)) == 0;
}

std::optional<IpBlock> ParseIpBlock(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = ParseIpAddress(text.substr(0, slash));
  if (!address) return std::nullopt;
  if (slash == std::string_view::npos) return IpBlock{*address};
  const bool is_dotted = text.find(':') == std::string_view::npos;
  const auto bits = SmallNumber(text.substr(slash + 1), is_dotted ? 32 : 128);
  if (!bits) return std::nullopt;
  return IpBlock{*address, is_dotted ? *bits + kMappedBits : *bits};
}

IpAddress ReaderAddress(const IpAddress& peer, std::string_view forwarded_for,
                        std::span<const IpBlock> trusted) {
  const bool is_trusted = std::any_of(trusted.begin(), trusted.end(),
                                      [&](const IpBlock& block) { return block.Holds(peer); });
  if (!is_trusted) return peer;
  const auto comma = forwarded_for.rfind(',');
  const auto last =
      comma == std::string_view::npos ? forwarded_for : forwarded_for.substr(comma + 1);
  return ForwardedAddress(schemas::Trim(last, schemas::kBlanks)).value_or(peer);
}

std::uint64_t NetworkOf(const IpAddress& address) {
  const bool is_ipv4 = address.IsIpv4();
  const std::size_t from = is_ipv4 ? kMappedPrefix.size() : 0;
  const std::size_t size = is_ipv4 ? 3 : 6;
  std::uint64_t network = is_ipv4 ? 4 : 6;
  for (std::size_t i = 0; i < size; ++i) network = (network << 8) | address.bytes[from + i];
  return network;
}

}  // namespace saunter::api::http
