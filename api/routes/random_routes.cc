#include "api/routes/random_routes.h"

#include <algorithm>
#include <string>
#include <utility>

#include "api/http/json.h"
#include "api/routes/category_hints.h"
#include "api/routes/record_json.h"
#include "api/walk/permutation.h"
#include "api/walk/token.h"

namespace saunter::api::routes {
namespace {

constexpr std::size_t kRedirectBytesMax = 2048;
// How many links that left the pool since the index was built may be passed over.
constexpr std::size_t kMissesMax = 1000;
// How many links on sites that a reader does not want may be passed over in a request; a walk that
// has as many in a row counts as one at its end.
constexpr std::size_t kPassedOverMax = 20000;
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

bool RandomRoutes::ReadParameters(const http::Request& request, Asked& asked,
                                  http::Answer& answer) {
  auto& parameters = asked.parameters;
  passed_over_ = 0;
  if (const auto problem =
          ReadRandomParameters(request.query, settings_.api.count_max, parameters)) {
    http::SetProblem(answer, 400, *problem);
    return false;
  }
  if (!pool_.HasLinks(answer)) return false;
  if (!parameters.site.empty()) {
    // An unknown site has no links; no site has the id 0.
    parameters.selection.site_id = pool_.reader().FindSiteId(parameters.site).value_or(0);
  }
  for (const auto& site : parameters.not_sites) {
    if (const auto id = pool_.reader().FindSiteId(site)) asked.excluded_sites.push_back(*id);
  }
  return true;
}

RandomRoutes::Standing RandomRoutes::StandAt(const Asked& asked, const walk::Walk& walk) {
  const auto& index = pool_.served().index;
  auto choice = choices_.Find(index, asked.parameters.selection, asked.now, walk.week);
  if (!asked.parameters.selection.language.empty()) {
    auto wider = asked.parameters.selection;
    while (choice.counts().links() == 0) {
      const auto next = index::Widened(wider, *index);
      if (!next) break;
      wider = *next;
      choice = choices_.Find(index, wider, asked.now, walk.week);
    }
  }
  Standing standing{std::move(choice), walk};
  if (!asked.excluded_sites.empty()) standing.choice.Exclude(asked.excluded_sites);
  return standing;
}

RandomRoutes::Standing RandomRoutes::Begin(const Asked& asked, std::uint64_t seed) {
  const auto& index = *pool_.served().index;
  const bool is_weighted =
      settings_.api.weights && asked.parameters.fair == RandomParameters::Fair::kWeighted;
  return StandAt(asked,
                 walk::StartWalk(walk::Mix(seed), index, is_weighted ? index.NewestWeek() : 0));
}

RandomRoutes::Standing RandomRoutes::GoOn(const Asked& asked) {
  if (!asked.parameters.walk) return Begin(asked, seed_ += 0x9e3779b97f4a7c15);
  auto walk = *asked.parameters.walk;
  if (!settings_.api.weights || asked.parameters.fair == RandomParameters::Fair::kStrict) {
    walk::ForgetWeights(walk);
  }
  return StandAt(asked, walk);
}

bool RandomRoutes::Advance(const index::Choice& choice, std::size_t count, walk::Walk& walk) {
  stops_.clear();
  stop_walks_.clear();
  picks_.clear();
  walks_.clear();
  while (stops_.size() < count) {
    const auto stop = walk::NextStop(choice, walk, scratch_);
    if (!stop) break;
    stops_.push_back(*stop);
    stop_walks_.push_back(walk);
  }
  for (std::size_t i = 0; i < stops_.size(); ++i) {
    const auto pick = walk::LinkAt(choice, stops_[i], scratch_);
    if (walk::Excludes(choice, pick)) {
      ++passed_over_;
      continue;
    }
    picks_.push_back(pick);
    walks_.push_back(stop_walks_[i]);
  }
  return !picks_.empty() || (!stops_.empty() && passed_over_ < kPassedOverMax);
}

std::vector<RandomRoutes::Step> RandomRoutes::TakeSteps(const Asked& asked, const Standing& from) {
  const auto count = static_cast<std::size_t>(asked.parameters.count);
  const auto& choice = from.choice;
  auto walk = from.walk;
  std::vector<Step> steps;
  std::vector<schemas::Id> link_ids;
  for (std::size_t tried = 0; steps.size() < count && tried < count + kMissesMax;) {
    if (!Advance(choice, count - steps.size(), walk)) break;
    if (picks_.empty()) continue;
    link_ids.clear();
    for (const auto& pick : picks_) link_ids.push_back(pick.link_id);
    tried += link_ids.size();
    // FindLinks leaves out links that left the pool since the index was built.
    std::size_t place = 0;
    for (auto& link : pool_.reader().FindLinks(link_ids)) {
      while (link_ids[place] != link.link_id) ++place;
      if (asked.use == UrlUse::kOnALine && !IsRedirectTarget(link.url)) {
        errors_.Report("a link's URL is not printable ASCII and was passed over",
                       "link " + std::to_string(link.link_id));
        continue;
      }
      const auto& pick = picks_[place];
      AddCategories(choice.index(), pick, link);
      steps.push_back(
          {std::move(link), walks_[place], pick.facet->topics, pick.source->source_id()});
    }
  }
  return steps;
}

std::vector<RandomRoutes::Step> RandomRoutes::TakeStepsOrBegin(const Asked& asked,
                                                               Standing& standing) {
  auto steps = TakeSteps(asked, standing);
  if (!steps.empty() || standing.walk.position + standing.walk.round == 0) return steps;
  passed_over_ = 0;
  standing = Begin(asked, standing.walk.seed);
  return TakeSteps(asked, standing);
}

bool RandomRoutes::IsComplete(const Standing& standing) {
  auto ahead = standing.walk;
  if (standing.choice.exclusion().site_ids.empty()) {
    return !walk::NextStop(standing.choice, ahead, scratch_);
  }
  while (Advance(standing.choice, 1, ahead)) {
    if (!picks_.empty()) return false;
  }
  return true;
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

void RandomRoutes::SayNothingFits(const Asked& asked, http::Answer& answer) {
  http::SetProblem(answer, 404,
                   UnknownCategories(*pool_.served().index, asked.parameters.selection.categories) +
                       "No living link fits; ask for fewer conditions. /v1/categories and "
                       "/v1/languages list what there is.");
}

void RandomRoutes::Links(const http::Request& request, schemas::UnixSeconds now,
                         http::Answer& answer) {
  const auto use = request.prefers_text ? UrlUse::kOnALine : UrlUse::kInJson;
  Asked asked{.parameters = {}, .now = now, .use = use, .excluded_sites = {}};
  if (!ReadParameters(request, asked, answer)) return;
  auto standing = GoOn(asked);
  const auto steps = TakeStepsOrBegin(asked, standing);
  if (steps.empty()) return SayNothingFits(asked, answer);
  auto& body = answer.body;
  if (use == UrlUse::kInJson) body = "{\"links\":[";
  const auto count = use == UrlUse::kOnALine
                         ? AppendLines(steps, body)
                         : AppendLinks(steps, asked.parameters.fields, now, body);
  const auto& walk = standing.walk = steps[count - 1].walk;
  const bool is_complete = IsComplete(standing);
  pool_.AddDataAge(now, answer);
  answer.headers.append("Vary: Accept\r\n");
  if (use == UrlUse::kOnALine) {
    answer.content_type = http::kText;
    answer.headers.append("X-Walk: ")
        .append(walk::ToToken(walk))
        .append(is_complete ? "\r\nX-Walk-Complete: true\r\n" : "\r\nX-Walk-Complete: false\r\n");
    return;
  }
  body.append("],\"walk\":\"").append(walk::ToToken(walk));
  body.append(is_complete ? "\",\"walk_complete\":true}\n" : "\",\"walk_complete\":false}\n");
}

void RandomRoutes::Redirect(const http::Request& request, schemas::UnixSeconds now,
                            http::Answer& answer) {
  Asked asked{.parameters = {}, .now = now, .use = UrlUse::kOnALine, .excluded_sites = {}};
  if (!ReadParameters(request, asked, answer)) return;
  if (asked.parameters.count != 1) {
    return http::SetProblem(answer, 400, "This address leads to one link; leave count out.");
  }
  auto standing = GoOn(asked);
  const auto steps = TakeStepsOrBegin(asked, standing);
  if (steps.empty()) return SayNothingFits(asked, answer);
  answer.status = 302;
  answer.content_type = {};
  answer.headers.append("Location: ").append(steps.front().link.url).append("\r\n");
  pool_.AddDataAge(now, answer);
}

std::optional<RandomRoutes::FirstLink> RandomRoutes::First(schemas::UnixSeconds now,
                                                           http::Answer& answer) {
  Asked asked{.parameters = {}, .now = now, .use = UrlUse::kInJson, .excluded_sites = {}};
  if (!ReadParameters({}, asked, answer)) return std::nullopt;
  auto standing = GoOn(asked);
  auto steps = TakeStepsOrBegin(asked, standing);
  if (steps.empty()) {
    http::SetProblem(answer, 503, "The last living link has just gone; try again.");
    return std::nullopt;
  }
  FirstLink first;
  first.json = "{\"links\":[";
  AppendLinks(steps, asked.parameters.fields, now, first.json);
  first.json.append("],\"walk\":\"").append(walk::ToToken(steps.front().walk)).append("\"}");
  const auto& topics = pool_.served().index->topics->list();
  for (std::size_t bit = 0; bit < topics.size(); ++bit) {
    if ((steps.front().topics >> bit & 1) != 0) first.topics.push_back(topics[bit].label);
  }
  first.link = std::move(steps.front().link);
  return first;
}

}  // namespace saunter::api::routes
