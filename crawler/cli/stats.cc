#include <spdlog/fmt/fmt.h>

#include <CLI/CLI.hpp>

#include "crawler/cli/commands.h"
#include "crawler/cli/database.h"
#include "crawler/cli/print.h"

namespace saunter::crawler::cli {
namespace {

Json StatsJson(const schemas::Stats& stats) {
  auto json = ToJson(stats);
  json["crawler"] = stats.crawler ? ToJson(*stats.crawler) : Json(nullptr);
  return json;
}

void PrintCrawler(const schemas::CrawlerStatus& crawler, schemas::UnixSeconds now) {
  PrintField("crawler", crawler.version);
  PrintField("started", HumanTime(crawler.started_at, now));
  if (crawler.stopped_at) PrintField("stopped", HumanTime(crawler.stopped_at, now));
  PrintField("reported", HumanTime(crawler.reported_at, now));
  PrintField("last fetch", HumanTime(crawler.fetch_at, now));
  PrintField("last good fetch", HumanTime(crawler.fetch_ok_at, now));
  PrintField("feeds due", fmt::format("{}, {} in flight", crawler.feeds_due, crawler.in_flight));
  if (crawler.outage_at) PrintField("no network since", HumanTime(crawler.outage_at, now));
  PrintField("problem", crawler.problem);
}

void PrintStats(const schemas::Stats& stats, schemas::UnixSeconds now) {
  PrintField("schema version", std::to_string(stats.schema_version));
  PrintField("feeds", fmt::format("{}: {} paused, {} gone, {} never fetched, {} failing",
                                  stats.feeds, stats.feeds_paused, stats.feeds_gone,
                                  stats.feeds_never_fetched, stats.feeds_failing));
  PrintField("sites", fmt::format("{}, {} blacklisted", stats.sites, stats.sites_blacklisted));
  PrintField("links", fmt::format("{}: {} alive, {} unchecked, {} unknown, {} doubtful, {} dead",
                                  stats.links, stats.links_alive, stats.links_unchecked,
                                  stats.links_unknown, stats.links_doubtful, stats.links_dead));
  PrintField("links to give", std::to_string(stats.links_in_pool));
  PrintField("readers said", fmt::format("{} votes, {} reports, {} of these went unread",
                                         stats.votes, stats.reports, stats.reports_over));
  PrintField("to review", fmt::format("{} reports, {} links withheld", stats.reports_open,
                                      stats.links_withheld));
  PrintField("last batch",
             fmt::format("{}, {}", stats.batches, HumanTime(stats.last_batch_at, now)));
  if (stats.crawler) {
    PrintCrawler(*stats.crawler, now);
  } else {
    PrintField("crawler", "has never run on this database");
  }
}

ExitCode PrintAllStats(const schemas::Settings& settings, OutputFormat output) {
  const auto reader = OpenReader(settings);
  if (!reader) return ExitCode::kNoDatabase;
  const auto stats = reader->ReadStats();
  if (output == OutputFormat::kJson) {
    PrintJson(StatsJson(stats), JsonStyle::kCompact);
  } else {
    PrintStats(stats, Now());
  }
  return ExitCode::kDone;
}

}  // namespace

void AddStats(CLI::App& app, Invocation& invocation) {
  app.add_subcommand("stats", "feeds, sites, links by state, and what the crawler is doing")
      ->callback([&invocation] { invocation.run = PrintAllStats; });
}

}  // namespace saunter::crawler::cli
