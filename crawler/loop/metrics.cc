#include "crawler/loop/metrics.h"

#include <prometheus/collectable.h>
#include <prometheus/exposer.h>
#include <prometheus/metric_family.h>

#include <filesystem>
#include <limits>
#include <mutex>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace saunter::crawler::loop {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr std::size_t kThreads = 1;  // a scrape every few seconds

ClientMetric::Label Label(std::string name, std::string_view value) {
  return {std::move(name), std::string(value)};
}

// Families are built one after the other, as they are printed.
class Families {
 public:
  void Gauge(const char* name, const char* help, double value) {
    Begin(name, help, MetricType::Gauge).gauge.value = value;
  }
  void Counter(const char* name, const char* help, double value) {
    Begin(name, help, MetricType::Counter).counter.value = value;
  }
  // One counter for each key, under a label that names it.
  template <typename Key>
  void Counters(const char* name, const char* help, const char* label,
                const std::map<Key, std::int64_t>& counts) {
    auto& family = families_.emplace_back(MetricFamily{name, help, MetricType::Counter, {}});
    for (const auto& [key, count] : counts) {
      auto& metric = family.metric.emplace_back();
      metric.label = {Label(label, ToString(key))};
      metric.counter.value = static_cast<double>(count);
    }
  }
  void Histogram(const char* name, const char* help, const write::Histogram& from) {
    auto& histogram = Begin(name, help, MetricType::Histogram).histogram;
    histogram.sample_sum = from.sum();
    auto bound = from.bounds().begin();
    for (const auto count : from.counts()) {
      histogram.sample_count += count;
      const bool last = bound == from.bounds().end();
      histogram.bucket.push_back(
          {histogram.sample_count, last ? std::numeric_limits<double>::infinity() : *bound});
      if (!last) ++bound;
    }
  }
  std::vector<MetricFamily> Take() { return std::move(families_); }

 private:
  ClientMetric& Begin(const char* name, const char* help, MetricType type) {
    return families_.emplace_back(MetricFamily{name, help, type, {}}).metric.emplace_back();
  }

  std::vector<MetricFamily> families_;
};

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
  to.Histogram("saunter_batch_rows", "Rows of a committed batch.", from.batch_rows);
  to.Histogram("saunter_commit_seconds", "From the begin of a batch to its commit.",
               from.commit_seconds);
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

// What was shown last, as a scrape wants it.
class Shown : public prometheus::Collectable {
 public:
  explicit Shown(std::string database_path) : database_path_(std::move(database_path)) {}

  void Set(MetricsSnapshot snapshot) {
    const std::scoped_lock lock(mutex_);
    snapshot_ = std::move(snapshot);
  }

  [[nodiscard]] std::vector<MetricFamily> Collect() const override {
    Families families;
    AddDisk(database_path_, families);
    const std::scoped_lock lock(mutex_);
    AddLoop(snapshot_, families);
    AddWriter(snapshot_.writer, families);
    return families.Take();
  }

 private:
  const std::string database_path_;
  mutable std::mutex mutex_;
  MetricsSnapshot snapshot_;  // guarded by mutex_
};

}  // namespace

class Metrics::State {
 public:
  State(const std::string& listen, const std::string& database_path)
      : shown_(std::make_shared<Shown>(database_path)), exposer_(listen, kThreads) {
    exposer_.RegisterCollectable(shown_);
  }

  void Show(MetricsSnapshot snapshot) { shown_->Set(std::move(snapshot)); }
  [[nodiscard]] int port() const { return exposer_.GetListeningPorts().at(0); }

 private:
  std::shared_ptr<Shown> shown_;
  prometheus::Exposer exposer_;
};

Metrics::Metrics(const std::string& listen, const std::string& database_path) {
  try {
    state_ = std::make_unique<State>(listen, database_path);
  } catch (const std::exception& exception) {
    throw std::runtime_error("metrics.listen " + listen + " cannot be had: " + exception.what());
  }
}
Metrics::~Metrics() = default;

void Metrics::Show(MetricsSnapshot snapshot) { state_->Show(std::move(snapshot)); }
int Metrics::port() const { return state_->port(); }

}  // namespace saunter::crawler::loop
