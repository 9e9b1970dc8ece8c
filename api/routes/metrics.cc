#include "api/routes/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "api/index/follower.h"

namespace saunter::api::routes {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Label = std::pair<std::string, std::string>;

MetricFamily Family(std::string name, std::string help, MetricType type) {
  MetricFamily family;
  family.name = std::move(name);
  family.help = std::move(help);
  family.type = type;
  return family;
}

ClientMetric& AddTo(MetricFamily& family, const std::vector<Label>& labels) {
  auto& metric = family.metric.emplace_back();
  for (const auto& [name, value] : labels) metric.label.push_back({name, value});
  return metric;
}

MetricFamily Gauge(std::string name, std::string help, double value) {
  auto family = Family(std::move(name), std::move(help), MetricType::Gauge);
  AddTo(family, {}).gauge.value = value;
  return family;
}

double Number(std::int64_t value) { return static_cast<double>(value); }

// One gauge with a label for each of several counts.
MetricFamily Gauges(std::string name, std::string help, const std::string& label,
                    const std::vector<std::pair<std::string, std::int64_t>>& counts) {
  auto family = Family(std::move(name), std::move(help), MetricType::Gauge);
  for (const auto& [value, count] : counts)
    AddTo(family, {{label, value}}).gauge.value = Number(count);
  return family;
}

MetricFamily Counter(std::string name, std::string help, std::int64_t count) {
  auto family = Family(std::move(name), std::move(help), MetricType::Counter);
  AddTo(family, {}).counter.value = Number(count);
  return family;
}

// What readers said, and what came of it.
void AddReaders(std::vector<MetricFamily>& families, const schemas::Stats& stats) {
  families.push_back(Counter("saunter_votes_total", "Votes of readers that counted.", stats.votes));
  families.push_back(
      Counter("saunter_reports_total", "Reports of readers, but of dead links.", stats.reports));
  families.push_back(Counter("saunter_reports_over_total",
                             "Reports that went unread, since there were too many.",
                             stats.reports_over));
  families.push_back(
      Gauge("saunter_reports_open", "Reports that wait for review.", Number(stats.reports_open)));
  families.push_back(Gauge("saunter_links_withheld",
                           "Reported links kept from readers until they are reviewed.",
                           Number(stats.links_withheld)));
  families.push_back(Counter("saunter_withholdings_total", "Links that were so kept, so far.",
                             stats.withholdings));
  families.push_back(Counter("saunter_withholdings_over_total",
                             "Links that were not, since too many were.", stats.withholdings_over));
}

void AddStats(std::vector<MetricFamily>& families, const schemas::Stats& stats) {
  families.push_back(Gauges("saunter_feeds", "Feeds by state; all but total overlap.", "state",
                            {{"total", stats.feeds},
                             {"paused", stats.feeds_paused},
                             {"gone", stats.feeds_gone},
                             {"never_fetched", stats.feeds_never_fetched},
                             {"failing", stats.feeds_failing}}));
  families.push_back(Gauges("saunter_sites", "Sites.", "state",
                            {{"total", stats.sites}, {"blacklisted", stats.sites_blacklisted}}));
  families.push_back(Gauges("saunter_links", "Links by what is known of them.", "state",
                            {{"unchecked", stats.links_unchecked},
                             {"alive", stats.links_alive},
                             {"unknown", stats.links_unknown},
                             {"doubtful", stats.links_doubtful},
                             {"dead", stats.links_dead}}));
  families.push_back(
      Gauge("saunter_pool_links", "Links that may be served.", Number(stats.links_in_pool)));
  families.push_back(Counter("saunter_batches_total", "Commits of the writer.", stats.batches));
  AddReaders(families, stats);
  if (!stats.crawler) return;
  const auto& crawler = *stats.crawler;
  families.push_back(Gauge("saunter_crawler_up",
                           "1 unless the crawler was stopped or has a problem.",
                           !crawler.stopped_at && crawler.problem.empty() ? 1 : 0));
  families.push_back(Gauge("saunter_crawler_outage", "1 while the crawler reaches nothing at all.",
                           crawler.outage_at ? 1 : 0));
  families.push_back(
      Gauge("saunter_crawler_feeds_due", "Feeds to be fetched now.", Number(crawler.feeds_due)));
  families.push_back(
      Gauge("saunter_crawler_in_flight", "Transfers in flight.", Number(crawler.in_flight)));
  families.push_back(Gauge("saunter_crawler_started_timestamp_seconds",
                           "When the crawler was started.", Number(crawler.started_at)));
  families.push_back(Gauge("saunter_crawler_reported_timestamp_seconds",
                           "When the crawler last spoke of itself.", Number(crawler.reported_at)));
}

}  // namespace

std::string_view ToString(Route route) {
  switch (route) {
    case Route::kRandom:
      return "/v1/random";
    case Route::kRedirect:
      return "/random";
    case Route::kLink:
      return "/v1/links";
    case Route::kSite:
      return "/v1/sites";
    case Route::kCategories:
      return "/v1/categories";
    case Route::kLanguages:
      return "/v1/languages";
    case Route::kStats:
      return "/v1/stats";
    case Route::kStatus:
      return "/v1/status";
    case Route::kRecent:
      return "/v1/recent.atom";
    case Route::kDaily:
      return "/v1/daily.atom";
    case Route::kFeeds:
      return "/v1/feeds.opml";
    case Route::kMetrics:
      return "/metrics";
    case Route::kHealth:
      return "/healthz";
    case Route::kReady:
      return "/readyz";
    case Route::kVotes:
      return "/v1/votes";
    case Route::kReports:
      return "/v1/reports";
    case Route::kFile:
      return "file";
    case Route::kOther:
      return "other";
  }
  return "";
}

