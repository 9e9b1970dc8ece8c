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

// A dead link counts against its site, an unknown or unchecked one does not.
std::int64_t CheckedLinks(const schemas::SiteTally& tally) {
  return tally.links_alive + tally.links_doubtful + tally.links_dead;
}

double DeadShare(const schemas::SiteTally& tally) {
  const auto checked = CheckedLinks(tally);
  if (checked == 0) return 0;
  return static_cast<double>(tally.links_dead) / static_cast<double>(checked);
}

Json LookJson(const std::optional<schemas::SiteLook>& look) {
  if (!look) return nullptr;
  return {{"looked_at", look->looked_at},
          {"answer", schemas::ToString(look->answer)},
          {"parked_count", look->parked_count},
          {"reason", OrNull(look->reason)}};
}

Json SiteJson(const schemas::Site& site) {
  const auto& tally = site.tally;
  auto decisions = Json::array();
  for (const auto& decision : site.decisions) decisions.push_back(DecisionJson(decision));
  return {{"site_id", tally.site_id},
          {"host", tally.host},
          {"registrable_domain", site.registrable_domain},
          {"feeds", site.feeds},
          {"links_in_pool", site.links_in_pool},
          {"links_unchecked", tally.links_unchecked},
          {"links_alive", tally.links_alive},
          {"links_unknown", tally.links_unknown},
          {"links_doubtful", tally.links_doubtful},
          {"links_dead", tally.links_dead},
          {"dead_share", DeadShare(tally)},
          {"blacklisted", tally.blacklisted},
          {"blacklisted_at", OrNull(site.blacklisted_at)},
          {"blacklisted_until_at", OrNull(site.blacklisted_until_at)},
          {"blacklist_pattern", OrNull(site.blacklist_pattern)},
          {"blacklist_reason", OrNull(site.blacklist_reason)},
          {"look", LookJson(site.look)},
          {"decisions", std::move(decisions)}};
}

void PrintSiteLine(const schemas::Site& site) {
  PrintLine(fmt::format("{:>6} {:>8} {:>6.1f} % {:<12} {}", site.feeds, site.links_in_pool,
                        DeadShare(site.tally) * 100, site.tally.blacklisted ? "blacklisted" : "",
                        site.tally.host));
}

void PrintBlacklisting(const schemas::Site& site, schemas::UnixSeconds now) {
  PrintField("by", site.blacklist_pattern);
  PrintField("because", site.blacklist_reason);
  PrintField("since", HumanTime(site.blacklisted_at, now));
  PrintField("until", site.blacklisted_until_at ? HumanTime(site.blacklisted_until_at, now)
                                                : "an operator removes it");
}

void PrintSite(const schemas::Site& site, schemas::UnixSeconds now) {
  const auto& tally = site.tally;
  PrintLine(tally.host);
  PrintField("domain", site.registrable_domain);
  PrintField("feeds", std::to_string(site.feeds));
  PrintField("links to give", std::to_string(site.links_in_pool));
  PrintField("links", fmt::format("{} alive, {} unchecked, {} unknown, {} doubtful, {} dead",
                                  tally.links_alive, tally.links_unchecked, tally.links_unknown,
                                  tally.links_doubtful, tally.links_dead));
  PrintField("dead share", fmt::format("{:.1f} % of {} checked links", DeadShare(tally) * 100,
                                       CheckedLinks(tally)));
  if (site.look) {
    PrintField("of no page", fmt::format("{}, asked {}", site.look->reason,
                                         HumanTime(site.look->looked_at, now)));
  }
  PrintField("blacklisted", YesOrNo(tally.blacklisted));
  if (tally.blacklisted) PrintBlacklisting(site, now);
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
    after = sites.back().tally.site_id;
    for (const auto& site : sites) {
      rows ? rows->Print(SiteJson(site)) : PrintSiteLine(site);
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
    PrintProblem(text + " is no host; give one like example.com");
    return ExitCode::kWrongUsage;
  }
  const auto reader = OpenReader(settings);
  if (!reader) return ExitCode::kNoDatabase;
  const auto site = reader->FindSite(url::SiteHost(url->host));
  if (!site) {
    PrintProblem("there is no site " + url->host + "; `saunter site list` shows all");
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
  show->add_option("HOST", *host, "a host, or any URL of it")->required();
  show->callback([&invocation, host] {
    invocation.run = [host](const schemas::Settings& settings, OutputFormat output) {
      return ShowSite(settings, output, *host);
    };
  });
}

}  // namespace saunter::crawler::cli
