// The yardstick of fetching: libcurl's multi interface with nothing around it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace saunter::bench {

struct BareSums {
  std::int64_t ok = 0;
  std::int64_t failed = 0;
  std::int64_t body_bytes = 0;
};

// GETs every URL, `in_flight` at once, and drops the bodies. `head` asks HEAD instead.
enum class BareMethod { kGet, kHead };
[[nodiscard]] BareSums FetchAll(const std::vector<std::string>& urls, int in_flight,
                                BareMethod method);

}  // namespace saunter::bench
