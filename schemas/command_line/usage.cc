#include "schemas/command_line/usage.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "schemas/command_line/settings_flags.h"
#include "schemas/nearest.h"
#include "schemas/settings.h"

namespace saunter::schemas::command_line {
namespace {

constexpr int kWrongUsage = 2;

class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override {
    if (mode == CLI::AppFormatMode::Sub) return make_expanded(app);
    auto help = make_description(app) + make_usage(app, std::move(name)) + make_positionals(app) +
                make_subcommands(app, mode) + make_groups(app, mode);
    // Groups that are left out leave their empty lines.
    while (help.ends_with("\n\n")) help.pop_back();
    auto footer = make_footer(app);
    while (footer.starts_with('\n')) footer.erase(0, 1);
    return footer.empty() ? help : help + "\n" + footer;
  }

  std::string make_group(std::string group, bool is_positional,
                         std::vector<const CLI::Option*> options) const override {
    if (group == kSettingsGroup) return {};
    return Formatter::make_group(std::move(group), is_positional, std::move(options));
  }
};

void SetFormatter(CLI::App& app, const std::shared_ptr<HelpFormatter>& formatter) {
  app.formatter(formatter);
  for (auto* command : app.get_subcommands({})) SetFormatter(*command, formatter);
}

std::string SettingsHelp(const std::string& program) {
  std::string help =
      "Settings of Saunter's programs. Each stands in the settings file and is a flag of " +
      program +
      " too,\nwhich goes before the file; lists are comma separated. `saunter config show` says "
      "what\neach is and where that comes from.\n";
  std::string section;
  for (const auto& info : ListSettings()) {
    if (const auto named = info.key.substr(0, info.key.find('.')); named != section) {
      help += "\n[" + named + "]\n";
      section = named;
    }
    const auto usual = info.default_text.empty() ? std::string("none") : info.default_text;
    help += "  --" + info.key + "\n      " + info.summary + " (default " + usual + ")\n";
  }
  return help;
}

// The program, then the commands that were typed, the last one last.
std::vector<const CLI::App*> TypedCommands(const CLI::App& app) {
  std::vector<const CLI::App*> typed = {&app};
  while (true) {
    const auto below = typed.back()->get_subcommands();
    if (below.empty()) return typed;
    typed.push_back(below.back());
  }
}

std::string AsTyped(const std::vector<const CLI::App*>& commands) {
  std::string line;
  for (const auto* command : commands) line += (line.empty() ? "" : " ") + command->get_name();
  return line;
}

std::vector<std::string> NamesOfCommands(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  return names;
}

std::vector<std::string> NamesOfFlags(const std::vector<const CLI::App*>& commands) {
  std::vector<std::string> names;
  for (const auto* command : commands) {
    for (const auto* option : command->get_options()) {
      for (const auto& name : option->get_lnames()) names.push_back("--" + name);
    }
  }
  return names;
}

// What is wrong with a word that no command has a place for.
std::string NotExpected(const std::vector<const CLI::App*>& commands, const std::string& word) {
  const auto line = AsTyped(commands);
  if (word.starts_with('-')) {
    const auto flag = word.substr(0, word.find('='));
    return line + " has no flag " + flag +
           DidYouMean(NearestName(flag, NamesOfFlags(commands)), "; see " + line + " --help");
  }
  const auto names = NamesOfCommands(*commands.back());
  if (names.empty()) {
    return line + " takes no more than it has: \"" + word + "\" is too much; see " + line +
           " --help";
  }
  return line + " has no command \"" + word + "\"" +
         DidYouMean(NearestName(word, names), "; see " + line + " --help");
}

std::string WhatIsWrong(const CLI::App& app, const CLI::ParseError& error) {
  const auto commands = TypedCommands(app);
  const auto left = app.remaining(true);
  const bool lacks_command = !NamesOfCommands(*commands.back()).empty();
  const bool has_more = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError);
  if (!left.empty() && (has_more || lacks_command)) {
    // What follows a flag that nobody knows may be its value.
    const auto flag =
        std::ranges::find_if(left, [](const auto& word) { return word.starts_with('-'); });
    return app.get_name() + ": " +
           NotExpected(commands, flag == left.end() ? left.front() : *flag) + "\n";
  }
  // Nothing was asked for: what there is is all that there is to say.
  if (lacks_command) return app.help();
  return app.get_name() + ": " + error.what() + "; see " + AsTyped(commands) + " --help\n";
}

}  // namespace

void AddHelp(CLI::App& app) {
  app.set_help_all_flag("--help-settings", "print the settings, each of which is a flag too");
  SetFormatter(app, std::make_shared<HelpFormatter>());
}

UsageAnswer AnswerTo(const CLI::App& app, const CLI::ParseError& error) {
  const auto name = error.get_name();
  if (name == "CallForHelp") return {0, app.help(), {}};
  if (name == "CallForAllHelp") return {0, SettingsHelp(app.get_name()), {}};
  if (name == "CallForVersion") return {0, std::string(error.what()) + "\n", {}};
  return {kWrongUsage, {}, WhatIsWrong(app, error)};
}

}  // namespace saunter::schemas::command_line
