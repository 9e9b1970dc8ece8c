// All settings of the three programs: names, units and defaults; the bounds stand in settings.cc.
//
// One TOML file (`[fetch]` / `contact_url = …`) and flags of the same names
// (`--fetch.contact_url …`) fill it; flags win. A key that nobody knows, or a value out of its
// bounds, is an error that names the key. Each struct is the options struct of one room.
//
// Thread safety: values, no sharing. Errors: returned as text for a person, never thrown.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace saunter::schemas {

struct StoreSettings {
  std::string path = "/var/lib/saunter-crawler/saunter.db";
  // Of a PostgreSQL database, see schemas/database_url.h; empty: SQLite, in the file at `path`.
  std::string url;
  std::int64_t busy_timeout_ms = 5000;        // writer
  std::int64_t reader_busy_timeout_ms = 250;  // readers
  std::int64_t reader_query_ms_max = 1000;    // a read that takes longer is ended
  std::int64_t checkpoint_interval_s = 30;    // own PASSIVE checkpoints
  // A reader that stays holds the write-ahead log; what is done about it as it grows.
  std::int64_t wal_warn_bytes = 67108864;  // operators are told, it is emptied when it can be
  std::int64_t wal_probes_bytes_max = 268435456;  // no more probes
  std::int64_t wal_feeds_bytes_max = 1073741824;  // no more fetches either
  std::int64_t fetches_kept = 10;                 // per feed
  std::int64_t batches_kept = 200000;
  std::int64_t pool_changes_kept = 500000;
  std::int64_t imports_kept = 100;        // that can be undone
  std::int64_t removal_rows_max = 10000;  // of feeds that are removed, in one commit
  // What feeds may add. What is beyond is left out, counted, and shown by `saunter feed show`.
  std::int64_t feed_links_first_max = 5000;   // of a feed's first answer
  std::int64_t feed_links_per_day_max = 200;  // new ones, a UTC day
  std::int64_t feed_entries_max = 5000;       // more: those that it lists no more are forgotten
  std::int64_t feed_words_max = 500;          // categories that nobody had named before
  std::int64_t feed_languages_max = 20;       // languages that nobody had named before
  std::int64_t languages_max = 500;
  // Beyond it, of those that no feed lists the dead go first, then the oldest; a site's own feeds
  // have the place of what only strangers list.
  std::int64_t site_links_max = 10000;
  std::int64_t source_sites_max = 1000;  // sites that nobody had named before
  // What readers may add.
  std::int64_t reports_max = 20000;       // beyond it those that were reviewed go first
  std::int64_t withheld_links_max = 200;  // out of the pool until their reports are reviewed
  // Of shards, where several crawlers share a PostgreSQL database.
  std::int64_t lease_s = 60;          // a crawler that was not heard of for so long has lost them
  std::int64_t lease_renewal_s = 10;  // how often a crawler is heard of
};

// Of saunter-replica, which copies from store.url into store.path.
struct ReplicaSettings {
  std::int64_t pull_interval_ms = 1000;
  std::int64_t batch_rows_max = 10000;  // in one commit of the copy
  std::int64_t stale_max_s = 300;       // a copy that is further behind is told of by /readyz
};

