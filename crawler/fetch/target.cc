#include "crawler/fetch/target.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "crawler/fetch/address_guard.h"

namespace saunter::crawler::fetch {
namespace {

// "example" and "invalid" are not among them: they lead nowhere, so they lead nobody astray.
constexpr auto kSpecialNames = std::to_array<std::string_view>(
    {"localhost", "test", "local", "onion", "home.arpa", "alt", "internal", "intranet", "private",
     "corp", "home", "lan", "localdomain"});

bool IsInOrBelow(std::string_view host, std::string_view name) {
  if (!host.ends_with(name)) return false;
  return host.size() == name.size() || host[host.size() - name.size() - 1] == '.';
}

bool IsAddressAllowed(const Address& address, const std::vector<std::string>& allow_networks) {
  return IsPublic(address) || std::ranges::any_of(allow_networks, [&](const std::string& text) {
           const auto network = ParseNetwork(text);
           return network && network->Contains(address);
         });
}

}  // namespace

std::string_view RefusalOfTarget(const url::Url& url, const schemas::FetchSettings& settings) {
  if (std::ranges::find(settings.allow_ports, url.port) == settings.allow_ports.end()) {
    return "the port is not one that may be asked; to allow it, add it to fetch.allow_ports";
  }
  std::string_view host = url.host;
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (const auto address = ParseAddress(host)) {
    return IsAddressAllowed(*address, settings.allow_networks) ? std::string_view()
                                                               : kAddressIsPrivate;
  }
  const auto holds_host = [&](std::string_view name) { return IsInOrBelow(host, name); };
  if (std::ranges::any_of(settings.allow_names, holds_host)) return {};
  const bool is_single_label = host.find('.') == std::string_view::npos;
  if (is_single_label || std::ranges::any_of(kSpecialNames, holds_host)) {
    return "the name is one of a private network; to allow it, add it to fetch.allow_names";
  }
  return {};
}

}  // namespace saunter::crawler::fetch
