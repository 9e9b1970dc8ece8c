// Every setting by name, with its bounds: the one list that files, flags, help and checks go
// through. It is for the sources of this folder alone; all others see schemas/settings.h.
//
// Thread safety: all functions. Errors: text for a person.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "schemas/settings.h"

namespace saunter::schemas {

inline constexpr std::int64_t kYearS = 31622400;
inline constexpr std::int64_t kGiB = 1073741824;

// Names every setting once: visit(key, field, summary[, least, most]).
template <typename AnySettings, typename Visitor>
void VisitSettings(AnySettings& s, Visitor&& visit) {
  const auto text = [&](const char* key, auto& field, const char* summary) {
    visit(std::string_view(key), field, std::string_view(summary), std::int64_t{0},
          std::int64_t{65535});
  };
  const auto number = [&](const char* key, auto& field, const char* summary, std::int64_t least,
                          std::int64_t most) {
    visit(std::string_view(key), field, std::string_view(summary), least, most);
  };
  text("store.path", s.store.path, "database file");
  text("store.url", s.store.url,
       "PostgreSQL database that crawler and CLI use instead of store.path; the API reads "
       "store.path either way");
  number("store.busy_timeout_ms", s.store.busy_timeout_ms, "writer waits for a lock, ms", 0, 60000);
  number("store.reader_busy_timeout_ms", s.store.reader_busy_timeout_ms,
         "a reader waits for a lock, ms", 0, 60000);
  number("store.reader_query_ms_max", s.store.reader_query_ms_max, "longest read, ms", 10, 600000);
  number("store.checkpoint_interval_s", s.store.checkpoint_interval_s,
         "between passive checkpoints, s", 1, 3600);
  number("store.wal_warn_bytes", s.store.wal_warn_bytes,
         "write-ahead log that operators are told of, bytes", 4096, 1024 * kGiB);
  number("store.wal_probes_bytes_max", s.store.wal_probes_bytes_max,
         "write-ahead log that stops the probes, bytes", 4096, 1024 * kGiB);
  number("store.wal_feeds_bytes_max", s.store.wal_feeds_bytes_max,
         "write-ahead log that stops the fetching, bytes", 4096, 1024 * kGiB);
  number("store.fetches_kept", s.store.fetches_kept, "fetches kept per feed", 1, 1000);
  number("store.batches_kept", s.store.batches_kept, "commits kept in the batch table", 1,
         10000000);
  number("store.pool_changes_kept", s.store.pool_changes_kept,
         "pool changes kept for readers that follow", 1000, 100000000);
  number("store.imports_kept", s.store.imports_kept, "imports kept that can be undone", 1, 10000);
  number("store.removal_rows_max", s.store.removal_rows_max,
         "links and entries of removed feeds that go in one commit, or that get a new category",
         100, 1000000);
  number("store.feed_links_first_max", s.store.feed_links_first_max,
         "links taken from a feed's first answer", 1, 1000000);
  number("store.feed_links_per_day_max", s.store.feed_links_per_day_max,
         "new links taken from a feed in a day", 1, 1000000);
  number("store.feed_entries_max", s.store.feed_entries_max,
         "entries remembered of a feed, listed or not", 1, 1000000);
  number("store.feed_words_max", s.store.feed_words_max, "categories that a feed may bring up", 0,
         1000000);
  number("store.feed_languages_max", s.store.feed_languages_max,
         "languages that a feed may bring up", 0, 1000);
  number("store.languages_max", s.store.languages_max, "languages, over all feeds", 1, 10000);
  number("store.site_links_max", s.store.site_links_max, "links kept of a site", 100, 10000000);
  number("store.source_sites_max", s.store.source_sites_max,
         "sites that the feeds of a site may bring up", 0, 10000000);
  number("store.reports_max", s.store.reports_max, "readers' reports kept for review", 100,
         10000000);
  number("store.withheld_links_max", s.store.withheld_links_max,
         "reported links kept out of the pool until they are reviewed", 0, 100000);
  number("store.lease_s", s.store.lease_s,
         "shards of a crawler that is not heard of are another's after, s", 2, 3600);
  number("store.lease_renewal_s", s.store.lease_renewal_s,
         "a crawler that shares a database is heard of every, s", 1, 600);

  text("fetch.contact_url", s.fetch.contact_url,
       "page about this crawler, for publishers; stands in the User-Agent");
  text("fetch.allow_networks", s.fetch.allow_networks,
       "CIDR blocks that may be asked besides the public internet");
  text("fetch.allow_ports", s.fetch.allow_ports, "ports that may be asked");
  text("fetch.allow_names", s.fetch.allow_names,
       "names that may be asked besides the public ones, with all below them");
  number("fetch.transfers_max", s.fetch.transfers_max, "transfers in flight", 1, 4096);
  number("fetch.lookups_max", s.fetch.lookups_max, "names looked up at once, a thread each", 1,
         4096);
  number("fetch.connect_timeout_ms", s.fetch.connect_timeout_ms, "connect limit, ms", 100, 60000);
  number("fetch.feed_timeout_ms", s.fetch.feed_timeout_ms, "whole transfer of a feed, ms", 100,
         600000);
  number("fetch.probe_timeout_ms", s.fetch.probe_timeout_ms, "whole transfer of a probe, ms", 100,
         600000);
  number("fetch.low_speed_bytes_per_s", s.fetch.low_speed_bytes_per_s,
         "slower than this is stalled, bytes/s", 1, kGiB);
  number("fetch.low_speed_time_s", s.fetch.low_speed_time_s, "stalled this long is ended, s", 1,
         600);
  number("fetch.feed_body_bytes_max", s.fetch.feed_body_bytes_max, "decoded feed, bytes", 1024,
         kGiB);
  number("fetch.probe_body_bytes_max", s.fetch.probe_body_bytes_max, "decoded probe, bytes", 1024,
         kGiB);
  number("fetch.header_bytes_max", s.fetch.header_bytes_max, "response headers, bytes", 1024,
         16777216);
  number("fetch.redirects_max", s.fetch.redirects_max, "hops followed", 0, 20);
  number("fetch.host_gap_min_ms", s.fetch.host_gap_min_ms,
         "least gap between requests to a host, ms", 0, 3600000);
  number("fetch.host_gap_max_ms", s.fetch.host_gap_max_ms, "largest gap that pacing asks for, ms",
         0, 3600000);
  number("fetch.block_gap_ms", s.fetch.block_gap_ms,
         "gap between probes to one address block (/24, /48), ms", 0, 60000);
  number("fetch.robots_fresh_s", s.fetch.robots_fresh_s, "a robots.txt is good for, s", 60, 86400);
  number("fetch.robots_retry_s", s.fetch.robots_retry_s,
         "a robots.txt that could not be had is asked for again after, s", 60, 86400);
  number("fetch.robots_body_bytes_max", s.fetch.robots_body_bytes_max,
         "what is read of a robots.txt, bytes", 512000, 16777216);
  number("fetch.robots_origins_max", s.fetch.robots_origins_max,
         "origins whose robots.txt is remembered", 1, 10000000);
  number("fetch.robots_memory_bytes_max", s.fetch.robots_memory_bytes_max,
         "rules of all remembered robots.txt, bytes", 1048576, kGiB);

  number("feed.body_bytes_max", s.feed.body_bytes_max, "document, bytes", 1024, kGiB);
  number("feed.tree_bytes_max", s.feed.tree_bytes_max, "memory of one parse, bytes", 65536, kGiB);
  number("feed.depth_max", s.feed.depth_max, "nesting of elements", 8, 10000);
  number("feed.nodes_max", s.feed.nodes_max, "elements in a document", 100, 100000000);
  number("feed.entries_max", s.feed.entries_max, "entries in a feed", 1, 1000000);
  number("feed.title_code_points_max", s.feed.title_code_points_max, "title, code points", 16,
         65536);
  number("feed.summary_code_points_max", s.feed.summary_code_points_max, "summary, code points", 0,
         65536);
  number("feed.url_bytes_max", s.feed.url_bytes_max, "URL, bytes", 64, 65536);
  number("feed.guid_bytes_max", s.feed.guid_bytes_max, "guid, bytes", 64, 65536);
  number("feed.author_code_points_max", s.feed.author_code_points_max, "author, code points", 16,
         65536);
  number("feed.category_code_points_max", s.feed.category_code_points_max, "category, code points",
         4, 65536);
  number("feed.categories_max", s.feed.categories_max, "categories of an entry", 0, 1000);

  number("schedule.interval_min_s", s.schedule.interval_min_s, "shortest interval of a feed, s", 1,
         kYearS);
  number("schedule.interval_max_s", s.schedule.interval_max_s,
         "longest interval of a feed that publishes, s", 1, kYearS);
  number("schedule.hint_max_s", s.schedule.hint_max_s, "cap of a publisher's hint, s", 1, kYearS);
  number("schedule.unconditional_interval_min_s", s.schedule.unconditional_interval_min_s,
         "shortest interval where the server gives no validators, s", 1, kYearS);
  number("schedule.jitter_percent", s.schedule.jitter_percent, "jitter of intervals, percent", 0,
         50);
  number("schedule.start_spread_s", s.schedule.start_spread_s,
         "first fetches, and those a long stop left due, are spread over, s", 0, kYearS);

  number("health.probes_in_flight_max", s.health.probes_in_flight_max,
         "probes in flight, 0 for none", 0, 4096);
  number("health.probe_spacing_s", s.health.probe_spacing_s,
         "between first probes of one feed's links, s", 0, 86400);
  number("health.dead_verdicts_min", s.health.dead_verdicts_min,
         "dead verdicts that make a link dead", 1, 100);
  number("health.gone_verdicts_min", s.health.gone_verdicts_min, "the same for 410", 1, 100);
  number("health.dead_gap_s", s.health.dead_gap_s, "between two counted dead verdicts, s", 0,
         kYearS);
  number("health.alive_interval_min_s", s.health.alive_interval_min_s,
         "first look again at an alive link, s", 1, kYearS);
  number("health.alive_interval_max_s", s.health.alive_interval_max_s,
         "longest interval of an alive link, s", 1, kYearS);
  number("health.unknown_interval_s", s.health.unknown_interval_s,
         "look again at an unknown link, s", 1, kYearS);
  number("health.dead_interval_s", s.health.dead_interval_s, "look again at a dead link, s", 1,
         kYearS);
  number("health.site_checked_min", s.health.site_checked_min,
         "checked links before a site can be blacklisted", 1, 1000000);
  number("health.site_dead_percent", s.health.site_dead_percent,
         "dead share (Wilson lower bound) that blacklists, percent", 1, 100);
  number("health.parole_s", s.health.parole_s, "first look at a blacklisted site, s", 1, kYearS);
  number("health.parole_again_s", s.health.parole_again_s,
         "between later looks at a blacklisted site, s", 1, kYearS);
  number("health.parole_links", s.health.parole_links, "links probed at each of these looks", 1,
         1000);
  number("health.strangers_min", s.health.strangers_min,
         "domains whose feeds together can condemn a site that is not theirs", 1, 1000);
  number("health.shared_links_min", s.health.shared_links_min,
         "posts of a site that redirect to one page, which is then none of them", 2, 1000);
  number("health.look_interval_s", s.health.look_interval_s,
         "between requests for a page that a site cannot have, s", 1, kYearS);
  number("health.parked_looks_min", s.health.parked_looks_min,
         "looks that must find a site parked, dead_gap_s apart", 1, 100);
  number("health.parked_posts_min", s.health.parked_posts_min,
         "posts of a site that read like its front page before a look finds it parked", 1, 100);
  number("health.fresh_probes_percent", s.health.fresh_probes_percent,
         "share of first probes where others wait, percent", 1, 100);

  number("write.queue_results_max", s.write.queue_results_max, "results waiting for the writer", 1,
         1000000);
  number("write.batch_rows_max", s.write.batch_rows_max, "rows in a batch", 1, 10000000);
  number("write.batch_bytes_max", s.write.batch_bytes_max, "bytes in a batch", 1024, kGiB);
  number("write.batch_age_ms_max", s.write.batch_age_ms_max, "age of a batch, ms", 1, 60000);

  text("api.listen", s.api.listen, "address and port, HOST:PORT or [IPV6]:PORT");
  number("api.threads", s.api.threads, "worker threads", 1, 4);
  number("api.count_max", s.api.count_max, "links in one answer", 1, 50);
  number("api.refresh_interval_ms", s.api.refresh_interval_ms, "look for new commits every, ms", 10,
         2000);
  number("api.max_request_bytes", s.api.max_request_bytes, "request, bytes", 512, 8192);
  number("api.max_response_bytes", s.api.max_response_bytes, "answer, bytes", 4096, 16777216);
  number("api.header_timeout_s", s.api.header_timeout_s, "headers of a request, s", 1, 60);
  number("api.body_timeout_s", s.api.body_timeout_s, "body of a request, s", 1, 60);
  number("api.keepalive_timeout_s", s.api.keepalive_timeout_s, "idle connection, s", 1, 300);
  number("api.retry_after_s", s.api.retry_after_s, "Retry-After of a 503, s", 1, 3600);
  number("api.selection_memory_bytes_max", s.api.selection_memory_bytes_max,
         "memory for kept selections, bytes", 0, 17179869184);
  text("api.topics_path", s.api.topics_path, "which words of feeds mean which topic");
  text("api.feedback", s.api.feedback, "whether readers can vote and report, true or false");
  text("api.weights", s.api.weights, "whether votes weigh sources, true or false");
  text("api.receipt_key_path", s.api.receipt_key_path,
       "key of the receipts with which readers vote and report");
  text("api.trusted_proxies", s.api.trusted_proxies,
       "addresses and CIDR blocks whose X-Forwarded-For is believed");
  number("api.feedback_per_network_hour", s.api.feedback_per_network_hour,
         "votes and reports of a network (/24, /48) in an hour", 1, 1000000);
  number("api.feedback_waiting_max", s.api.feedback_waiting_max,
         "votes and reports that wait for the crawler's commit", 1, 1024);
  number("api.feedback_timeout_s", s.api.feedback_timeout_s,
         "how long a vote or a report waits for the commit, s", 1, 60);

  text("metrics.listen", s.metrics.listen,
       "loopback address and port for Prometheus, HOST:PORT or [IPV6]:PORT; empty for none");

  text("log.level", s.log.level, "trace, debug, info, warning or error");

  number("replica.pull_interval_ms", s.replica.pull_interval_ms,
         "changes are copied from PostgreSQL every, ms", 10, 60000);
  number("replica.batch_rows_max", s.replica.batch_rows_max, "rows in one commit of the copy", 100,
         1000000);
  number("replica.stale_max_s", s.replica.stale_max_s,
         "a copy further behind than this is a reason in /readyz, s", 1, 86400);
}

// What is said of a number that is none, or not within its bounds.
[[nodiscard]] std::string OutOfBounds(std::string_view key, std::int64_t least, std::int64_t most);
// What is said of a key that no setting has.
[[nodiscard]] std::string UnknownSetting(std::string_view key);

}  // namespace saunter::schemas
