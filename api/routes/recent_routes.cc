#include "api/routes/recent_routes.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "api/index/scans.h"
#include "api/routes/listings.h"

namespace saunter::api::routes {
namespace {

constexpr schemas::UnixSeconds kRecentAgeMax = 10;
constexpr std::int64_t kRecentCount = 50;
constexpr std::size_t kRecentQueriesMax = 16;

}  // namespace

std::vector<schemas::Link> RecentRoutes::Find(const RandomParameters& parameters,
                                              schemas::UnixSeconds now) {
  auto& reader = pool_.reader();
  auto selection = parameters.selection;
  if (!parameters.site.empty()) selection.site_id = reader.FindSiteId(parameters.site).value_or(0);
  std::vector<schemas::Id> excluded;
  for (const auto& site : parameters.not_sites) {
    if (const auto site_id = reader.FindSiteId(site)) excluded.push_back(*site_id);
  }
  std::sort(excluded.begin(), excluded.end());
  // The database has them in this order.
  if (selection.TakesAll() && excluded.empty()) return reader.NewestLinks(parameters.count);

  const auto& index = *pool_.served().index;
  const auto count = static_cast<std::size_t>(parameters.count);
  auto link_ids = index::NewestLinks(index, {selection, index, now}, excluded, count);
  while (link_ids.empty()) {
    const auto wider = index::Widened(selection, index);
    if (!wider) break;
    selection = *wider;
    link_ids = index::NewestLinks(index, {selection, index, now}, excluded, count);
  }
  std::vector<schemas::Link> links;
  for (const auto link_id : link_ids) {
    if (auto link = reader.FindLink(link_id)) links.push_back(std::move(*link));
  }
  return links;
}

void RecentRoutes::Atom(const http::Request& request, schemas::UnixSeconds now,
                        http::Answer& answer) {
  RandomParameters parameters;
  parameters.count = std::min(kRecentCount, settings_.count_max);
  if (const auto problem = ReadFeedParameters(request.query, settings_.count_max, parameters)) {
    return http::SetProblem(answer, 400, *problem);
  }
  if (!pool_.IsOpen(answer)) return;
  const auto generation = pool_.served().generation;
  auto found = std::find_if(asked_.begin(), asked_.end(),
                            [&](const Asked& asked) { return asked.query == request.query; });
  if (found == asked_.end()) {
    if (asked_.size() == kRecentQueriesMax) asked_.pop_back();
    found = asked_.insert(asked_.begin(), Asked{.query = std::string(request.query), .body = {}});
  }
  if (!found->body.IsFresh(generation, kRecentAgeMax, now)) {
    found->body = {now, generation,
                   AtomFeed(Find(parameters, now), identity_.Of(request),
                            static_cast<std::size_t>(settings_.max_response_bytes))};
  }
  answer.content_type = "application/atom+xml; charset=utf-8";
  answer.cache_control = "public, max-age=60";
  answer.body = found->body.body;
}

}  // namespace saunter::api::routes
