// The socket that Pistache listens on: its address, its options, and how many connections the
// process has room for.
//
// Thread safety: all functions. Errors: TuneListeningSocket throws std::system_error for what the
// system refuses.
#pragma once

#include <cstdint>
#include <optional>

#include "schemas/settings.h"

namespace saunter::api::server {

// The descriptor on which this process listens at `port`. Pistache keeps it to itself.
[[nodiscard]] std::optional<int> FindListeningSocket(int port);

// Sets the options that accepted sockets inherit, and the backlog that Pistache does not pass on.
void TuneListeningSocket(int descriptor, const schemas::ApiSettings& settings);

// Raises the limit of descriptors as far as it goes and returns how many connections have room.
[[nodiscard]] std::int64_t ConnectionsMax();

}  // namespace saunter::api::server
