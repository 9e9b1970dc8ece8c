#include "api/routes/state_routes.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "api/http/json.h"
#include "api/routes/record_json.h"
#include "api/routes/status_json.h"
#include "store/history.h"

namespace saunter::api::routes {
namespace {

constexpr schemas::UnixSeconds kStatusAgeMax = 10;
constexpr std::int64_t kBlacklistedSitesMax = 50;
constexpr std::int64_t kFailingFeedsMax = 5;  // of a cause
constexpr schemas::UnixSeconds kDay = 86400;
constexpr schemas::UnixSeconds kHoursShown = 7 * kDay;
constexpr schemas::UnixSeconds kDaysShown = 30 * kDay;
constexpr schemas::UnixSeconds kWeeksShown = 52 * 7 * kDay;

// All that is read while it stands is of one commit.
class Snapshot {
 public:
  explicit Snapshot(store::Reader& reader)
      : reader_(reader), is_outermost_(!reader.KeepsSnapshot()) {
    if (is_outermost_) reader_.KeepSnapshot();
  }
  ~Snapshot() {
    if (is_outermost_) reader_.DropSnapshot();
  }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

 private:
  store::Reader& reader_;
  const bool is_outermost_;
};

// Costs a scan of the feeds.
StatusFacts ReadStatus(store::Reader& reader, schemas::UnixSeconds now) {
  const Snapshot snapshot(reader);
  StatusFacts facts;
  facts.made_at = now;
  facts.stats = reader.ReadStats();
  facts.activity_begins_at = reader.ActivityBeginsAt();
  facts.hours = reader.Activity(store::Span::kHour, now - kHoursShown, now);
  facts.days = reader.Activity(store::Span::kDay, now - kDaysShown, now);
  facts.weeks = reader.Activity(store::Span::kWeek, now - kWeeksShown, now);
  facts.outages = reader.Outages(now - kWeeksShown);
  facts.feed_counts = reader.CountFeeds();
  facts.failing_causes = reader.FailingCauses(facts.feed_counts, kFailingFeedsMax);
  facts.blacklisted_sites = reader.BlacklistedSites(kBlacklistedSitesMax);
  return facts;
}

}  // namespace

StateRoutes::StateRoutes(const schemas::ApiSettings& settings, std::int64_t stale_max_s,
                         PoolAccess& pool, const Metrics& metrics)
    : settings_(settings), stale_max_s_(stale_max_s), pool_(pool), metrics_(metrics) {}

void StateRoutes::Health(http::Answer& answer) { answer.body = "{\"status\":\"ok\"}\n"; }

void StateRoutes::Readiness(schemas::UnixSeconds now, http::Answer& answer) {
  if (!pool_.HasLinks(answer)) return;
  auto& body = answer.body;
  body = "{\"status\":\"ready\",\"links\":";
  http::AppendNumber(body, pool_.served().index->links());
  body.append(",\"sites\":");
  http::AppendNumber(body, static_cast<std::int64_t>(pool_.served().index->sites.sites()));
  body.append(",\"sources\":");
  http::AppendNumber(body, static_cast<std::int64_t>(pool_.served().index->counts.sources()));
  body.append(",\"last_batch_at\":");
  http::AppendJsonTime(body, pool_.served().last_batch_at);
  // Readers are served whatever the crawler does; its problems are reported all the same.
  const auto stats = pool_.reader().ReadStats();
  body.append(",\"crawler_problem\":");
  http::AppendJsonText(body, stats.crawler ? std::string_view(stats.crawler->problem) : "");
  body.append(",\"crawler_stopped_at\":");
  http::AppendJsonTime(body, stats.crawler ? stats.crawler->stopped_at : std::nullopt);
  body.append(",\"outage_at\":");
  http::AppendJsonTime(body, stats.crawler ? stats.crawler->outage_at : std::nullopt);
  AppendCopyState(body, pool_.reader().FindCopyState(), stale_max_s_, now);
  body.append("}\n");
}

void StateRoutes::Statistics(http::Answer& answer) {
  if (!pool_.IsOpen(answer)) return;
  const auto sources = pool_.served().index->counts.sources();
  AppendStats(answer.body, pool_.reader().ReadStats(), static_cast<std::int64_t>(sources));
  answer.body.push_back('\n');
}

void StateRoutes::Status(schemas::UnixSeconds now, http::Answer& answer) {
  if (!pool_.IsOpen(answer)) return;
  if (!status_.IsFresh(pool_.served().generation, kStatusAgeMax, now)) {
    auto facts = ReadStatus(pool_.reader(), now);
    facts.sources = static_cast<std::int64_t>(pool_.served().index->counts.sources());
    facts.topics_problem = pool_.served().topics_problem;
    status_ = {now, pool_.served().generation,
               StatusJson(facts, static_cast<std::size_t>(settings_.max_response_bytes))};
  }
  answer.cache_control = "public, max-age=10";
  answer.body = status_.body;
}

void StateRoutes::MetricsText(schemas::UnixSeconds now, http::Answer& answer) {
  http::Answer unused;
  std::optional<schemas::Stats> stats;
  if (pool_.IsOpen(unused)) stats = pool_.reader().ReadStats();
  answer.content_type = "text/plain; version=0.0.4; charset=utf-8";
  answer.body = metrics_.Text(pool_.served(), stats ? &*stats : nullptr, now);
}

}  // namespace saunter::api::routes
