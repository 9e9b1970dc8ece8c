#include <spdlog/fmt/fmt.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>

#include "crawler/cli/commands.h"
#include "crawler/cli/database.h"
#include "crawler/cli/decisions.h"
#include "crawler/cli/print.h"
#include "crawler/url/url.h"

namespace saunter::crawler::cli {
namespace {

constexpr std::int64_t kSitesPerRead = 1000;

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

Json SiteJson(const schemas::Site& site) {
  auto json = ListingJson(site);
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

void PrintSite(const schemas::Site& site, schemas::UnixSeconds now) {
  PrintLine(site.host);
  PrintField("domain", site.registrable_domain);
  PrintField("feeds", std::to_string(site.feeds));
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

ExitCode ListSites(const schemas::Settings& settings, OutputFormat output) {
  const auto reader = OpenReader(settings);
  if (!reader) return ExitCode::kNoDatabase;
  std::optional<JsonRows> rows;
  if (output == OutputFormat::kJson) {
    rows.emplace("sites");
  } else {
    PrintLine(fmt::format("{:>6} {:>8} {:>8} {:<12} {}", "feeds", "to give", "dead", "", "site"));
  }
  schemas::Id after = 0;
  while (true) {
    const auto sites = reader->Sites({after, kSitesPerRead});
    if (sites.empty()) break;
    after = sites.back().site_id;
    for (const auto& site : sites) {
      rows ? rows->Print(SiteJson({site, {}, {}})) : PrintSiteLine(site);
    }
  }
  if (rows) rows->End();
  return ExitCode::kDone;
}

ExitCode ShowSite(const schemas::Settings& settings, OutputFormat output, const std::string& text) {
  // A URL names its site as well as a host does.
  auto url = url::ParseUrl(text);
  if (!url) url = url::ParseUrl("http://" + text);
  if (!url) {
    PrintProblem(text + " is not a site; give one such as example.com or example.com/~ann");
    return ExitCode::kWrongUsage;
  }
  const auto reader = OpenReader(settings);
  if (!reader) return ExitCode::kNoDatabase;
  const auto site = reader->FindSite(url::SiteName(*url));
  if (!site) {
    PrintProblem("there is no site " + url::SiteName(*url) + "; `saunter site list` shows all");
    return ExitCode::kPartlyFailed;
  }
  if (output == OutputFormat::kJson) {
    PrintJson(SiteJson(*site), JsonStyle::kCompact);
  } else {
    PrintSite(*site, Now());
  }
  return ExitCode::kDone;
}

}  // namespace

void AddSiteCommands(CLI::App& app, Invocation& invocation) {
  auto* group = app.add_subcommand("site", "list or show sites");
  group->require_subcommand(1);
  group->add_subcommand("list", "all sites, one a line")->callback([&invocation] {
    invocation.run = ListSites;
  });
  auto* show = group->add_subcommand("show", "a site's links by state, and why it is blacklisted");
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
