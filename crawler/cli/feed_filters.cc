#include "crawler/cli/feed_filters.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <span>
#include <utility>

#include "crawler/cli/since.h"
#include "crawler/cli/site_name.h"
#include "schemas/nearest.h"
#include "schemas/outcome.h"

namespace saunter::crawler::cli {
namespace {

using schemas::FeedState;
using schemas::FetchOutcome;

constexpr char kNeverFetched[] = "never_fetched";
constexpr FeedState kStates[] = {FeedState::kActive, FeedState::kPaused, FeedState::kGone};
constexpr std::size_t kNamesShownMax = 40;

const std::vector<std::pair<std::string, store::FeedOrder>> kOrders = {
    {"found", store::FeedOrder::kFound},     {"added", store::FeedOrder::kAdded},
    {"checked", store::FeedOrder::kChecked}, {"next", store::FeedOrder::kNext},
    {"newest", store::FeedOrder::kNewest},   {"links", store::FeedOrder::kLinks},
    {"errors", store::FeedOrder::kErrors},   {"host", store::FeedOrder::kHost},
    {"title", store::FeedOrder::kTitle}};

std::vector<std::string> OutcomeNames() {
  std::vector<std::string> names;
  names.reserve(schemas::kFetchOutcomeCount + 1);
  for (int i = 0; i < schemas::kFetchOutcomeCount; ++i) {
    names.emplace_back(ToString(static_cast<FetchOutcome>(i)));
  }
  names.emplace_back(kNeverFetched);
  return names;
}

std::vector<std::string> StateNames() {
  std::vector<std::string> names;
  for (const auto state : kStates) names.emplace_back(ToString(state));
  return names;
}

// "a, b, c"; beyond some, only how many more there are.
std::string Listed(std::span<const std::string> names) {
  std::string text;
  for (const auto& name : names.first(std::min(names.size(), kNamesShownMax))) {
    text += (text.empty() ? "" : ", ") + name;
  }
  if (names.size() > kNamesShownMax) {
    text += " and " + std::to_string(names.size() - kNamesShownMax) + " more";
  }
  return text;
}

// "WHAT; did you mean NEAREST? There are: …"
std::string Unknown(const std::string& what, const std::string& given,
                    std::span<const std::string> names) {
  if (names.empty()) return what + ", and none has any so far";
  const auto nearest = schemas::NearestName(given, names);
  return what + schemas::DidYouMean(nearest, "") +
         (nearest.empty() ? "; there are: " : " There are: ") + Listed(names);
}

std::optional<std::string> ReadOutcomes(const FeedFilters& filters, store::Choices& outcomes) {
  const auto names = OutcomeNames();
  for (const auto& given : filters.outcomes) {
    const auto found = std::find(names.begin(), names.end(), given);
    if (found == names.end()) return Unknown("there is no outcome " + given, given, names);
    if (given == kNeverFetched) {
      outcomes.AddNeverFetched();
    } else {
      outcomes.Add(static_cast<FetchOutcome>(found - names.begin()));
    }
  }
  return std::nullopt;
}

std::optional<std::string> ReadStates(const FeedFilters& filters, store::Choices& states) {
  for (const auto& given : filters.states) {
    const auto* const found =
        std::ranges::find_if(kStates, [&](FeedState state) { return ToString(state) == given; });
    if (found == std::end(kStates)) {
      return Unknown("there is no state " + given, given, StateNames());
    }
    states.Add(*found);
  }
  return std::nullopt;
}

std::optional<std::string> ReadSince(const std::string& flag, const std::string& text,
                                     schemas::UnixSeconds now,
                                     std::optional<schemas::UnixSeconds>& since) {
  if (text.empty()) return std::nullopt;
  since = ParseSince(text, now);
  if (since) return std::nullopt;
  return flag + " takes " + std::string(kSinceForms) + ", and not " + text;
}

std::string NoSuchSite(const std::string& host) {
  return "no feed stands on " + host +
         "; --host takes a host such as example.org, *.example.org for those below it, too, or a "
         "tenant such as example.org/~ann";
}

std::optional<std::string> ResolveHosts(const FeedFilters& filters, store::Reader& reader,
                                        store::FeedSelection& selection) {
  if (filters.hosts.empty()) return std::nullopt;
  std::vector<schemas::Id> site_ids;
  for (const auto& host : filters.hosts) {
    const auto sites = SitesOf(host, reader);
    if (sites.empty()) return NoSuchSite(host);
    site_ids.insert(site_ids.end(), sites.begin(), sites.end());
  }
  selection.site_ids = std::move(site_ids);
  return std::nullopt;
}

}  // namespace

bool FeedFilters::IsEmpty() const {
  return !is_failing && outcomes.empty() && hosts.empty() && states.empty() && categories.empty() &&
         languages.empty() && silent_since.empty() && new_since.empty();
}

void AddFeedFilters(CLI::App& command, FeedFilters& filters, const std::string& category_names) {
  constexpr char kGroup[] = "Which feeds";
  const auto add = [&](const std::string& names, auto& value, const std::string& help) {
    // One value each time, so that what follows is an address.
    return command.add_option(names, value, help)->group(kGroup)->allow_extra_args(false);
  };
  command.add_flag("--failing", filters.is_failing, "only those whose last fetch failed")
      ->group(kGroup);
  add("--outcome", filters.outcomes,
      "only those whose last fetch ended so: one or several, with commas between, of " +
          Listed(OutcomeNames()))
      ->delimiter(',')
      ->type_name("OUTCOME");
  add("--host", filters.hosts,
      "only those on this host or tenant; *.example.org stands for example.org and all hosts below "
      "it")
      ->type_name("HOST");
  add("--state", filters.states, "only those in this state: " + Listed(StateNames()))
      ->delimiter(',')
      ->type_name("STATE");
  add(category_names, filters.categories, "only those of this category; \"\" for those of none")
      ->type_name("NAME");
  add("--language", filters.languages,
      "only those in this language; en stands for en-gb, too, and \"\" for an unknown one")
      ->type_name("LANGUAGE");
  add("--silent-since", filters.silent_since,
      "only those without a new post since then: " + std::string(kSinceForms))
      ->type_name("AGE|DATE");
  add("--new-since", filters.new_since, "only those that were added since then, likewise")
      ->type_name("AGE|DATE");
}

std::optional<std::string> ReadFilters(const FeedFilters& filters, schemas::UnixSeconds now,
                                       store::FeedSelection& selection) {
  selection.is_failing = filters.is_failing;
  selection.categories = filters.categories;
  selection.languages = filters.languages;
  if (auto problem = ReadOutcomes(filters, selection.outcomes)) return problem;
  if (auto problem = ReadStates(filters, selection.states)) return problem;
  if (auto problem =
          ReadSince("--silent-since", filters.silent_since, now, selection.silent_since)) {
    return problem;
  }
  return ReadSince("--new-since", filters.new_since, now, selection.new_since);
}

std::optional<std::string> ReadOrder(const std::string& name, store::FeedSelection& selection) {
  if (name.empty()) return std::nullopt;
  std::vector<std::string> names;
  for (const auto& [known, order] : kOrders) {
    names.push_back(known);
    if (known != name) continue;
    selection.order = order;
    return std::nullopt;
  }
  return Unknown("feeds have no order " + name, name, names);
}

std::optional<std::string> ResolveFilters(const FeedFilters& filters, store::Reader& reader,
                                          store::FeedSelection& selection) {
  if (auto problem = ResolveHosts(filters, reader, selection)) return problem;
  if (!filters.languages.empty()) {
    const auto known = reader.FeedLanguages();
    for (const auto& given : filters.languages) {
      const bool is_known = std::ranges::any_of(known, [&](const auto& language) {
        return language == given || language.substr(0, language.find('-')) == given;
      });
      if (given.empty() || is_known) continue;
      return Unknown("no feed is in the language " + given, given, known);
    }
  }
  if (!filters.categories.empty()) {
    std::set<std::string> known;
    for (const auto& [feed_id, category] : reader.FeedCategories()) known.insert(category);
    for (const auto& given : filters.categories) {
      if (given.empty() || known.contains(given)) continue;
      return Unknown("no feed has the category " + given, given,
                     std::vector<std::string>(known.begin(), known.end()));
    }
  }
  return std::nullopt;
}

std::vector<schemas::Id> SitesOf(const std::string& host, store::Reader& reader) {
  const bool is_below = host.starts_with("*.");
  const auto name = SiteNamed(is_below ? host.substr(2) : host);
  if (!name) return {};
  std::vector<schemas::Id> site_ids;
  for (const auto& site : reader.SitesUnder(is_below ? "*." + *name : *name)) {
    site_ids.push_back(site.site_id);
  }
  return site_ids;
}

}  // namespace saunter::crawler::cli
