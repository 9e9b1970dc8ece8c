#include "crawler/cli/feed_report.h"

#include <spdlog/fmt/fmt.h>

#include "crawler/cli/print.h"

namespace saunter::crawler::cli {

void PrintFetch(const schemas::FetchLog& fetch, schemas::UnixSeconds now) {
  PrintField("fetched", HumanTime(fetch.fetched_at, now));
  PrintField("",
             fmt::format("{} (status {}), {} on the wire, {} decoded, {} ms, {} entries, {} new",
                         ToString(fetch.outcome), fetch.status, HumanBytes(fetch.wire_bytes),
                         HumanBytes(fetch.body_bytes), fetch.duration_ms, fetch.entries,
                         fetch.entries_new));
  PrintField("", fetch.reason);
  PrintField("", fmt::format("then due {}: {}", HumanTime(fetch.next_check_at, now),
                             fetch.next_check_reason));
}

namespace {

// What budgets left out of the last answer, each by the setting that says how much there may be.
void PrintLeftOut(const schemas::FeedIntake& feed) {
  const auto print = [](std::int64_t count, std::string_view what, std::string_view setting) {
    if (count == 0) return;
    PrintField("left out", fmt::format("{} {} (store.{})", count, what, setting));
  };
  print(feed.links_over_day, "new links beyond those of a day", "feed_links_per_day_max");
  print(feed.links_over_site, "links to sites that are full", "site_links_max");
  print(feed.links_over_sites, "links to more unknown sites", "source_sites_max");
  print(feed.words_over, "categories", "feed_words_max");
  print(feed.languages_over, "languages", "feed_languages_max, store.languages_max");
}

}  // namespace

void PrintFeed(const schemas::FeedListing& feed, schemas::UnixSeconds now) {
  PrintLine(feed.url);
  PrintField("title", feed.given_title.empty() ? feed.title : feed.title + " (given by you)");
  PrintField("site", feed.site_url);
  PrintField("state", ToString(feed.state));
  PrintField("category", feed.category);
  PrintField("language", feed.language);
  PrintField("format", feed.format);
  PrintField("added", HumanTime(feed.added_at, now));
  PrintField("last fetch", HumanTime(feed.checked_at, now));
  PrintField("last good fetch", HumanTime(feed.ok_at, now));
  PrintField("last change", HumanTime(feed.changed_at, now));
  PrintField("next fetch", HumanTime(feed.next_check_at, now));
  PrintField("because", feed.next_check_reason);
  PrintField("errors in a row", feed.error_count == 0 ? "" : std::to_string(feed.error_count));
  PrintField("etag", feed.etag);
  PrintField("last modified", feed.last_modified);
  if (feed.retry_after_at) PrintField("retry after", HumanTime(feed.retry_after_at, now));
  PrintField("redirects to", feed.redirect_url);
  PrintLeftOut(feed);
}

}  // namespace saunter::crawler::cli
