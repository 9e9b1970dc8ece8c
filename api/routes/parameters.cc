#include "api/routes/parameters.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "api/walk/token.h"
#include "schemas/language.h"
#include "schemas/site.h"
#include "schemas/text.h"

namespace saunter::api::routes {
namespace {

constexpr std::int64_t kAgeDaysMax = 36500;
constexpr std::size_t kCategoriesMax = 50;
constexpr std::size_t kHostBytesMax = 253;
constexpr std::size_t kNotSitesMax = 50;
constexpr std::int64_t kSitesCount = 20;

using Problem = std::optional<std::string>;

Problem ReadList(std::string_view name, std::string_view text, std::vector<std::string>& list) {
  while (true) {
    const auto comma = text.find(',');
    const auto item = text.substr(0, comma);
    if (item.empty()) {
      return std::string(name) + " takes names separated by commas; /v1/categories lists them.";
    }
    if (list.size() == kCategoriesMax) {
      return std::string(name) + " takes at most " + std::to_string(kCategoriesMax) + " names.";
    }
    list.emplace_back(item);
    if (comma == std::string_view::npos) return std::nullopt;
    text.remove_prefix(comma + 1);
  }
}

Problem ReadSite(std::string_view name, std::string_view text, std::string& site) {
  site = AsSiteName(text);
  if (!site.empty() && !site.ends_with('.') && site.size() <= kHostBytesMax) return std::nullopt;
  return std::string(name) +
         " takes a host name like \"blog.example.org\" or a tenant like \"example.org/~ann\".";
}

Problem ReadSites(std::string_view text, std::vector<std::string>& sites) {
  while (true) {
    const auto comma = text.find(',');
    if (sites.size() == kNotSitesMax) {
      return "not_site takes at most " + std::to_string(kNotSitesMax) + " names.";
    }
    if (auto problem = ReadSite("not_site", text.substr(0, comma), sites.emplace_back())) {
      return problem;
    }
    if (comma == std::string_view::npos) return std::nullopt;
    text.remove_prefix(comma + 1);
  }
}

Problem ReadParameter(std::string_view name, const std::string& value, std::int64_t count_max,
                      RandomParameters& parameters) {
  auto& selection = parameters.selection;
  if (name == "count") {
    const auto count = ReadNumber(value, 1, count_max);
    if (!count) return "count takes a whole number from 1 to " + std::to_string(count_max) + ".";
    parameters.count = *count;
  } else if (name == "category") {
    return ReadList(name, value, selection.categories);
  } else if (name == "not_category") {
    return ReadList(name, value, selection.not_categories);
  } else if (name == "language") {
    if (!schemas::IsLanguageRange(value)) {
      return "language takes a tag like \"en\" or \"pt-BR\"; /v1/languages lists them.";
    }
    selection.language = value;
  } else if (name == "max_age_days") {
    selection.max_age_days = ReadNumber(value, 1, kAgeDaysMax);
    if (!selection.max_age_days) {
      return "max_age_days takes a whole number from 1 to " + std::to_string(kAgeDaysMax) + ".";
    }
  } else if (name == "site") {
    return ReadSite(name, value, parameters.site);
  } else if (name == "not_site") {
    return ReadSites(value, parameters.not_sites);
  } else if (name == "fair") {
    if (value != "strict") return "fair takes the word strict, and else is left out.";
    parameters.fair = RandomParameters::Fair::kStrict;
  } else if (name == "fields") {
    return ReadLinkFields(value, parameters.fields);
  } else if (name == "walk") {
    const auto read = walk::FromToken(value);
    switch (read.form) {
      case walk::TokenForm::kNone:
        return "walk takes the token of an earlier answer, unchanged; leave it out to start anew.";
      case walk::TokenForm::kOlder:
        break;
      case walk::TokenForm::kWalk:
        parameters.walk = read.walk;
        break;
    }
  } else {
    std::string problem = "Unknown parameter \"";
    problem.append(name).append(
        "\"; this address takes count, category, not_category, language, max_age_days, site, "
        "not_site, fair, fields and walk.");
    return problem;
  }
  return std::nullopt;
}

// Calls read(name, value) for each parameter, decoded, until one has a problem.
template <typename Read>
Problem ReadEach(std::string_view query, Read&& read) {
  std::vector<std::string> names;
  while (!query.empty()) {
    const auto end = query.find('&');
    const auto part = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
    const auto equals = part.find('=');
    auto name = PercentDecode(part.substr(0, equals), Plus::kIsSpace);
    auto value = PercentDecode(
        equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1),
        Plus::kIsSpace);
    if (!name || !value) {
      return "The query has a broken escape; percent-encode UTF-8, without control characters.";
    }
    if (std::find(names.begin(), names.end(), *name) != names.end()) {
      return "The parameter " + *name +
             " is given twice; give it once, with commas between its values.";
    }
    if (auto problem = read(*name, *value)) return problem;
    names.push_back(std::move(*name));
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::int64_t> ReadNumber(std::string_view text, std::int64_t least,
                                       std::int64_t most) {
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (value < least || value > most) return std::nullopt;
  return value;
}

std::optional<std::string> PercentDecode(std::string_view text, Plus plus) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '+' && plus == Plus::kIsSpace) c = ' ';
    if (c == '%') {
      const auto decoded_byte = schemas::PercentDecoded(text, i);
      if (!decoded_byte) return std::nullopt;
      c = *decoded_byte;
      i += 2;
    }
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) return std::nullopt;
    decoded.push_back(c);
  }
  if (!schemas::IsUtf8(decoded)) return std::nullopt;
  return decoded;
}

