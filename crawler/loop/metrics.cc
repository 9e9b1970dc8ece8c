#include "crawler/loop/metrics.h"

#include <filesystem>
#include <mutex>
#include <system_error>
#include <utility>

#include "systemd/metrics_server.h"

namespace saunter::crawler::loop {
namespace {

using systemd::Families;

void AddHistogram(const char* name, const char* help, const write::Histogram& from, Families& to) {
  to.Histogram(name, help, from.sum(), from.bounds(), from.counts());
}

void AddLoop(const MetricsSnapshot& from, Families& to) {
  const auto number = [](std::int64_t value) { return static_cast<double>(value); };
  to.Gauge("saunter_feeds_due", "Feeds that are due and wait for their request.",
           number(from.now.feeds_due));
  to.Gauge("saunter_links_due", "Links that are due and wait for their probe.",
           number(from.now.links_due));
  to.Gauge("saunter_in_flight", "Requests handed to the fetcher and not answered yet.",
           number(from.now.in_flight));
  to.Gauge("saunter_outage", "1 while almost no host answers, so that our own network seems down.",
           from.now.outage ? 1 : 0);
  to.Gauge("saunter_sites_blacklisted", "Sites on the blacklist.",
           number(from.now.sites_blacklisted));
  to.Counters("saunter_feeds_fetched_total", "Feeds fetched, by how that ended.", "outcome",
              from.loop.feeds_by_outcome);
  to.Counters("saunter_probes_total", "Links probed, by verdict.", "verdict",
              from.loop.probes_by_verdict);
  to.Counter("saunter_entries_total", "Entries read from feeds.", number(from.loop.entries));
  to.Counter("saunter_wire_bytes_total", "Bytes of bodies as they were transferred.",
             number(from.loop.wire_bytes));
  to.Counter("saunter_body_bytes_total", "Bytes of bodies, decoded.", number(from.loop.body_bytes));
}

void AddWriter(const write::WriterSums& from, Families& to) {
  const auto number = [](std::int64_t value) { return static_cast<double>(value); };
  to.Gauge("saunter_queue_results", "Results that wait for the writer.",
           number(from.queue_results));
  to.Gauge("saunter_queue_bytes", "Bytes of those results.", number(from.queue_bytes));
  AddHistogram("saunter_batch_rows", "Rows of a committed batch.", from.batch_rows, to);
  AddHistogram("saunter_commit_seconds", "From the begin of a batch to its commit.",
               from.commit_seconds, to);
  to.Counters("saunter_commit_failures_total",
              "Commits that failed, tried again or not, by what the database said.", "kind",
              from.commit_failures);
  if (from.committed_at) {
    to.Gauge("saunter_last_commit_timestamp_seconds", "When the newest batch was committed.",
             number(*from.committed_at));
  }
  to.Counter("saunter_sites_blacklisted_by_rule_total", "Sites that the rule has blacklisted.",
             number(from.sites_blacklisted));
  to.Counter("saunter_feedback_total", "Votes and reports of readers that were taken.",
             number(from.feedback_taken));
  to.Counter("saunter_feedback_used_total", "Those that were not, since their receipts were used.",
             number(from.feedback_used));
  to.Gauge("saunter_wal_bytes", "Size of the write-ahead log.", number(from.wal_bytes));
  to.Gauge("saunter_writes_held_up", "1 while the database takes no writes.", from.trouble ? 1 : 0);
}

// Nothing where one crawler alone has the database.
void AddLeases(const MetricsSnapshot& from, Families& to) {
  if (!from.leases.is_shared) return;
  to.Gauge("saunter_shards_held", "Shards of 1024 that this crawler holds.",
           static_cast<double>(from.leases.shards));
  to.Gauge("saunter_crawlers", "Crawlers that share the database and live.",
           static_cast<double>(from.leases.crawlers));
  to.Counter("saunter_leases_lost_total", "Times that this crawler was not heard of for too long.",
             static_cast<double>(from.leases.lost));
  to.Counter("saunter_results_lost_total",
             "Results dropped since another crawler held their shards by then.",
             static_cast<double>(from.writer.results_lost));
}

// The database's file system; nothing of what cannot be told.
void AddDisk(const std::string& database_path, Families& to) {
  std::error_code error;
  const auto bytes = std::filesystem::file_size(database_path, error);
  if (error) return;
  to.Gauge("saunter_database_bytes", "Size of the database file.", static_cast<double>(bytes));
  const auto space = std::filesystem::space(database_path, error);
  if (error) return;
  to.Gauge("saunter_disk_free_bytes", "Free for the crawler where the database is.",
           static_cast<double>(space.available));
  to.Gauge("saunter_disk_bytes", "Size of that file system.", static_cast<double>(space.capacity));
}

}  // namespace

class Metrics::State {
 public:
  State(const std::string& listen, std::string database_path)
      : database_path_(std::move(database_path)),
        server_(listen, [this](Families& to) { Collect(to); }) {}

  void Show(MetricsSnapshot snapshot) {
    const std::scoped_lock lock(mutex_);
    snapshot_ = std::move(snapshot);
  }
  [[nodiscard]] int port() const { return server_.port(); }

 private:
  void Collect(Families& to) {
    AddDisk(database_path_, to);
    const std::scoped_lock lock(mutex_);
    AddLoop(snapshot_, to);
    AddWriter(snapshot_.writer, to);
    AddLeases(snapshot_, to);
  }

  const std::string database_path_;
  std::mutex mutex_;
  MetricsSnapshot snapshot_;  // guarded by mutex_
  systemd::MetricsServer server_;
};

Metrics::Metrics(const std::string& listen, const std::string& database_path)
    : state_(std::make_unique<State>(listen, database_path)) {}
Metrics::~Metrics() = default;

void Metrics::Show(MetricsSnapshot snapshot) { state_->Show(std::move(snapshot)); }
int Metrics::port() const { return state_->port(); }

}  // namespace saunter::crawler::loop
