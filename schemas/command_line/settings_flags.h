// The settings as a command line gives them: --config names the file, and each key is a flag that
// goes before what the file says.
//
// Thread safety: none. Ownership: it outlives the parsing of the command line it was added to.
// Errors: text for a person.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "schemas/settings.h"

namespace CLI {
class App;
}

namespace saunter::schemas::command_line {

// The group of the flags that are settings, as CLI11 knows it.
inline constexpr const char* kSettingsGroup = "Settings";

class SettingsFlags {
 public:
  SettingsFlags() = default;
  SettingsFlags(const SettingsFlags&) = delete;
  SettingsFlags& operator=(const SettingsFlags&) = delete;

  // Parsing the command line of `app` fills this from then on.
  void AddTo(CLI::App& app);
  // As if the flag of this key had been given last.
  void Set(std::string key, std::string text);

  // The file, then the flags, then a look at the whole. Values that are wrong stay as they were.
  [[nodiscard]] SettingsFindings Read(Settings& settings) const;
  // The same; returns the first of what is wrong, if anything.
  [[nodiscard]] std::optional<std::string> Load(Settings& settings) const;

  [[nodiscard]] const std::string& config() const { return config_; }

 private:
  std::string config_{kDefaultSettingsPath};
  std::vector<std::pair<std::string, std::string>> flags_;  // key, text
};

}  // namespace saunter::schemas::command_line
