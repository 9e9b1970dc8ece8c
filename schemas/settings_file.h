// Reads settings from a TOML file. Only a file that is not there counts as absent: one that cannot
// be read is an error, since a daemon that runs on defaults instead would crawl under a stranger's
// name.
//
// Thread safety: all functions. Errors: values, all that were found and not the first alone.
#pragma once

#include <string>
#include <string_view>

#include "schemas/settings.h"

namespace saunter::schemas {

// Reads a TOML document into `settings`; values that are wrong leave the defaults. `name` stands in
// what is said. What only the settings as a whole show is left to CheckSettings.
[[nodiscard]] SettingsFindings ReadSettings(Settings& settings, std::string_view toml,
                                            std::string_view name);

enum class Absence { kAllowed, kError };

[[nodiscard]] SettingsFindings ReadSettingsFile(Settings& settings, const std::string& path,
                                                Absence absence);

}  // namespace saunter::schemas