struct FetchSettings {
  // Where a publisher reads who asks; stands in "Saunter/VERSION (+contact_url)".
  std::string contact_url = "https://example.org/saunter";
  std::vector<std::string> allow_networks;  // CIDR blocks opened besides the public ones
  std::vector<std::int64_t> allow_ports = {80, 443};
  std::vector<std::string>
      allow_names;                  // names opened besides the public ones, with all below them
  std::int64_t transfers_max = 64;  // in flight at once, all hosts
  std::int64_t lookups_max = 256;   // threads of the resolver, one a name that is looked up
  std::int64_t connect_timeout_ms = 5000;
  std::int64_t feed_timeout_ms = 30000;  // whole transfer, each hop
  std::int64_t probe_timeout_ms = 10000;
  std::int64_t low_speed_bytes_per_s = 256;
  std::int64_t low_speed_time_s = 10;
  std::int64_t feed_body_bytes_max = 10485760;  // decoded; a transfer beyond it ends there
  std::int64_t probe_body_bytes_max = 262144;   // decoded
  std::int64_t header_bytes_max = 65536;
  std::int64_t redirects_max = 5;
  std::int64_t host_gap_min_ms = 1000;  // between two requests to one host
  std::int64_t host_gap_max_ms = 30000;
  std::int64_t block_gap_ms = 1000;  // between probes that end in one /24 or /48
  std::int64_t robots_fresh_s = 86400;
  std::int64_t robots_retry_s = 3600;               // after a robots.txt that could not be had
  std::int64_t robots_body_bytes_max = 512000;      // decoded; the rest is not read
  std::int64_t robots_origins_max = 20000;          // in memory
  std::int64_t robots_memory_bytes_max = 33554432;  // rules of all of them
};

struct FeedSettings {
  std::int64_t body_bytes_max = 10485760;  // that are parsed, wherever they come from
  std::int64_t tree_bytes_max = 67108864;  // memory of one parse
  std::int64_t depth_max = 256;
  std::int64_t nodes_max = 200000;
  std::int64_t entries_max = 5000;
  std::int64_t title_code_points_max = 512;
  std::int64_t summary_code_points_max = 500;
  std::int64_t url_bytes_max = 2048;
  std::int64_t guid_bytes_max = 1024;  // longer ones are hashed
  std::int64_t author_code_points_max = 256;
  std::int64_t category_code_points_max = 100;
  std::int64_t categories_max = 32;  // per entry
};

struct ScheduleSettings {
  std::int64_t interval_min_s = 3600;
  std::int64_t interval_max_s = 86400;                // of a feed that still publishes
  std::int64_t hint_max_s = 604800;                   // a publisher's hints are capped here
  std::int64_t unconditional_interval_min_s = 86400;  // where the server gives no validators
  std::int64_t jitter_percent = 10;
  std::int64_t start_spread_s =
      3600;  // new feeds, and what a long stop left due, are spread over it
};

struct HealthSettings {
  std::int64_t probes_in_flight_max = 32;
  std::int64_t probe_spacing_s = 10;   // first probes of one feed's new links
  std::int64_t dead_verdicts_min = 3;  // counted dead verdicts that make a link dead
  std::int64_t gone_verdicts_min = 2;  // the same where the answer is 410
  std::int64_t dead_gap_s = 259200;    // at least between two counted dead verdicts
  std::int64_t alive_interval_min_s = 604800;
  std::int64_t alive_interval_max_s = 7776000;
  std::int64_t unknown_interval_s = 604800;
  std::int64_t dead_interval_s = 7776000;  // a dead link is still looked at
  std::int64_t site_checked_min = 20;      // checked links before a site can be blacklisted
  std::int64_t site_dead_percent = 50;     // Wilson lower bound that blacklists
  std::int64_t parole_s = 2592000;         // first look after a rule's blacklisting
  std::int64_t parole_again_s = 5184000;   // between the later ones
  std::int64_t parole_links = 20;          // probed at each
  std::int64_t strangers_min = 3;     // registrable domains whose feeds together condemn a site
  std::int64_t shared_links_min = 3;  // posts that redirect to one page: it is no post
  std::int64_t look_interval_s = 1209600;  // between requests for a page that a site cannot have
  std::int64_t parked_looks_min = 2;       // counted looks that find a site parked
  std::int64_t parked_posts_min = 3;       // of its posts that each of them takes
  std::int64_t fresh_probes_percent = 50;  // at most, where other probes wait, too
};

struct WriteSettings {
  std::int64_t queue_results_max = 2048;
  std::int64_t batch_rows_max = 10000;
  std::int64_t batch_bytes_max = 8388608;
  std::int64_t batch_age_ms_max = 500;
};

