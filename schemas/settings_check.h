// What bounds do not tell of settings: the form of addresses and names, and values that contradict
// each other. All programs check the whole file, so that none of them starts on a file that the
// next one refuses.
//
// Thread safety: all functions. Errors: values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/settings.h"

namespace saunter::schemas {

struct Endpoint {
  std::string host;  // IPv6 without brackets
  int port = 0;      // 0: any free one
};

// "HOST:PORT" or "[IPV6]:PORT".
[[nodiscard]] std::optional<Endpoint> ParseEndpoint(std::string_view text);

// Each names its key; where it stands is for SettingsFindings to know.
[[nodiscard]] std::vector<SettingProblem> CheckSettings(const Settings& settings);

// Adds what CheckSettings finds, each at the place that its key was given.
void AddCheck(SettingsFindings& findings, const Settings& settings);

}  // namespace saunter::schemas