std::string AsSiteName(std::string_view text) {
  const auto host = schemas::ToLowerAscii(schemas::HostOfSite(text));
  auto path = text.substr(host.size());
  if (path.ends_with('/')) path.remove_suffix(1);
  // What is no tenant stays as it is, and names nothing.
  const auto tenant = schemas::TenantOf(path);
  const bool whole = schemas::TenantPath(path) == path;
  return std::string(schemas::WithoutWww(host)) + (whole ? tenant : std::string(path));
}

std::optional<std::string> RefuseParameters(std::string_view query) {
  if (query.empty()) return std::nullopt;
  return "This address takes no parameters; leave out what follows the \"?\".";
}
std::optional<std::string> ReadRandomParameters(std::string_view query, std::int64_t count_max,
                                                RandomParameters& parameters) {
  return ReadEach(query, [&](const std::string& name, const std::string& value) {
    return ReadParameter(name, value, count_max, parameters);
  });
}

std::optional<std::string> ReadFeedParameters(std::string_view query, std::int64_t count_max,
                                              RandomParameters& parameters) {
  return ReadEach(query, [&](const std::string& name, const std::string& value) -> Problem {
    constexpr std::array<std::string_view, 7> kNames = {
        "count", "category", "not_category", "language", "max_age_days", "site", "not_site"};
    if (std::find(kNames.begin(), kNames.end(), name) != kNames.end()) {
      return ReadParameter(name, value, count_max, parameters);
    }
    return "Unknown parameter \"" + name +
           "\"; this address takes count, category, not_category, language, max_age_days, site and "
           "not_site.";
  });
}

std::optional<std::string> ReadSitesParameters(std::string_view query, std::int64_t count_max,
                                               SitesParameters& parameters) {
  parameters.fitting.count = std::min(kSitesCount, count_max);
  return ReadEach(query, [&](const std::string& name, const std::string& value) -> Problem {
    constexpr std::array<std::string_view, 5> kNames = {"count", "category", "not_category",
                                                        "language", "max_age_days"};
    if (std::find(kNames.begin(), kNames.end(), name) != kNames.end()) {
      return ReadParameter(name, value, count_max, parameters.fitting);
    }
    if (name == "after") return ReadSite("after", value, parameters.after);
    return "Unknown parameter \"" + name +
           "\"; this address takes count, category, not_category, language, max_age_days and "
           "after.";
  });
}

std::optional<std::string> ReadLinkParameters(std::string_view query, LinkFields& fields) {
  return ReadEach(query, [&](const std::string& name, const std::string& value) -> Problem {
    if (name == "fields") return ReadLinkFields(value, fields);
    return "Unknown parameter \"" + name + "\"; this address takes fields.";
  });
}

}  // namespace saunter::api::routes
