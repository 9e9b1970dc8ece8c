// Manual pages and shell completion, made from what --help is made from, so that none of them can
// say less than the program does.
//
// Thread safety: none. Ownership: what is added to an app lives as long as it. Errors: none; like
// --version, the flags end the parsing with CLI::CallForVersion, which holds the text.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace saunter::schemas::command_line {

// A paragraph, or with a term an item of a list. `Words` between such quotes are set as typed.
struct ManualItem {
  std::string term;
  std::string text;
};

struct ManualSection {
  std::string title;  // in capitals, as man(7) has it
  std::vector<ManualItem> items;
};

// What a manual says beyond what --help knows.
struct Manual {
  int section = 8;  // 1 for what people run, 8 for what the system runs
  std::vector<ManualSection> more;
};

enum class Shell : std::uint8_t { kBash, kZsh, kFish };

// The page of `app` in the language of man(7). What the settings mean is left to saunter.toml(5).
std::string ManualPage(const CLI::App& app, const Manual& manual);

// saunter.toml(5): the options of `app` that are settings, with their defaults.
std::string SettingsManualPage(const CLI::App& app);

// What the shell reads to complete commands and flags of `app`; elsewhere it offers files.
std::string Completion(const CLI::App& app, Shell shell);

// Adds --manual, --manual-settings and --completion SHELL. They are for whoever makes packages, and
// --help does not show them.
void AddManual(CLI::App& app, Manual manual);

}  // namespace saunter::schemas::command_line
