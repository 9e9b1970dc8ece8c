#include "api/routes/state_routes.h"

#include <cstdint>
#include <optional>
#include <string_view>

#include "api/http/json.h"
#include "api/routes/record_json.h"

namespace saunter::api::routes {
namespace {

constexpr schemas::UnixSeconds kStatusAgeMax = 10;
constexpr std::int64_t kBlacklistedSitesMax = 50;

}  // namespace

StateRoutes::StateRoutes(PoolAccess& pool, const Metrics& metrics)
    : pool_(pool), metrics_(metrics) {}

void StateRoutes::Health(http::Answer& answer) { answer.body = "{\"status\":\"ok\"}\n"; }

void StateRoutes::Readiness(http::Answer& answer) {
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
    status_ = {now, pool_.served().generation, {}};
    AppendStatus(status_.body, *pool_.served().activity, pool_.reader().FeedsByOutcome(),
                 pool_.reader().BlacklistedSites(kBlacklistedSitesMax),
                 pool_.served().topics_problem);
    status_.body.push_back('\n');
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
