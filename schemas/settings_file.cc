#include "schemas/settings_file.h"

#include <sys/stat.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include "schemas/settings_list.h"

namespace saunter::schemas {
namespace {

constexpr std::size_t kFileBytesMax = 1048576;

using NodeProblem = std::optional<std::string>;

NodeProblem AssignNode(std::string_view key, std::string& field, const toml::node& node,
                       std::int64_t, std::int64_t) {
  const auto value = node.value_exact<std::string>();
  if (!value) return std::string(key) + " takes a string in quotes";
  field = *value;
  return std::nullopt;
}

NodeProblem AssignNode(std::string_view key, bool& field, const toml::node& node, std::int64_t,
                       std::int64_t) {
  const auto value = node.value_exact<bool>();
  if (!value) return std::string(key) + " takes true or false";
  field = *value;
  return std::nullopt;
}

NodeProblem AssignNode(std::string_view key, std::int64_t& field, const toml::node& node,
                       std::int64_t least, std::int64_t most) {
  const auto value = node.value_exact<std::int64_t>();
  if (!value || *value < least || *value > most) return OutOfBounds(key, least, most);
  field = *value;
  return std::nullopt;
}

template <typename Element>
NodeProblem AssignNode(std::string_view key, std::vector<Element>& field, const toml::node& node,
                       std::int64_t least, std::int64_t most) {
  const auto* array = node.as_array();
  if (array == nullptr) return std::string(key) + " takes a list in brackets";
  std::vector<Element> values;
  for (const auto& item : *array) {
    Element value{};
    if (auto problem = AssignNode(key, value, item, least, most)) return problem;
    values.push_back(std::move(value));
  }
  field = std::move(values);
  return std::nullopt;
}

NodeProblem AssignKey(Settings& settings, std::string_view wanted, const toml::node& node) {
  std::optional<NodeProblem> problem;
  VisitSettings(settings, [&](std::string_view key, auto& field, std::string_view,
                              std::int64_t least, std::int64_t most) {
    if (key == wanted) problem = AssignNode(key, field, node, least, most);
  });
  return problem ? *problem : UnknownSetting(wanted);
}

// What a file that cannot be had is said to be. Whoever runs a daemon reads it in the journal, so
// it says what to look at.
SettingProblem CannotRead(const std::string& path, const std::string& why) {
  return {{}, path, 0, "the settings file cannot be read: " + why};
}

std::string ErrorName(int error) { return std::generic_category().message(error); }

// Whether there is nothing at all by this name. A link that leads nowhere is something.
bool IsAbsent(const std::string& path) {
  struct stat status{};
  return lstat(path.c_str(), &status) != 0 && errno == ENOENT;
}

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

}  // namespace

SettingsFindings ReadSettings(Settings& settings, std::string_view toml, std::string_view name) {
  SettingsFindings findings;
  const std::string file(name);
  const auto line_of = [](const toml::source_region& source) {
    return static_cast<std::int64_t>(source.begin.line);
  };
  toml::table parsed;
  try {
    parsed = toml::parse(toml, name);
  } catch (const toml::parse_error& error) {
    findings.problems.push_back(
        {{}, file, line_of(error.source()), std::string(error.description())});
    return findings;
  }
  for (const auto& [section, value] : parsed) {
    const auto* table = value.as_table();
    if (table == nullptr) {
      findings.problems.push_back({std::string(section.str()), file, line_of(section.source()),
                                   "\"" + std::string(section.str()) +
                                       "\" stands outside of a [section]: put it below the line "
                                       "of its section, such as [fetch]"});
      continue;
    }
    for (const auto& [key, node] : *table) {
      const std::string full = std::string(section.str()) + "." + std::string(key.str());
      const auto line = line_of(key.source());
      if (auto problem = AssignKey(settings, full, node)) {
        findings.problems.push_back({full, file, line, std::move(*problem)});
      } else {
        findings.origins[full] = {SettingSource::kFile, file, line};
      }
    }
  }
  std::ranges::stable_sort(findings.problems, {}, &SettingProblem::line);
  return findings;
}

SettingsFindings ReadSettingsFile(Settings& settings, const std::string& path, Absence absence) {
  SettingsFindings findings;
  const std::unique_ptr<std::FILE, FileCloser> file(std::fopen(path.c_str(), "rbe"));
  if (!file) {
    const int error = errno;
    if (absence == Absence::kAllowed && IsAbsent(path)) return findings;
    const auto what_to_do = error == ENOENT ? "; check the path given with --config"
                                            : "; check who may read it and its folder";
    findings.problems.push_back(CannotRead(path, ErrorName(error) + what_to_do));
    return findings;
  }
  std::string text(kFileBytesMax + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0) {
    findings.problems.push_back(CannotRead(path, ErrorName(errno)));
  } else if (text.size() > kFileBytesMax) {
    findings.problems.push_back(
        CannotRead(path, "it holds more than 1 MiB, which no list of settings needs"));
  } else {
    return ReadSettings(settings, text, path);
  }
  return findings;
}

}  // namespace saunter::schemas
