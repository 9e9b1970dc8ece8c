#include "api/routes/record_routes.h"

#include <cstdint>
#include <limits>

#include "api/routes/parameters.h"
#include "api/routes/record_json.h"

namespace saunter::api::routes {

void RecordRoutes::Link(std::string_view id, std::string_view query, http::Answer& answer) {
  auto fields = kWholeLinkFields;
  if (const auto problem = ReadLinkParameters(query, fields)) {
    return http::SetProblem(answer, 400, *problem);
  }
  const auto link_id = ReadNumber(id, 1, std::numeric_limits<std::int64_t>::max());
  if (!link_id) {
    return http::SetProblem(answer, 400, "A link's id is a whole number, as in /v1/links/1.");
  }
  if (!pool_.IsOpen(answer)) return;
  schemas::topics::TopicMask topics = 0;
  const auto link = FindLink(*link_id, topics);
  if (!link) {
    return http::SetProblem(
        answer, 404,
        "No such link is served; it may have died, or its site may have been blacklisted.");
  }
  answer.cache_control = "public, max-age=60";
  AppendLink(answer.body, *link, {*pool_.served().index->topics, topics}, fields);
  answer.body.push_back('\n');
}

std::optional<schemas::Link> RecordRoutes::FindLink(schemas::Id link_id,
                                                    schemas::topics::TopicMask& topics) {
  auto link = pool_.reader().FindLink(link_id);
  if (!link) return std::nullopt;
  const auto& list = *pool_.served().index->topics;
  // The rule of IndexBuilder::Put.
  topics = list.Of(pool_.reader().FeedCategoryOfLink(link_id));
  if (topics != 0) return link;
  for (const auto& category : link->categories) topics |= list.Of(category);
  return link;
}

}  // namespace saunter::api::routes