struct ApiSettings {
  std::string listen = "127.0.0.1:8080";
  std::int64_t threads = 2;
  std::int64_t count_max = 50;             // links in one answer
  std::int64_t refresh_interval_ms = 500;  // how often the writer's commits are looked for
  std::int64_t max_request_bytes = 4096;
  std::int64_t max_response_bytes = 65536;
  std::int64_t header_timeout_s = 3;
  std::int64_t body_timeout_s = 3;
  std::int64_t keepalive_timeout_s = 5;
  std::int64_t retry_after_s = 5;  // in 503 answers
  // What is kept of the selections last asked for, in all workers together.
  std::int64_t selection_memory_bytes_max = 67108864;
  // Which words of feeds mean which topic; without a file at this path the built-in list holds.
  std::string topics_path = "/etc/saunter/topics.txt";
  // Whether links carry receipts, with which readers can vote and report.
  bool feedback = true;
  bool weights = true;  // what readers voted decides how often a source comes up
  std::string receipt_key_path = "/var/lib/saunter-api/receipt.key";  // made if it is missing
  // Addresses or CIDR blocks whose X-Forwarded-For is believed, its last address alone.
  std::vector<std::string> trusted_proxies = {"127.0.0.1", "::1"};
  std::int64_t feedback_per_network_hour = 120;  // votes and reports of a /24 or /48
  std::int64_t feedback_waiting_max = 256;       // for the crawler's commit, all networks together
  std::int64_t feedback_timeout_s = 5;           // how long each waits for it
};

struct MetricsSettings {
  std::string listen;  // "127.0.0.1:9464"; a loopback address; empty: none
};

struct LogSettings {
  std::string level = "info";  // trace, debug, info, warning, error
};

struct Settings {
  StoreSettings store;
  FetchSettings fetch;
  FeedSettings feed;
  ScheduleSettings schedule;
  HealthSettings health;
  WriteSettings write;
  ApiSettings api;
  MetricsSettings metrics;
  LogSettings log;
  ReplicaSettings replica;
};

inline constexpr std::string_view kDefaultSettingsPath = "/etc/saunter/saunter.toml";

enum class SettingKind { kText, kTexts, kNumber, kNumbers, kTrueOrFalse };

// One key, for flags and for `--help-settings`.
struct SettingInfo {
  std::string key;      // "fetch.transfers_max"
  std::string summary;  // one line with unit
  std::string default_text;
  SettingKind kind = SettingKind::kText;
};
std::vector<SettingInfo> ListSettings();

// Sets one key from a flag's text; lists are comma separated. Returns what is wrong, if anything.
[[nodiscard]] std::optional<std::string> SetSetting(Settings& settings, std::string_view key,
                                                    std::string_view text);
// The value in the form that SetSetting takes; empty for a key that there is not. Passwords are not
// shown.
[[nodiscard]] std::string GetSetting(const Settings& settings, std::string_view key);

// What is wrong with a setting, or with the file as a whole.
struct SettingProblem {
  std::string key;        // empty: the file as a whole
  std::string file;       // empty: it stands in none
  std::int64_t line = 0;  // in that file, from 1; 0: no one line
  std::string message;    // says what is wrong and what would be right
};
// "FILE:LINE: message", as far as there is a file and a line.
[[nodiscard]] std::string ToText(const SettingProblem& problem);

enum class SettingSource { kDefault, kFile, kFlag };
struct SettingOrigin {
  SettingSource source = SettingSource::kDefault;
  std::string file;
  std::int64_t line = 0;
};

// What reading settings has found.
struct SettingsFindings {
  std::vector<SettingProblem> problems;
  std::map<std::string, SettingOrigin, std::less<>> origins;  // of the keys that were given

  [[nodiscard]] std::optional<std::string> FirstProblem() const;
};

}  // namespace saunter::schemas
