#include "api/routes/daily_routes.h"

#include <algorithm>
#include <utility>

#include "api/index/index_builder.h"
#include "api/routes/listings.h"
#include "api/walk/daily.h"

namespace saunter::api::routes {
namespace {

constexpr schemas::UnixSeconds kDayS = 86400;
// How old an answer may be, here and in caches: so long a link that died may still be shown.
constexpr schemas::UnixSeconds kDailyAgeMax = 60;
constexpr schemas::UnixSeconds kCachedAgeMax = 300;
constexpr std::size_t kQueriesMax = 16;
constexpr std::int64_t kDailyCount = 10;

}  // namespace

DailyRoutes::DailyRoutes(const schemas::Settings& settings, PoolAccess& pool,
                         const FeedIdentity& identity, SharedDay& day)
    : settings_(settings), pool_(pool), identity_(identity), shared_day_(day) {}

DailyRoutes::Day DailyRoutes::Read(schemas::UnixSeconds day_at) {
  const std::lock_guard lock(shared_day_.mutex);
  auto& day = shared_day_;
  const auto generation = pool_.served().generation;
  // What left the index must not be missing here, so this is never older than that.
  const auto build = pool_.served().index->build;
  const bool is_fresh =
      day.left && day.day_at == day_at && day.generation == generation && day.build == build;
  if (!is_fresh) {
    auto& reader = pool_.reader();
    const auto left = reader.LinksThatLeft(day_at);
    std::vector<schemas::Id> categories;
    for (const auto& link : left) {
      categories.insert(categories.end(), link.row.categories.begin(), link.row.categories.end());
    }
    index::IndexBuilder builder(pool_.served().index->topics);
    builder.LearnCategories(reader.CategoryNames(categories));
    for (const auto& link : left) builder.Put(link.row.link_id, link.row, link.feed_category);
    day.left = builder.Build();
    day.newest_link_id = reader.NewestLinkBefore(day_at);
    day.day_at = day_at;
    day.build = build;
    day.generation = generation;
  }
  return {.newest_link_id = day.newest_link_id, .left = day.left};
}

std::vector<schemas::Id> DailyRoutes::Choose(const RandomParameters& parameters,
                                             schemas::UnixSeconds day_at) {
  auto& reader = pool_.reader();
  const auto day = Read(day_at);
  walk::DailyAsk ask{.selection = parameters.selection,
                     .excluded_sites = {},
                     .day_at = day_at,
                     .newest_link_id = day.newest_link_id,
                     .count = static_cast<std::size_t>(parameters.count)};
  if (!parameters.site.empty()) {
    ask.selection.site_id = reader.FindSiteId(parameters.site).value_or(0);
  }
  for (const auto& site : parameters.not_sites) {
    if (const auto site_id = reader.FindSiteId(site)) ask.excluded_sites.push_back(*site_id);
  }
  std::sort(ask.excluded_sites.begin(), ask.excluded_sites.end());
  const auto& index = *pool_.served().index;
  auto links = walk::DailyLinks(index, *day.left, ask);
  // What left the pool is among them, so a day that began with a language stays with it.
  while (links.empty()) {
    const auto wider = index::Widened(ask.selection, index);
    if (!wider) break;
    ask.selection = *wider;
    links = walk::DailyLinks(index, *day.left, ask);
  }
  return links;
}

std::string DailyRoutes::Make(const Asked& asked, const FeedIdentity::Names& names) {
  std::vector<schemas::Link> links;
  for (const auto link_id : asked.link_ids) {
    if (auto link = pool_.reader().FindLink(link_id)) links.push_back(std::move(*link));
  }
  return DailyFeed(links, names, asked.day_at,
                   static_cast<std::size_t>(settings_.api.max_response_bytes));
}

void DailyRoutes::Atom(const http::Request& request, schemas::UnixSeconds now,
                       http::Answer& answer) {
  RandomParameters parameters;
  parameters.count = std::min(kDailyCount, settings_.api.count_max);
  if (const auto problem = ReadFeedParameters(request.query, settings_.api.count_max, parameters)) {
    return http::SetProblem(answer, 400, *problem);
  }
  if (!pool_.IsOpen(answer)) return;
  const auto day_at = now - (now % kDayS + kDayS) % kDayS;
  const auto generation = pool_.served().generation;
  auto found = std::find_if(asked_.begin(), asked_.end(),
                            [&](const Asked& asked) { return asked.query == request.query; });
  if (found == asked_.end()) {
    if (asked_.size() == kQueriesMax) asked_.pop_back();
    found = asked_.insert(asked_.begin(), Asked{});
  }
  // What was chosen stands for the day.
  if (found->query != request.query || found->day_at != day_at ||
      found->body.generation != generation) {
    *found = Asked{};  // if anything ends this early, the next request begins it again
    auto link_ids = Choose(parameters, day_at);
    found->query = request.query;
    found->day_at = day_at;
    found->link_ids = std::move(link_ids);
  }
  if (!found->body.IsFresh(generation, kDailyAgeMax, now)) {
    found->body = {now, generation, Make(*found, identity_.Of(request))};
  }
  cache_control_ = "public, max-age=";
  cache_control_ += std::to_string(std::min(kCachedAgeMax, day_at + kDayS - now));
  answer.content_type = "application/atom+xml; charset=utf-8";
  answer.cache_control = cache_control_;
  answer.body = found->body.body;
}

}  // namespace saunter::api::routes
