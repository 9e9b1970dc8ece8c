#include "api/routes/random_routes.h"

#include <algorithm>
#include <string>
#include <utility>

#include "api/http/json.h"
#include "api/routes/record_json.h"
#include "api/walk/permutation.h"
#include "api/walk/token.h"

namespace saunter::api::routes {
namespace {

constexpr std::size_t kRedirectBytesMax = 2048;
// How many links that left the pool since the index was built may be passed over.
constexpr std::size_t kMissesMax = 1000;
// Room for what follows the links in the answer: the walk.
constexpr std::size_t kRandomEndBytes = 128;

void AddCategories(const index::LinkIndex& index, const walk::Pick& pick, schemas::Link& link) {
  for (const auto category_id : pick.source->CategoriesOf(*pick.facet)) {
    const auto* name = index.categories.NameOf(category_id);
    if (name != nullptr) link.categories.push_back(*name);
  }
}

}  // namespace

bool IsRedirectTarget(std::string_view url) {
  if (!url.starts_with("http://") && !url.starts_with("https://")) return false;
  return url.size() <= kRedirectBytesMax &&
         std::all_of(url.begin(), url.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

RandomRoutes::RandomRoutes(const schemas::Settings& settings, PoolAccess& pool,
                           index::ErrorLog& errors, index::Choices& choices,
                           const std::optional<receipt::Key>& key, std::uint64_t seed)
    : settings_(settings),
      pool_(pool),
      errors_(errors),
      choices_(choices),
      key_(key),
      seed_(seed) {}

std::optional<walk::Walk> RandomRoutes::ReadParameters(const http::Request& request,
                                                       RandomParameters& parameters,
                                                       http::Answer& answer) {
  if (const auto problem =
          ReadRandomParameters(request.query, settings_.api.count_max, parameters)) {
    http::SetProblem(answer, 400, *problem);
    return std::nullopt;
  }
  if (!pool_.HasLinks(answer)) return std::nullopt;
  if (!parameters.site.empty()) {
    // An unknown site has no links; no site has the id 0.
    parameters.selection.site_id = pool_.reader().FindSiteId(parameters.site).value_or(0);
  }
  if (parameters.walk) return parameters.walk;
  return walk::StartWalk(walk::Mix(seed_ += 0x9e3779b97f4a7c15), *pool_.served().index);
}

std::vector<RandomRoutes::Step> RandomRoutes::TakeSteps(const index::Choice& choice,
                                                        walk::Walk walk, std::size_t count,
                                                        UrlUse use) {
  std::vector<Step> steps;
  std::vector<walk::Stop> stops;
  std::vector<walk::Walk> walks;
  std::vector<walk::Pick> picks;
  std::vector<schemas::Id> link_ids;
  for (std::size_t tried = 0; steps.size() < count && tried < count + kMissesMax;) {
    stops.clear();
    walks.clear();
    picks.clear();
    link_ids.clear();
    for (auto missing = count - steps.size(); missing > 0; --missing) {
      const auto stop = walk::NextStop(choice, walk, scratch_);
      if (!stop) break;
      stops.push_back(*stop);
      walks.push_back(walk);
    }
    if (stops.empty()) break;
    for (const auto& stop : stops) {
      picks.push_back(walk::LinkAt(choice, stop, scratch_));
      link_ids.push_back(picks.back().link_id);
    }
    tried += link_ids.size();
    // FindLinks leaves out links that left the pool since the index was built.
    std::size_t place = 0;
    for (auto& link : pool_.reader().FindLinks(link_ids)) {
      while (link_ids[place] != link.link_id) ++place;
      if (use == UrlUse::kOnALine && !IsRedirectTarget(link.url)) {
        errors_.Report("a link's URL is not printable ASCII and was passed over",
                       "link " + std::to_string(link.link_id));
        continue;
      }
      const auto& pick = picks[place];
      AddCategories(choice.index(), pick, link);
      steps.push_back(
          {std::move(link), walks[place], pick.facet->topics, pick.source->source_id()});
    }
  }
  return steps;
}

std::vector<RandomRoutes::Step> RandomRoutes::TakeStepsOrBegin(const index::Choice& choice,
                                                               walk::Walk& walk, std::size_t count,
                                                               UrlUse use) {
  auto steps = TakeSteps(choice, walk, count, use);
  if (!steps.empty() || walk.position + walk.round == 0) return steps;
  walk = walk::StartWalk(walk::Mix(walk.seed), *pool_.served().index);
  return TakeSteps(choice, walk, count, use);
}

void RandomRoutes::AddReceipt(const Step& step, schemas::UnixSeconds now, std::string& body) {
  if (!key_) return;
  body.pop_back();
  body.append(body.back() == '{' ? "\"receipt\":\"" : ",\"receipt\":\"");
  receipt::AppendReceipt(body,
                         {.link_id = step.link.link_id,
                          .source_id = step.source_id,
                          .given_at = now,
                          .nonce = nonces_.Next()},
                         *key_);
  body.append("\"}");
}

template <typename Append>
std::size_t RandomRoutes::AppendSteps(const std::vector<Step>& steps, std::string& body,
                                      Append&& append) const {
  const auto bytes_max = static_cast<std::size_t>(settings_.api.max_response_bytes);
  std::size_t count = 0;
  for (const auto& step : steps) {
    const auto bytes_before = body.size();
    append(step);
    if (count > 0 && body.size() + kRandomEndBytes > bytes_max) {
      body.resize(bytes_before);
      break;
    }
    ++count;
  }
  return count;
}

std::size_t RandomRoutes::AppendLines(const std::vector<Step>& steps, std::string& body) const {
  return AppendSteps(steps, body,
                     [&](const Step& step) { body.append(step.link.url).push_back('\n'); });
}

std::size_t RandomRoutes::AppendLinks(const std::vector<Step>& steps, LinkFields fields,
                                      schemas::UnixSeconds now, std::string& body) {
  return AppendSteps(steps, body, [&](const Step& step) {
    if (&step != &steps.front()) body.push_back(',');
    AppendLink(body, step.link, {*pool_.served().index->topics, step.topics}, fields);
    if (fields.Has(LinkField::kReceipt)) AddReceipt(step, now, body);
  });
}

void RandomRoutes::Links(const http::Request& request, schemas::UnixSeconds now,
                         http::Answer& answer) {
  RandomParameters parameters;
  const auto begin = ReadParameters(request, parameters, answer);
  if (!begin) return;
  const auto choice = choices_.Find(pool_.served().index, parameters.selection, now);
  auto walk = *begin;
  const auto wanted = static_cast<std::size_t>(parameters.count);
  const auto use = request.prefers_text ? UrlUse::kOnALine : UrlUse::kInJson;
  auto steps = TakeStepsOrBegin(choice, walk, wanted, use);
  if (steps.empty()) {
    return http::SetProblem(answer, 404,
                            "No living link fits; ask for fewer conditions. /v1/categories and "
                            "/v1/languages list what there is.");
  }
  auto& body = answer.body;
  if (use == UrlUse::kInJson) body = "{\"links\":[";
  const auto count = use == UrlUse::kOnALine ? AppendLines(steps, body)
                                             : AppendLinks(steps, parameters.fields, now, body);
  walk = steps[count - 1].walk;
  auto ahead = walk;
  const bool is_complete = !walk::NextStop(choice, ahead, scratch_);
  pool_.AddDataAge(now, answer);
  answer.headers.append("Vary: Accept\r\n");
  if (use == UrlUse::kOnALine) {
    answer.content_type = http::kText;
    answer.headers.append("Access-Control-Expose-Headers: X-Walk, X-Walk-Complete\r\nX-Walk: ")
        .append(walk::ToToken(walk))
        .append(is_complete ? "\r\nX-Walk-Complete: true\r\n" : "\r\nX-Walk-Complete: false\r\n");
    return;
  }
  body.append("],\"walk\":\"").append(walk::ToToken(walk));
  body.append(is_complete ? "\",\"walk_complete\":true}\n" : "\",\"walk_complete\":false}\n");
}

void RandomRoutes::Redirect(const http::Request& request, schemas::UnixSeconds now,
                            http::Answer& answer) {
  RandomParameters parameters;
  const auto begin = ReadParameters(request, parameters, answer);
  if (!begin) return;
  if (parameters.count != 1) {
    return http::SetProblem(answer, 400, "This address leads to one link; leave count out.");
  }
  const auto choice = choices_.Find(pool_.served().index, parameters.selection, now);
  auto walk = *begin;
  const auto steps = TakeStepsOrBegin(choice, walk, 1, UrlUse::kOnALine);
  if (steps.empty()) {
    return http::SetProblem(answer, 404, "No living link fits; ask for fewer conditions.");
  }
  answer.status = 302;
  answer.content_type = {};
  answer.headers.append("Location: ").append(steps.front().link.url).append("\r\n");
  pool_.AddDataAge(now, answer);
}

}  // namespace saunter::api::routes
