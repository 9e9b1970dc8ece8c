#include <spdlog/fmt/fmt.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crawler/cli/commands.h"
#include "crawler/cli/database.h"
#include "crawler/cli/decisions.h"
#include "crawler/cli/print.h"
#include "crawler/cli/site_name.h"
#include "schemas/site.h"
#include "schemas/text.h"
#include "store/catalogue.h"

namespace saunter::crawler::cli {
namespace {

constexpr std::int64_t kSitesPerRead = 1000;
constexpr std::int64_t kFeedsShownMax = 200;

Json LookJson(const std::optional<schemas::SiteLook>& look) {
  if (!look) return nullptr;
  return {{"looked_at", look->looked_at},
          {"answer", schemas::ToString(look->answer)},
          {"parked_count", look->parked_count},
          {"reason", OrNull(look->reason)}};
}

Json ListingJson(const schemas::SiteListing& site) {
  auto json = Json::object();
  VisitShown(site, [&](std::string_view name, const auto& field, auto... presence) {
    json[std::string(name)] = FieldJson(field, presence...);
  });
  return json;
}

Json SiteJson(const schemas::Site& site, const std::vector<store::FeedOutline>& feeds) {
  auto json = ListingJson(site);
  json["feed_list"] = Json::array();
  for (const auto& feed : feeds) {
    json["feed_list"].push_back(
        {{"url", feed.url}, {"title", OrNull(feed.title)}, {"category", OrNull(feed.category)}});
  }
  json["look"] = LookJson(site.look);
  json["decisions"] = Json::array();
  for (const auto& decision : site.decisions) json["decisions"].push_back(ToJson(decision));
  return json;
}

double DeadPercent(const schemas::SiteTally& tally) { return DeadShare(tally).value_or(0) * 100; }

void PrintSiteLine(const schemas::SiteListing& site) {
  PrintLine(fmt::format("{:>6} {:>8} {:>6.1f} % {:<12} {}", site.feeds, site.links_in_pool,
                        DeadPercent(site), site.blacklisted ? "blacklisted" : "", site.host));
}

void PrintBlacklisting(const schemas::SiteListing& site, schemas::UnixSeconds now) {
  PrintField("by", site.blacklist_pattern);
  PrintField("because", site.blacklist_reason);
  PrintField("since", HumanTime(site.blacklisted_at, now));
  PrintField("until", site.blacklisted_until_at ? HumanTime(site.blacklisted_until_at, now)
                                                : "an operator removes it");
}

void PrintFeedsOf(const schemas::Site& site, const std::vector<store::FeedOutline>& feeds) {
  for (const auto& feed : feeds) {
    PrintField("feed", feed.title.empty() ? feed.url
                                          : fmt::format("{}  {}", feed.url, Printable(feed.title)));
  }
  const auto more = site.feeds - std::ssize(feeds);
  if (more > 0) PrintField("", fmt::format("and {} more", more));
}

void PrintSite(const schemas::Site& site, const std::vector<store::FeedOutline>& feeds,
               schemas::UnixSeconds now) {
  PrintLine(site.host);
  PrintField("domain", site.registrable_domain);
  PrintField("feeds", std::to_string(site.feeds));
  PrintFeedsOf(site, feeds);
  PrintField("links to give", std::to_string(site.links_in_pool));
  PrintField("links", fmt::format("{} alive, {} unchecked, {} unknown, {} doubtful, {} dead",
                                  site.links_alive, site.links_unchecked, site.links_unknown,
                                  site.links_doubtful, site.links_dead));
  PrintField("dead share",
             fmt::format("{:.1f} % of {} checked links", DeadPercent(site), CheckedLinks(site)));
  if (site.look) {
    PrintField("absent page", fmt::format("{}, asked {}", site.look->reason,
                                          HumanTime(site.look->looked_at, now)));
  }
  PrintField("blacklisted", YesOrNo(site.blacklisted));
  if (site.blacklisted) PrintBlacklisting(site, now);
  for (const auto& decision : site.decisions) {
    PrintField("decided", DecisionText(decision, now));
  }
}

// What its row and the clock say of a site.
enum class SiteState { kFine, kEmpty, kBlacklisted, kParole };

struct SiteStateName {
  SiteState state;
  std::string_view name;
};
constexpr std::array kSiteStates = {
    SiteStateName{SiteState::kFine, "fine"},
    SiteStateName{SiteState::kEmpty, "empty"},
    SiteStateName{SiteState::kBlacklisted, "blacklisted"},
    SiteStateName{SiteState::kParole, "parole"},
};

std::string_view SiteStateText(SiteState state) {
  return kSiteStates[static_cast<std::size_t>(state)].name;
}

// Links that readers may be given, as long as the site is not blacklisted.
std::int64_t ServableLinks(const schemas::SiteTally& site) {
  return site.links_alive + site.links_unchecked + site.links_unknown;
}

SiteState StateOf(const schemas::SiteListing& site, schemas::UnixSeconds now) {
  if (site.blacklisted) {
    const bool is_due = site.blacklisted_until_at && *site.blacklisted_until_at <= now;
    return is_due ? SiteState::kParole : SiteState::kBlacklisted;
  }
  return ServableLinks(site) > 0 ? SiteState::kFine : SiteState::kEmpty;
}

enum class SiteOrder { kKnown, kHost, kFeeds, kLinks, kDeadShare, kBlacklisted };

struct SiteOptions {
  bool blacklisted = false;
  std::string state;
  std::string domain;
  std::optional<double> dead_share_over;  // per cent
  bool no_feeds = false;
  SiteOrder order = SiteOrder::kKnown;
  std::int64_t limit = 0;  // 0: all
  bool only_count = false;
};

bool IsUnder(std::string_view host, std::string_view domain) {
  return host == domain || (host.ends_with(domain) && host[host.size() - domain.size() - 1] == '.');
}

bool FitsSite(const schemas::SiteListing& site, const SiteOptions& options,
              schemas::UnixSeconds now) {
  if (options.blacklisted && !site.blacklisted) return false;
  if (!options.state.empty() && SiteStateText(StateOf(site, now)) != options.state) return false;
  if (options.no_feeds && site.feeds > 0) return false;
  if (!options.domain.empty() && site.host != options.domain &&
      !IsUnder(schemas::HostOfSite(site.host), options.domain)) {
    return false;
  }
  return !options.dead_share_over || DeadPercent(site) > *options.dead_share_over;
}

void SortSites(std::vector<schemas::SiteListing>& sites, SiteOrder order) {
  // The greatest first, and sites that are alike by name.
  const auto sort = [&](auto value_of) {
    std::ranges::sort(sites, [&](const auto& a, const auto& b) {
      const auto value_of_a = value_of(a);
      const auto value_of_b = value_of(b);
      return value_of_a != value_of_b ? value_of_a > value_of_b : a.host < b.host;
    });
  };
  switch (order) {
    case SiteOrder::kKnown:
      return;
    case SiteOrder::kHost:
      return sort([](const auto&) { return 0; });
    case SiteOrder::kFeeds:
      return sort([](const auto& site) { return site.feeds; });
    case SiteOrder::kLinks:
      return sort([](const auto& site) { return ServableLinks(site); });
    case SiteOrder::kDeadShare:
      return sort([](const auto& site) { return DeadPercent(site); });
    case SiteOrder::kBlacklisted:
      return sort([](const auto& site) { return site.blacklisted_at.value_or(0); });
  }
}

// Without links_in_pool, which is counted of those alone that are shown.
std::vector<schemas::SiteListing> FindSites(store::Reader& reader, const SiteOptions& options) {
  const auto now = Now();
  const bool may_stop = options.order == SiteOrder::kKnown && options.limit > 0;
  std::vector<schemas::SiteListing> found;
  std::vector<schemas::Id> site_ids;
  schemas::Id after = 0;
  while (true) {
    const auto tallies = reader.Tallies({after, kSitesPerRead});
    if (tallies.empty()) break;
    after = tallies.back().site_id;
    site_ids.clear();
    for (const auto& tally : tallies) site_ids.push_back(tally.site_id);
    for (auto& site : reader.SitesUncounted(site_ids)) {
      if (!FitsSite(site, options, now)) continue;
      found.push_back(std::move(site));
      if (may_stop && std::ssize(found) == options.limit) return found;
    }
  }
  SortSites(found, options.order);
  if (options.limit > 0 && std::ssize(found) > options.limit) {
    found.resize(static_cast<std::size_t>(options.limit));
  }
  return found;
}

void PrintSiteCount(OutputFormat output, std::int64_t count) {
  if (output == OutputFormat::kJson) {
    PrintJson({{"count", count}}, JsonStyle::kCompact);
  } else {
    PrintLine(std::to_string(count));
  }
}

ExitCode ListSites(const schemas::Settings& settings, OutputFormat output,
                   const SiteOptions& options) {
  const auto reader = OpenReader(settings);
  if (!reader) return ExitCode::kNoDatabase;
  const auto sites = FindSites(*reader, options);
  if (options.only_count) {
    PrintSiteCount(output, std::ssize(sites));
    return ExitCode::kDone;
  }
  std::optional<JsonRows> rows;
  if (output == OutputFormat::kJson) {
    rows.emplace("sites");
  } else {
    PrintLine(fmt::format("{:>6} {:>8} {:>8} {:<12} {}", "feeds", "to give", "dead", "", "site"));
  }
  for (const auto& site : sites) {
    const auto counted = reader->Sites({.after = site.site_id - 1, .count_max = 1});
    if (counted.empty() || counted.front().site_id != site.site_id) continue;  // it went meanwhile
    rows ? rows->Print(ListingJson(counted.front())) : PrintSiteLine(counted.front());
  }
  if (rows) rows->End();
  return ExitCode::kDone;
}

ExitCode ShowSite(const schemas::Settings& settings, OutputFormat output, const std::string& text) {
  const auto name = SiteNamed(text);
  if (!name) {
    PrintProblem(text + " is not a site; give one such as example.com or example.com/~ann");
    return ExitCode::kWrongUsage;
  }
  const auto reader = OpenReader(settings);
  if (!reader) return ExitCode::kNoDatabase;
  const auto site = reader->FindSite(*name);
  if (!site) {
    PrintProblem("there is no site " + *name + "; `saunter site list` shows all");
    return ExitCode::kPartlyFailed;
  }
  const auto feeds = reader->FeedsOfSite(site->site_id, kFeedsShownMax);
  if (output == OutputFormat::kJson) {
    PrintJson(SiteJson(*site, feeds), JsonStyle::kCompact);
  } else {
    PrintSite(*site, feeds, Now());
  }
  return ExitCode::kDone;
}

void AddSiteList(CLI::App& group, Invocation& invocation) {
  auto* list = group.add_subcommand("list", "all sites, or those that fit, one a line");
  auto options = std::make_shared<SiteOptions>();
  list->add_flag("--blacklisted", options->blacklisted, "only sites that are blacklisted");
  std::vector<std::string> states;
  states.reserve(kSiteStates.size());
  for (const auto& row : kSiteStates) states.emplace_back(row.name);
  list->add_option(
          "--state", options->state,
          "fine has links to give, empty has none, parole is blacklisted and looked at again")
      ->check(CLI::IsMember(states));
  list->add_option_function<std::string>(
      "--domain",
      [options](const std::string& name) {
        options->domain = schemas::ToLowerAscii(schemas::WithoutWww(name));
      },
      "only this host and those below it: example.org has blog.example.org, too");
  list->add_option("--dead-share-over", options->dead_share_over,
                   "only sites with more than so many per cent of dead links")
      ->check(CLI::Range(0.0, 100.0));
  list->add_flag("--no-feeds", options->no_feeds, "only sites on which no feed stands");
  const std::map<std::string, SiteOrder> orders = {{"host", SiteOrder::kHost},
                                                   {"feeds", SiteOrder::kFeeds},
                                                   {"links", SiteOrder::kLinks},
                                                   {"dead-share", SiteOrder::kDeadShare},
                                                   {"blacklisted", SiteOrder::kBlacklisted}};
  std::vector<std::string> order_names;
  order_names.reserve(orders.size());
  for (const auto& [name, order] : orders) order_names.push_back(name);
  list->add_option_function<std::string>(
          "--sort",
          [options, orders](const std::string& name) { options->order = orders.at(name); },
          "by host, or the greatest first; blacklisted: the last verdict first")
      ->check(CLI::IsMember(order_names));
  list->add_option("--limit", options->limit, "at most so many")->check(CLI::PositiveNumber);
  list->add_flag("--count", options->only_count, "only how many there are");
  list->callback([&invocation, options] {
    invocation.run = [options](const schemas::Settings& settings, OutputFormat output) {
      return ListSites(settings, output, *options);
    };
  });
}

}  // namespace

void AddSiteCommands(CLI::App& app, Invocation& invocation) {
  auto* group = app.add_subcommand("site", "list or show sites");
  group->require_subcommand(1);
  AddSiteList(*group, invocation);
  auto* show = group->add_subcommand(
      "show", "a site's feeds, its links by state, and why it is blacklisted");
  auto host = std::make_shared<std::string>();
  show->add_option("SITE", *host, "a host, a tenant such as example.com/~ann, or any URL on it")
      ->required();
  show->callback([&invocation, host] {
    invocation.run = [host](const schemas::Settings& settings, OutputFormat output) {
      return ShowSite(settings, output, *host);
    };
  });
}

}  // namespace saunter::crawler::cli
