// Names of backups in a folder, and which of them go.
//
// Thread safety: all functions. Errors: none.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/units.h"

namespace saunter::crawler::cli {

// "saunter-20261128T170503Z.db", in UTC.
[[nodiscard]] std::string BackupName(schemas::UnixSeconds now);

// Of the names in the folder, those that go once `newest` is there, so that `kept_max` backups stay
// with it: the oldest, and what backups that were cut short have left behind. Other names stay.
[[nodiscard]] std::vector<std::string> BackupsToRemove(const std::vector<std::string>& names,
                                                       std::string_view newest,
                                                       std::int64_t kept_max);

}  // namespace saunter::crawler::cli