void WorkerMetrics::Count(Route route, const http::Answer& answer,
                          std::chrono::nanoseconds duration) {
  CountStatus(route, answer);
  const auto us = duration.count() / 1000;
  const auto* const bound = std::lower_bound(kBoundsUs.begin(), kBoundsUs.end(), us);
  auto& durations = durations_[static_cast<std::size_t>(route)];
  durations.counts[static_cast<std::size_t>(bound - kBoundsUs.begin())].fetch_add(
      1, std::memory_order_relaxed);
  durations.sum_ns.fetch_add(static_cast<std::uint64_t>(duration.count()),
                             std::memory_order_relaxed);
}

void WorkerMetrics::CountRefused(const http::Answer& answer) { CountStatus(Route::kOther, answer); }

void WorkerMetrics::CountStatus(Route route, const http::Answer& answer) {
  const auto* const known = std::find(kStatuses.begin(), kStatuses.end() - 1, answer.status);
  const auto column = static_cast<std::size_t>(known - kStatuses.begin());
  requests_[static_cast<std::size_t>(route)][column].fetch_add(1, std::memory_order_relaxed);
  if (answer.status != 503) return;
  const auto* const reason = std::find(kReasons.begin(), kReasons.end() - 1, answer.reason);
  unavailable_[static_cast<std::size_t>(reason - kReasons.begin())].fetch_add(
      1, std::memory_order_relaxed);
}

std::shared_ptr<WorkerMetrics> Metrics::AddWorker() {
  const std::lock_guard lock(mutex_);
  return workers_.emplace_back(std::make_shared<WorkerMetrics>());
}

namespace {

// `index` is null while there is none.
void AddIndex(std::vector<MetricFamily>& families, const index::LinkIndex* index) {
  const auto links = index != nullptr ? index->links() : 0;
  families.push_back(
      Gauge("saunter_api_ready", "1 if there are links to serve.", links > 0 ? 1 : 0));
  families.push_back(Gauge("saunter_api_index_links", "Links in the index.", Number(links)));
  families.push_back(Gauge("saunter_api_index_sites", "Sites in the index.",
                           index != nullptr ? static_cast<double>(index->sites.sites()) : 0));
  families.push_back(Gauge("saunter_api_index_sources", "Sources in the index.",
                           index != nullptr ? static_cast<double>(index->counts.sources()) : 0));
}

}  // namespace

void Metrics::AddRequests(Families& families) const {
  auto& family = families.emplace_back(
      Family("saunter_api_requests_total", "Requests answered.", MetricType::Counter));
  for (std::size_t route = 0; route < kRouteCount; ++route) {
    for (std::size_t status = 0; status < WorkerMetrics::kStatuses.size(); ++status) {
      std::uint64_t sum = 0;
      for (const auto& worker : workers_) sum += worker->requests_[route][status].load();
      if (sum == 0) continue;
      const int code = WorkerMetrics::kStatuses[status];
      AddTo(family, {{"route", std::string(ToString(static_cast<Route>(route)))},
                     {"status", code == 0 ? "other" : std::to_string(code)}})
          .counter.value = static_cast<double>(sum);
    }
  }
}

void Metrics::AddUnavailable(Families& families) const {
  auto& family = families.emplace_back(Family("saunter_api_unavailable_total",
                                              "Requests answered 503, by the problem's reason.",
                                              MetricType::Counter));
  for (std::size_t i = 0; i < WorkerMetrics::kReasons.size(); ++i) {
    std::uint64_t sum = 0;
    for (const auto& worker : workers_) sum += worker->unavailable_[i].load();
    if (sum == 0) continue;
    AddTo(family, {{"reason", std::string(WorkerMetrics::kReasons[i])}}).counter.value =
        static_cast<double>(sum);
  }
}

void Metrics::AddDurations(Families& families) const {
  auto& family =
      families.emplace_back(Family("saunter_api_request_duration_seconds",
                                   "From a whole request to its answer.", MetricType::Histogram));
  for (std::size_t route = 0; route < kRouteCount; ++route) {
    prometheus::ClientMetric::Histogram histogram;
    for (std::size_t i = 0; i <= WorkerMetrics::kBoundsUs.size(); ++i) {
      for (const auto& worker : workers_) {
        histogram.sample_count += worker->durations_[route].counts[i].load();
      }
      const auto bound = i < WorkerMetrics::kBoundsUs.size()
                             ? static_cast<double>(WorkerMetrics::kBoundsUs[i]) / 1e6
                             : std::numeric_limits<double>::infinity();
      histogram.bucket.push_back(
          {.cumulative_count = histogram.sample_count, .upper_bound = bound});
    }
    if (histogram.sample_count == 0) continue;
    for (const auto& worker : workers_) {
      histogram.sample_sum += static_cast<double>(worker->durations_[route].sum_ns.load()) / 1e9;
    }
    AddTo(family, {{"route", std::string(ToString(static_cast<Route>(route)))}}).histogram =
        std::move(histogram);
  }
}

std::string Metrics::Text(const index::Served& served, const schemas::Stats* stats,
                          schemas::UnixSeconds now) const {
  std::vector<MetricFamily> families;
  {
    const std::lock_guard lock(mutex_);
    AddRequests(families);
    AddUnavailable(families);
    AddDurations(families);
  }
  AddIndex(families, served.index.get());
  families.push_back(Gauge("saunter_api_topics_broken",
                           "1 while the operator's list of topics has a mistake.",
                           served.topics_problem.empty() ? 0 : 1));
  if (served.last_batch_at) {
    families.push_back(Gauge("saunter_api_data_age_seconds", "Since the newest commit served.",
                             Number(std::max<std::int64_t>(0, now - *served.last_batch_at))));
  }
  if (stats != nullptr) AddStats(families, *stats);
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace saunter::api::routes
