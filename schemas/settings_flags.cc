#include "schemas/settings_flags.h"

#include <CLI/CLI.hpp>

namespace saunter::schemas {

void SettingsFlags::AddTo(CLI::App& app) {
  app.add_option("--config", config_, "settings file (TOML)")->capture_default_str();
  for (const auto& info : ListSettings()) {
    app.add_option_function<std::string>(
           "--" + info.key, [this, key = info.key](const std::string& text) { Set(key, text); },
           info.summary)
        ->default_str(info.default_text)
        ->group("Settings");
  }
}

void SettingsFlags::Set(std::string key, std::string text) {
  flags_.emplace_back(std::move(key), std::move(text));
}

std::optional<std::string> SettingsFlags::Load(Settings& settings) const {
  if (auto problem = ReadSettingsFile(settings, config_)) return problem;
  for (const auto& [key, text] : flags_) {
    if (auto problem = SetSetting(settings, key, text)) return problem;
  }
  return std::nullopt;
}

}  // namespace saunter::schemas
