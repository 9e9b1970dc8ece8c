#include "schemas/settings_check.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>
#include <utility>

#include "schemas/database_url.h"

namespace saunter::schemas {
namespace {

constexpr int kPortMax = 65535;

// Decimal digits alone, at most `most`.
std::optional<int> WholeNumber(std::string_view text, int most) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (text.front() == '-' || value > most) return std::nullopt;
  return value;
}

using AddressBytes = std::vector<std::uint8_t>;  // in the order of the network

std::optional<AddressBytes> ParseAddressBytes(std::string_view text) {
  const std::string copy(text);
  if (copy.find('\0') != std::string::npos) return std::nullopt;
  AddressBytes ipv4(4);
  if (inet_pton(AF_INET, copy.c_str(), ipv4.data()) == 1) return ipv4;
  AddressBytes ipv6(16);
  if (inet_pton(AF_INET6, copy.c_str(), ipv6.data()) == 1) return ipv6;
  return std::nullopt;
}

// "10.1.0.0/16", "fd00::/8" or an address alone.
enum class BitsAfterPrefix { kAny, kZero };
bool IsAddressBlock(std::string_view text, BitsAfterPrefix rest) {
  const auto slash = text.find('/');
  const auto address = ParseAddressBytes(text.substr(0, slash));
  if (!address) return false;
  if (slash == std::string_view::npos) return true;
  const int bits_max = static_cast<int>(address->size() * 8);
  const auto bits = WholeNumber(text.substr(slash + 1), bits_max);
  if (!bits) return false;
  if (rest == BitsAfterPrefix::kAny) return true;
  for (int bit = *bits; bit < bits_max; ++bit) {
    if (((*address)[static_cast<std::size_t>(bit / 8)] >> (7 - bit % 8) & 1) != 0) return false;
  }
  return true;
}

bool IsLoopback(const std::string& host) {
  const auto address = ParseAddressBytes(host);
  if (!address) return false;
  if (address->size() == 4) return address->front() == IN_LOOPBACKNET;
  return std::equal(address->begin(), address->end(), in6addr_loopback.s6_addr);
}

// The lesser setting and the greater one of a pair, which may be equal.
struct Pair {
  const char* less_key;
  std::int64_t less;
  const char* more_key;
  std::int64_t more;
};

class Checks {
 public:
  void Add(const char* key, std::string message) {
    problems_.push_back({key, {}, 0, std::string(key) + " " + std::move(message)});
  }

  void Order(std::initializer_list<Pair> pairs) {
    for (const auto& pair : pairs) {
      if (pair.less <= pair.more) continue;
      Add(pair.more_key, "is " + std::to_string(pair.more) + " and must not be below " +
                             pair.less_key + ", which is " + std::to_string(pair.less));
    }
  }

  std::vector<SettingProblem> Take() { return std::move(problems_); }

 private:
  std::vector<SettingProblem> problems_;
};

void CheckNames(Checks& checks, const Settings& settings) {
  constexpr std::array<std::string_view, 5> kLevels = {"trace", "debug", "info", "warning",
                                                       "error"};
  if (std::ranges::find(kLevels, settings.log.level) == kLevels.end()) {
    checks.Add("log.level",
               "takes trace, debug, info, warning or error, not \"" + settings.log.level + "\"");
  }
  if (settings.store.path.empty()) {
    checks.Add("store.path", "takes the path of the database file and must not be empty");
  }
  if (!settings.store.url.empty() && !IsDatabaseUrl(settings.store.url)) {
    // What was given is not repeated: it may hold a password.
    checks.Add("store.url",
               "takes postgresql://USER@HOST/DATABASE or \"host=HOST dbname=DATABASE user=USER\", "
               "or nothing for SQLite at store.path");
  }
  // PostgreSQL's indexes hold no longer text.
  constexpr std::int64_t kIndexedBytesMax = 2600;
  if (!settings.store.url.empty() && settings.feed.url_bytes_max > kIndexedBytesMax) {
    checks.Add("feed.url_bytes_max", "must be " + std::to_string(kIndexedBytesMax) +
                                         " at most where store.url names PostgreSQL");
  }
  const auto& contact = settings.fetch.contact_url;
  if (!std::ranges::all_of(contact, [](char c) { return c > ' ' && c <= '~'; })) {
    checks.Add("fetch.contact_url", "must be a URL in ASCII, without spaces: \"" + contact + "\"");
  }
}

void CheckAddresses(Checks& checks, const Settings& settings) {
  for (const auto& text : settings.fetch.allow_networks) {
    if (IsAddressBlock(text, BitsAfterPrefix::kZero)) continue;
    checks.Add("fetch.allow_networks",
               "takes address blocks such as 10.1.0.0/16 or fd00::/8, "
               "with no bits set after the prefix, not \"" +
                   text + "\"");
  }
  for (const auto& text : settings.api.trusted_proxies) {
    if (IsAddressBlock(text, BitsAfterPrefix::kAny)) continue;
    checks.Add("api.trusted_proxies", "takes addresses and CIDR blocks, not \"" + text + "\"");
  }
  if (!ParseEndpoint(settings.api.listen)) {
    checks.Add("api.listen", "takes HOST:PORT or [IPV6]:PORT, not \"" + settings.api.listen + "\"");
  }
  const auto& metrics = settings.metrics.listen;
  const auto endpoint = ParseEndpoint(metrics);
  if (!metrics.empty() && (!endpoint || !IsLoopback(endpoint->host))) {
    checks.Add(
        "metrics.listen",
        "takes a loopback address with its port, 127.0.0.1:9464 say, not \"" + metrics + "\"");
  }
}

void CheckOrder(Checks& checks, const Settings& s) {
  checks.Order({
      {"store.wal_warn_bytes", s.store.wal_warn_bytes, "store.wal_probes_bytes_max",
       s.store.wal_probes_bytes_max},
      {"store.wal_probes_bytes_max", s.store.wal_probes_bytes_max, "store.wal_feeds_bytes_max",
       s.store.wal_feeds_bytes_max},
      {"store.lease_renewal_s", s.store.lease_renewal_s, "store.lease_s", s.store.lease_s},
      {"fetch.host_gap_min_ms", s.fetch.host_gap_min_ms, "fetch.host_gap_max_ms",
       s.fetch.host_gap_max_ms},
      {"schedule.interval_min_s", s.schedule.interval_min_s, "schedule.interval_max_s",
       s.schedule.interval_max_s},
      {"health.alive_interval_min_s", s.health.alive_interval_min_s, "health.alive_interval_max_s",
       s.health.alive_interval_max_s},
  });
}

}  // namespace

std::optional<Endpoint> ParseEndpoint(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  auto host = text.substr(0, colon);
  const auto port = WholeNumber(text.substr(colon + 1), kPortMax);
  if (!port) return std::nullopt;
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
    if (host.find(':') == std::string_view::npos) return std::nullopt;
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;
  }
  if (host.empty()) return std::nullopt;
  return Endpoint{std::string(host), *port};
}

std::vector<SettingProblem> CheckSettings(const Settings& settings) {
  Checks checks;
  CheckNames(checks, settings);
  CheckAddresses(checks, settings);
  CheckOrder(checks, settings);
  return checks.Take();
}

void AddCheck(SettingsFindings& findings, const Settings& settings) {
  for (auto& problem : CheckSettings(settings)) {
    if (const auto origin = findings.origins.find(problem.key); origin != findings.origins.end()) {
      problem.file = origin->second.file;
      problem.line = origin->second.line;
    }
    findings.problems.push_back(std::move(problem));
  }
}

}  // namespace saunter::schemas
