#include "schemas/command_line/settings_flags.h"

#include <CLI/CLI.hpp>
#include <utility>

#include "schemas/settings_check.h"
#include "schemas/settings_file.h"

namespace saunter::schemas::command_line {

void SettingsFlags::AddTo(CLI::App& app) {
  app.add_option("--config", config_, "settings file (TOML)")->capture_default_str();
  for (const auto& info : ListSettings()) {
    app.add_option_function<std::string>(
           "--" + info.key, [this, key = info.key](const std::string& text) { Set(key, text); },
           info.summary)
        ->default_str(info.default_text)
        ->group(kSettingsGroup);
  }
}

void SettingsFlags::Set(std::string key, std::string text) {
  flags_.emplace_back(std::move(key), std::move(text));
}

SettingsFindings SettingsFlags::Read(Settings& settings) const {
  const bool is_default = config_ == kDefaultSettingsPath;
  auto findings =
      ReadSettingsFile(settings, config_, is_default ? Absence::kAllowed : Absence::kError);
  for (const auto& [key, text] : flags_) {
    if (auto problem = SetSetting(settings, key, text)) {
      findings.problems.push_back({key, {}, 0, "--" + std::move(*problem)});
    } else {
      findings.origins[key] = {SettingSource::kFlag, {}, 0};
    }
  }
  AddCheck(findings, settings);
  return findings;
}

std::optional<std::string> SettingsFlags::Load(Settings& settings) const {
  return Read(settings).FirstProblem();
}

}  // namespace saunter::schemas::command_line
