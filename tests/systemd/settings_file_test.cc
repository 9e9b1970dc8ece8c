#include "schemas/settings_file.h"

#include <gtest/gtest.h>

#include <set>
#include <sstream>
#include <string>

#include "schemas/settings.h"
#include "tests/support/files.h"

namespace saunter::schemas {
namespace {

std::string InstalledSettings() { return support::ReadFile(support::Tree("systemd/saunter.toml")); }

// With every "#key = value" put in force; explanations begin with "# ".
std::string WithEveryKeySet() {
  std::string toml = InstalledSettings();
  for (std::size_t at = 0; (at = toml.find("\n#", at)) != std::string::npos; ++at) {
    if (at + 2 < toml.size() && toml[at + 2] != ' ' && toml[at + 2] != '\n') toml.erase(at + 1, 1);
  }
  return toml;
}

std::string DefaultLine(const SettingInfo& info) {
  const std::string name = info.key.substr(info.key.find('.') + 1);
  return "\n#" + name + " = ";
}

TEST(InstalledSettingsFile, ChangesNothingAsItIs) {
  Settings settings;
  const auto problem = ReadSettings(settings, InstalledSettings(), "saunter.toml").FirstProblem();
  ASSERT_FALSE(problem) << *problem;
  const Settings defaults;
  EXPECT_EQ(settings.fetch.contact_url, defaults.fetch.contact_url);
  EXPECT_EQ(settings.api.listen, defaults.api.listen);
}

TEST(InstalledSettingsFile, ParsesWithEveryKeySet) {
  Settings settings;
  const auto problem = ReadSettings(settings, WithEveryKeySet(), "saunter.toml").FirstProblem();
  EXPECT_FALSE(problem) << *problem;
}

// The text between "[section]" and the next one.
std::string Section(const std::string& toml, const std::string& name) {
  const auto begin = toml.find("\n[" + name + "]\n");
  if (begin == std::string::npos) return "";
  return toml.substr(begin, toml.find("\n[", begin + 1) - begin);
}

// A default as TOML writes it.
std::string TomlValue(const SettingInfo& info) {
  const std::set<std::string> lists = {"fetch.allow_networks", "fetch.allow_ports",
                                       "fetch.allow_names", "api.trusted_proxies"};
  const auto in_quotes = [](const std::string& text) {
    const bool number = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
    return number || text == "true" || text == "false" ? text : "\"" + text + "\"";
  };
  if (!lists.contains(info.key)) return in_quotes(info.default_text);
  std::string value;
  std::istringstream parts(info.default_text);
  for (std::string part; std::getline(parts, part, ',');) {
    value += (value.empty() ? "" : ", ") + in_quotes(part);
  }
  return "[" + value + "]";
}

TEST(InstalledSettingsFile, NamesEverySettingWithItsDefault) {
  const std::string toml = InstalledSettings();
  for (const auto& info : ListSettings()) {
    const std::string section = Section(toml, info.key.substr(0, info.key.find('.')));
    EXPECT_NE(section.find(DefaultLine(info) + TomlValue(info) + "\n"), std::string::npos)
        << info.key << " = " << TomlValue(info) << " is missing from saunter.toml";
  }
}

}  // namespace
}  // namespace saunter::schemas
