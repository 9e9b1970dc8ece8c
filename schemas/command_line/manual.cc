#include "schemas/command_line/manual.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string_view>
#include <utility>

#include "schemas/command_line/settings_flags.h"

namespace saunter::schemas::command_line {
namespace {

std::string Replaced(std::string text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

// man(7): a backslash begins an escape, a plain hyphen may become a dash, and a period or an
// apostrophe at the start of a line begins a request.
std::string Roff(std::string_view text) {
  std::string set;
  bool is_typed = false;
  for (const char c : text) {
    if (c == '`') {
      set += is_typed ? "\\fR" : "\\fB";
      is_typed = !is_typed;
    } else if (c == '\\') {
      set += "\\e";
    } else if (c == '-') {
      set += "\\-";
    } else {
      set += c;
    }
  }
  if (set.starts_with('.') || set.starts_with('\'')) set.insert(0, "\\&");
  return Replaced(Replaced(set, "\n.", "\n\\&."), "\n'", "\n\\&'");
}

std::string Bold(std::string_view text) { return "\\fB" + Roff(text) + "\\fR"; }
std::string Italic(std::string_view text) { return "\\fI" + Roff(text) + "\\fR"; }

std::vector<const CLI::App*> Commands(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

std::vector<const CLI::Option*> Arguments(const CLI::App& app) {
  return app.get_options([](const CLI::Option* option) { return option->get_positional(); });
}

// Those that --help shows, settings aside.
std::vector<const CLI::Option*> Flags(const CLI::App& app) {
  return app.get_options([](const CLI::Option* option) {
    return !option->get_positional() && !option->get_group().empty() &&
           option->get_group() != kSettingsGroup;
  });
}

std::vector<const CLI::Option*> SettingFlags(const CLI::App& app) {
  return app.get_options(
      [](const CLI::Option* option) { return option->get_group() == kSettingsGroup; });
}

std::vector<std::string> Names(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const auto& name : option.get_snames()) names.push_back("-" + name);
  for (const auto& name : option.get_lnames()) names.push_back("--" + name);
  return names;
}

// Every command has it, so it is said once.
bool IsHelp(const CLI::Option& option) {
  return std::ranges::find(option.get_lnames(), "help") != option.get_lnames().end();
}

void AppendFlag(std::string& page, const CLI::Option& option) {
  page += ".TP\n";
  const char* between = "";
  for (const auto& name : Names(option)) page += std::exchange(between, ", ") + Bold(name);
  if (option.get_items_expected_max() > 0) {
    const std::string type = option.get_type_name();
    page += " " + Italic(type.empty() ? "VALUE" : type);
  }
  page += "\n" + Roff(option.get_description());
  const std::string usual = option.get_default_str();
  if (!usual.empty()) page += " (default " + Italic(usual) + ")";
  page += "\n";
}

// "saunter feed add [OPTIONS] URL...", as one types it.
std::string Synopsis(const CLI::App& command, const std::string& path) {
  std::string line = Bold(path);
  if (!std::ranges::all_of(Flags(command), [](const auto* option) { return IsHelp(*option); }))
    line += " [" + Italic("OPTIONS") + "]";
  for (const auto* argument : Arguments(command)) {
    std::string name = Italic(argument->get_single_name());
    if (argument->get_items_expected_max() > 1) name += "...";
    line += argument->get_required() ? " " + name : " [" + name + "]";
  }
  return line;
}

void AppendCommands(std::string& page, const CLI::App& app, const std::string& path) {
  for (const auto* command : Commands(app)) {
    const std::string name = path + " " + command->get_name();
    if (!Commands(*command).empty()) {
      AppendCommands(page, *command, name);
      continue;
    }
    page += ".SS " + Synopsis(*command, name) + "\n" + Roff(command->get_description()) + "\n";
    for (const auto* argument : Arguments(*command)) {
      if (argument->get_description().empty()) continue;
      page += ".TP\n" + Italic(argument->get_single_name()) + "\n" +
              Roff(argument->get_description()) + "\n";
    }
    for (const auto* option : Flags(*command)) {
      if (!IsHelp(*option)) AppendFlag(page, *option);
    }
  }
}

std::string Upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return text;
}

std::string Head(const std::string& name, int section) {
  return ".TH " + Upper(name) + " " + std::to_string(section) +
         " " SAUNTER_DATE " \"Saunter " SAUNTER_VERSION "\"\n";
}

void AppendSection(std::string& page, const ManualSection& section) {
  page += ".SH " + section.title + "\n";
  bool is_first = true;
  for (const auto& item : section.items) {
    if (!item.term.empty()) {
      page += ".TP\n" + Bold(item.term) + "\n";
    } else if (!is_first) {
      page += ".PP\n";
    }
    page += Roff(item.text) + "\n";
    is_first = false;
  }
}

// What a name section says: lower case at its start, no period at its end.
std::string Summary(std::string text) {
  if (text.ends_with('.')) text.pop_back();
  if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z')
    text[0] = static_cast<char>(text[0] - 'A' + 'a');
  return text;
}

// --- Completion ----------------------------------------------------------------------------------

struct Word {
  std::string name;
  std::string description;
};

// A place on the command line, by the commands that lead to it, and what may be typed there.
struct Place {
  std::string path;  // "feed add"; empty for the program itself
  std::vector<Word> words;
};

void AppendWords(std::vector<Word>& words, const std::vector<const CLI::Option*>& options) {
  for (const auto* option : options) {
    for (const auto& name : Names(*option)) {
      if (name.starts_with("--")) words.push_back({name, option->get_description()});
    }
  }
}

void AppendPlaces(std::vector<Place>& places, const CLI::App& top, const CLI::App& app,
                  const std::string& path) {
  Place place{.path = path, .words = {}};
  for (const auto* command : Commands(app))
    place.words.push_back({command->get_name(), command->get_description()});
  AppendWords(place.words, Flags(app));
  if (&app == &top) {
    AppendWords(place.words, SettingFlags(app));
  } else {
    // The program's own may stand anywhere.
    std::erase_if(place.words, [](const Word& word) { return word.name == "--help"; });
    AppendWords(place.words, Flags(top));
  }
  places.push_back(std::move(place));
  for (const auto* command : Commands(app)) {
    const std::string below = path.empty() ? command->get_name() : path + " " + command->get_name();
    AppendPlaces(places, top, *command, below);
  }
}

// "' feed' 'feed add'": what the place and the next word are where the word leads to a further one.
std::string Ways(const std::vector<Place>& places, std::string_view between) {
  std::string ways;
  for (const auto& place : places) {
    if (place.path.empty()) continue;
    const bool is_first = place.path.find(' ') == std::string::npos;
    if (!ways.empty()) ways += between;
    ways += std::string(is_first ? "' " : "'") + place.path + "'";
  }
  return ways.empty() ? "'-'" : ways;  // no word is that
}

// In single quotes, for a shell; a quote itself has to leave them.
std::string Quoted(const std::string& text) { return "'" + Replaced(text, "'", "'\\''") + "'"; }

std::string ForBash(const std::string& name, const std::string& function,
                    const std::vector<Place>& places) {
  std::string script = function +
                       "() {\n"
                       "  local place='' words='' i\n"
                       "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
                       "    case \"$place ${COMP_WORDS[i]}\" in\n"
                       "      " +
                       Ways(places, " | ") +
                       ")\n"
                       "        place=\"${place:+$place }${COMP_WORDS[i]}\" ;;\n"
                       "    esac\n"
                       "  done\n"
                       "  case $place in\n";
  for (const auto& place : places) {
    std::string words;
    for (const auto& word : place.words) words += (words.empty() ? "" : " ") + word.name;
    script += "    " + Quoted(place.path) + ") words=" + Quoted(words) + " ;;\n";
  }
  return script +
         "  esac\n"
         "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\")\n"
         "}\n"
         "complete -o default -F " +
         function + " " + name + "\n";
}

std::string ForZsh(const std::string& name, const std::string& function,
                   const std::vector<Place>& places) {
  std::string script = "#compdef " + name + "\n" + function +
                       "() {\n"
                       "  local place='' i\n"
                       "  local -a offered\n"
                       "  for ((i = 2; i < CURRENT; i++)); do\n"
                       "    case \"$place $words[i]\" in\n"
                       "      " +
                       Ways(places, " | ") +
                       ")\n"
                       "        place=\"${place:+$place }$words[i]\" ;;\n"
                       "    esac\n"
                       "  done\n"
                       "  case $place in\n";
  for (const auto& place : places) {
    script += "    " + Quoted(place.path) + ") offered=(\n";
    for (const auto& word : place.words)
      script += "      " + Quoted(Replaced(word.name, ":", "\\:") + ":" + word.description) + "\n";
    script += "    ) ;;\n";
  }
  return script +
         "  esac\n"
         "  _describe -o " +
         Quoted(name) + " offered || _files\n}\n" + function + " \"$@\"\n";
}

std::string ForFish(const std::string& name, const std::string& function,
                    const std::vector<Place>& places) {
  std::string script = "function " + function +
                       "\n"
                       "    set -l place ''\n"
                       "    for word in (commandline -opc)[2..-1]\n"
                       "        switch \"$place $word\"\n"
                       "            case " +
                       Ways(places, " ") +
                       "\n"
                       "                set place (string trim \"$place $word\")\n"
                       "        end\n"
                       "    end\n"
                       "    echo $place\n"
                       "end\n";
  for (const auto& place : places) {
    std::string begin = "complete -c ";
    begin.append(name).append(" -n 'test x(").append(function).append(") = \"x");
    begin.append(place.path).append("\"'");
    for (const auto& word : place.words) {
      script += begin;
      script += word.name.starts_with("--") ? " -l " + word.name.substr(2) : " -f -a " + word.name;
      // In fish a backslash leaves a quote where it is.
      script += " -d '" + Replaced(word.description, "'", "\\'") + "'\n";
    }
  }
  return script;
}

}  // namespace

std::string ManualPage(const CLI::App& app, const Manual& manual) {
  const std::string& name = app.get_name();
  std::string page = Head(name, manual.section);
  page += ".SH NAME\n" + Roff(name) + " \\- " + Roff(Summary(app.get_description())) + "\n";
  page += ".SH SYNOPSIS\n";
  if (Commands(app).empty()) {
    page += Synopsis(app, name) + "\n";
  } else {
    page += Bold(name) + " " + Italic("COMMAND") + " [" + Italic("OPTIONS") + "] [" +
            Italic("ARGUMENTS") + "]\n.SH COMMANDS\n";
    AppendCommands(page, app, name);
  }
  page += ".SH OPTIONS\n";
  for (const auto* option : Flags(app)) AppendFlag(page, *option);
  page += ".TP\n" + Bold("--SECTION.KEY") + " " + Italic("VALUE") +
          "\nEach setting of saunter.toml(5) is a flag too, and goes before what the file says.\n";
  for (const auto& section : manual.more) AppendSection(page, section);
  return page;
}

std::string SettingsManualPage(const CLI::App& app) {
  std::string page = Head("saunter.toml", 5) +
                     ".SH NAME\nsaunter.toml \\- settings of saunter, saunter\\-crawler and "
                     "saunter\\-api\n"
                     ".SH DESCRIPTION\n"
                     "One TOML file for the three programs, /etc/saunter/saunter.toml unless "
                     "\\fB\\-\\-config\\fR names another. A setting that is not there has its "
                     "default. A key that is not known, or a value out of its bounds, is an error "
                     "that names the key.\n";
  std::string section;
  for (const auto* option : SettingFlags(app)) {
    const std::string& key = option->get_lnames().front();
    const auto dot = key.find('.');
    if (key.substr(0, dot) != section) {
      section = key.substr(0, dot);
      page += ".SH \"[" + Roff(section) + "]\"\n";
    }
    const std::string usual = option->get_default_str();
    page += ".TP\n" + Bold(key.substr(dot + 1)) + "\n" + Roff(option->get_description()) +
            ". Default: " + (usual.empty() ? "none" : Italic(usual)) + ".\n";
  }
  return page +
         ".SH SEE ALSO\n.BR saunter (1),\n.BR saunter\\-crawler (8),\n.BR saunter\\-api (8)\n";
}

std::string Completion(const CLI::App& app, Shell shell) {
  std::vector<Place> places;
  AppendPlaces(places, app, app, "");
  const std::string& name = app.get_name();
  const std::string function = "_" + Replaced(name, "-", "_");
  const std::string said = "# Completion for " + name + ", made by the program itself.\n";
  switch (shell) {
    case Shell::kBash:
      return said + ForBash(name, function, places);
    case Shell::kZsh:
      return ForZsh(name, function, places);
    case Shell::kFish:
      return said + ForFish(name, "_" + function + "_place", places);
  }
  return {};
}

void AddManual(CLI::App& app, Manual manual) {
  constexpr const char* kHidden = "";
  app.add_flag_callback("--manual",
                        [&app, manual = std::move(manual)] {
                          throw CLI::CallForVersion(ManualPage(app, manual), 0);
                        })
      ->group(kHidden);
  app.add_flag_callback("--manual-settings",
                        [&app] { throw CLI::CallForVersion(SettingsManualPage(app), 0); })
      ->group(kHidden);
  const std::vector<std::pair<std::string, Shell>> shells = {
      {"bash", Shell::kBash}, {"zsh", Shell::kZsh}, {"fish", Shell::kFish}};
  app.add_option_function<Shell>(
         "--completion",
         [&app](Shell shell) { throw CLI::CallForVersion(Completion(app, shell), 0); })
      ->transform(CLI::CheckedTransformer(shells))
      ->group(kHidden);
}

}  // namespace saunter::schemas::command_line
