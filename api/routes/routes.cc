#include "api/routes/routes.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <limits>

#include "api/http/json.h"
#include "api/routes/listings.h"
#include "api/routes/record_json.h"
#include "api/walk/permutation.h"
#include "api/walk/token.h"
#include "api/web/web_files.h"

namespace saunter::api::routes {
namespace {

constexpr std::string_view kAllowed = "Allow: GET, HEAD, OPTIONS\r\n";
constexpr schemas::UnixSeconds kListingAgeMax = 10;
// Reading every feed is worth it once in so many seconds.
constexpr schemas::UnixSeconds kFeedsAgeMax = 60;
constexpr std::int64_t kRecentLinks = 50;
constexpr std::int64_t kBlacklistedSitesMax = 50;
constexpr std::size_t kRedirectBytesMax = 2048;
// Links that left the pool since the index was built are passed over, this many at most.
constexpr std::size_t kMissesMax = 1000;
constexpr std::size_t kRandomEndBytes = 128;

void SetOptions(http::Answer& answer) {
  answer.status = 204;
  answer.content_type = {};
  answer.headers = kAllowed;
  answer.headers.append(
      "Access-Control-Allow-Methods: GET, HEAD, OPTIONS\r\n"
      "Access-Control-Allow-Headers: *\r\n"
      "Access-Control-Max-Age: 86400\r\n");
}

void SendFile(const web::WebFile& file, const http::Request& request, http::Answer& answer) {
  answer.content_type = file.content_type;
  answer.cache_control = "public, max-age=300";
  answer.content_policy =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
      "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
  answer.body = file.body;
  http::SetTag(answer, file.etag, request.if_none_match);
}

std::string_view RestOf(std::string_view path, std::string_view prefix) {
  return path.substr(prefix.size());
}

}  // namespace

bool IsRedirectTarget(std::string_view url) {
  if (!url.starts_with("http://") && !url.starts_with("https://")) return false;
  return url.size() <= kRedirectBytesMax &&
         std::all_of(url.begin(), url.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

constexpr Routes::Address Routes::kAddresses[] = {
    {"/healthz", Route::kHealth, &Routes::Health},
    {"/readyz", Route::kReady, &Routes::Readiness},
    {"/metrics", Route::kMetrics, &Routes::MetricsText},
    {"/v1/stats", Route::kStats, &Routes::StatsOfAll},
    {"/v1/status", Route::kStatus, &Routes::Status},
    {"/v1/categories", Route::kCategories, &Routes::Categories},
    {"/v1/languages", Route::kLanguages, &Routes::Languages},
    {"/v1/recent.atom", Route::kRecent, &Routes::RecentAtom},
    {"/v1/feeds.opml", Route::kFeeds, &Routes::FeedsOpml},
};

Routes::Routes(const schemas::Settings& settings, const index::Follower& follower,
               index::ErrorLog& errors, std::uint64_t seed, std::shared_ptr<SharedAnswers> shared)
    : settings_(settings),
      follower_(follower),
      errors_(errors),
      seed_(seed),
      shared_(std::move(shared)),
      metrics_(shared_->metrics.AddWorker()),
      reader_(shared_->readers.Add()) {}

void Routes::Respond(const http::Request& request, schemas::UnixSeconds now, http::Answer& answer) {
  const auto began_at = std::chrono::steady_clock::now();
  answer.Clear();
  auto route = Route::kOther;
  const auto hold = reader_->Hold();
  try {
    reader_->RenewSnapshot(began_at);
    if (request.method == http::Method::kOther) {
      http::SetProblem(answer, 405, "This service is read only; use GET or HEAD.");
      answer.headers = kAllowed;
    } else if (request.has_body) {
      http::SetProblem(answer, 413, "Requests to this service have no body; leave it out.");
    } else if (request.method == http::Method::kOptions) {
      SetOptions(answer);
    } else {
      route = Dispatch(request, now, answer);
    }
  } catch (const store::StoreError& error) {
    const auto kind = store::ToString(error.kind());
    errors_.Report("reading the database failed (" + std::string(kind) + ")", error.what());
    reader_->Set(nullptr);
    Unavailable(answer, "The database cannot be read just now; try again.", kind);
  }
  metrics_->Count(route, answer.status, std::chrono::steady_clock::now() - began_at);
}

Route Routes::Dispatch(const http::Request& request, schemas::UnixSeconds now,
                       http::Answer& answer) {
  const auto path = request.path;
  if (path == "/v1/random") {
    RandomLinks(request, now, answer);
    return Route::kRandom;
  }
  if (path == "/random") {
    RandomRedirect(request, now, answer);
    return Route::kRedirect;
  }
  // The page keeps what follows its "?" to itself.
  if (const auto* file = web::FindWebFile(path)) {
    SendFile(*file, request, answer);
    return Route::kFile;
  }
  const auto route = DispatchData(request, now, answer);
  if (answer.status != 200 || !path.starts_with("/v1/")) return route;
  AddDataAge(now, answer);
  if (route != Route::kFeeds && answer.cache_control != "no-store") {
    http::SetTag(answer, http::TagOf(answer.Body()), request.if_none_match);
  }
  return route;
}

Route Routes::DispatchData(const http::Request& request, schemas::UnixSeconds now,
                           http::Answer& answer) {
  constexpr std::string_view kLinks = "/v1/links/";
  constexpr std::string_view kSites = "/v1/sites/";
  const auto path = request.path;
  const auto* const address =
      std::find_if(std::begin(kAddresses), std::end(kAddresses),
                   [&](const Address& candidate) { return candidate.path == path; });
  auto route = Route::kOther;
  if (address != std::end(kAddresses)) {
    route = address->route;
  } else if (path.starts_with(kLinks)) {
    route = Route::kLink;
  } else if (path.starts_with(kSites)) {
    route = Route::kSite;
  } else {
    http::SetProblem(answer, 404,
                     "There is nothing at this address; /openapi.json lists what there is.");
    return route;
  }
  if (const auto problem = RefuseParameters(request.query)) {
    http::SetProblem(answer, 400, *problem);
  } else if (route == Route::kLink) {
    OneLink(RestOf(path, kLinks), answer);
  } else if (route == Route::kSite) {
    OneSite(RestOf(path, kSites), answer);
  } else {
    (this->*address->respond)(now, answer);
    if (answer.shared_body) http::SetTag(answer, feeds_tag_, request.if_none_match);
  }
  return route;
}

void Routes::Unavailable(http::Answer& answer, std::string_view detail,
                         std::string_view reason) const {
  http::SetProblem(answer, 503, detail, reason);
  answer.headers = "Retry-After: ";
  http::AppendNumber(answer.headers, settings_.api.retry_after_s);
  answer.headers.append("\r\n");
}

void Routes::TakeServed() {
  const auto version = follower_.version();
  if (version == version_ && served_) return;
  served_ = follower_.served();
  version_ = version;
  reader_->DropSnapshot();  // the index may know rows that came later
}

bool Routes::IsOpen(http::Answer& answer) {
  TakeServed();
  if (!served_->index) {
    Unavailable(answer, served_->detail, store::ToString(served_->status));
    return false;
  }
  if (*reader_ && reader_generation_ == served_->generation) return true;
  reader_->Set(nullptr);
  auto opened = store::Reader::Open(settings_.store);
  if (opened.status != store::OpenStatus::kOk) {
    errors_.Report(
        "a worker cannot open the database (" + std::string(store::ToString(opened.status)) + ")",
        opened.detail);
    Unavailable(answer, "The database cannot be read just now; try again.",
                store::ToString(opened.status));
    return false;
  }
  reader_->Set(std::move(opened.reader));
  reader_generation_ = served_->generation;
  return true;
}

bool Routes::HasLinks(http::Answer& answer) {
  if (!IsOpen(answer)) return false;
  if (served_->index->links() > 0) return true;
  NoLinkYet(answer);
  return false;
}

void Routes::NoLinkYet(http::Answer& answer) {
  const auto stats = (*reader_)->ReadStats();
  const auto say = [&](std::string_view detail, std::string_view reason) {
    Unavailable(answer, detail, reason);
  };
  if (stats.feeds == 0) {
    return say("There are no feeds yet; add some with `saunter import FILE`.", "no_feeds");
  }
  if (!stats.crawler) {
    return say("No crawler has run on this database yet; start saunter-crawler.", "never_crawled");
  }
  if (!stats.crawler->problem.empty()) return say(stats.crawler->problem, "crawler_problem");
  if (stats.crawler->outage_at) {
    return say("The crawler reaches nothing at all just now; check this machine's network.",
               "outage");
  }
  if (stats.crawler->stopped_at) {
    return say("The crawler was stopped before it found a link; start saunter-crawler.",
               "crawler_stopped");
  }
  if (stats.feeds_never_fetched == stats.feeds) {
    return say("The crawler is on its first round; links come with the first feeds.",
               "first_round");
  }
  say("No feed has given a living link yet; /v1/stats and `saunter feed list` say more.",
      "no_link_yet");
}

void Routes::Health(schemas::UnixSeconds, http::Answer& answer) {
  answer.body = "{\"status\":\"ok\"}\n";
}

void Routes::Readiness(schemas::UnixSeconds, http::Answer& answer) {
  if (!HasLinks(answer)) return;
  auto& body = answer.body;
  body = "{\"status\":\"ready\",\"links\":";
  http::AppendNumber(body, served_->index->links());
  body.append(",\"sites\":");
  http::AppendNumber(body, static_cast<std::int64_t>(served_->index->counts.sites()));
  body.append(",\"last_batch_at\":");
  http::AppendJsonTime(body, served_->last_batch_at);
  // Readers are served whatever the crawler does; what ails it is said all the same.
  const auto stats = (*reader_)->ReadStats();
  body.append(",\"crawler_problem\":");
  http::AppendJsonText(body, stats.crawler ? std::string_view(stats.crawler->problem) : "");
  body.append(",\"crawler_stopped_at\":");
  http::AppendJsonTime(body, stats.crawler ? stats.crawler->stopped_at : std::nullopt);
  body.append(",\"outage_at\":");
  http::AppendJsonTime(body, stats.crawler ? stats.crawler->outage_at : std::nullopt);
  body.append("}\n");
}

void Routes::AddDataAge(schemas::UnixSeconds now, http::Answer& answer) const {
  if (!served_ || !served_->last_batch_at) return;
  answer.headers.append("X-Data-Age: ");
  http::AppendNumber(answer.headers, std::max<std::int64_t>(0, now - *served_->last_batch_at));
  answer.headers.append("\r\n");
}

bool Routes::ReadParameters(const http::Request& request, RandomParameters& parameters,
                            http::Answer& answer) {
  if (const auto problem =
          ReadRandomParameters(request.query, settings_.api.count_max, parameters)) {
    http::SetProblem(answer, 400, *problem);
    return false;
  }
  if (!HasLinks(answer)) return false;
  if (!parameters.site.empty()) {
    const auto site = (*reader_)->FindSite(parameters.site);
    // A site that is not known has no link: 0 is no site's id.
    parameters.selection.site_id = site ? site->tally.site_id : 0;
  }
  if (!parameters.walk)
    parameters.walk = walk::StartWalk(walk::Mix(seed_ += 0x9e3779b97f4a7c15), *served_->index);
  return true;
}

std::vector<Routes::Step> Routes::TakeSteps(const index::Choice& choice, walk::Walk walk,
                                            std::size_t count, UrlUse use) {
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
    // Links that left the pool since the index was built are not among the answers.
    std::size_t place = 0;
    for (auto& link : (*reader_)->FindLinks(link_ids)) {
      while (link_ids[place] != link.link_id) ++place;
      if (use == UrlUse::kOnALine && !IsRedirectTarget(link.url)) {
        errors_.Report("a link's URL is not printable ASCII and was passed over",
                       "link " + std::to_string(link.link_id));
        continue;
      }
      const auto& pick = picks[place];
      for (const auto category_id : pick.site->CategoriesOf(*pick.facet)) {
        const auto* name = choice.index->categories.NameOf(category_id);
        if (name != nullptr) link.categories.push_back(*name);
      }
      steps.push_back({std::move(link), walks[place], pick.facet->topics});
    }
  }
  return steps;
}

std::size_t Routes::AppendSteps(const std::vector<Step>& steps, UrlUse use,
                                std::string& body) const {
  const auto bytes_max = static_cast<std::size_t>(settings_.api.max_response_bytes);
  std::size_t count = 0;
  for (const auto& step : steps) {
    const auto bytes_before = body.size();
    if (use == UrlUse::kOnALine) {
      body.append(step.link.url).push_back('\n');
    } else {
      if (count > 0) body.push_back(',');
      AppendLink(body, step.link, *served_->index->topics, step.topics);
    }
    if (count > 0 && body.size() + kRandomEndBytes > bytes_max) {
      body.resize(bytes_before);
      break;
    }
    ++count;
  }
  return count;
}

void Routes::RandomLinks(const http::Request& request, schemas::UnixSeconds now,
                         http::Answer& answer) {
  RandomParameters parameters;
  if (!ReadParameters(request, parameters, answer)) return;
  const auto& choice = choices_.Find(served_->index, parameters.selection, now);
  auto& walk = *parameters.walk;
  const auto wanted = static_cast<std::size_t>(parameters.count);
  const auto use = request.prefers_text ? UrlUse::kOnALine : UrlUse::kInJson;
  auto steps = TakeSteps(choice, walk, wanted, use);
  if (steps.empty() && walk.position + walk.round > 0) {
    // The token stood at the end of its walk: the next one begins.
    walk = walk::StartWalk(walk::Mix(walk.seed), *served_->index);
    steps = TakeSteps(choice, walk, wanted, use);
  }
  if (steps.empty()) {
    return http::SetProblem(answer, 404,
                            "No living link fits; ask for fewer conditions. /v1/categories and "
                            "/v1/languages list what there is.");
  }
  auto& body = answer.body;
  if (use == UrlUse::kInJson) body = "{\"links\":[";
  const auto count = AppendSteps(steps, use, body);
  walk = steps[count - 1].walk;
  auto ahead = walk;
  const bool is_complete = !walk::NextStop(choice, ahead, scratch_);
  AddDataAge(now, answer);
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

void Routes::RandomRedirect(const http::Request& request, schemas::UnixSeconds now,
                            http::Answer& answer) {
  RandomParameters parameters;
  if (!ReadParameters(request, parameters, answer)) return;
  if (parameters.count != 1) {
    return http::SetProblem(answer, 400, "This address leads to one link; leave count out.");
  }
  const auto& choice = choices_.Find(served_->index, parameters.selection, now);
  const auto steps = TakeSteps(choice, *parameters.walk, 1, UrlUse::kOnALine);
  if (steps.empty()) {
    return http::SetProblem(answer, 404, "No living link fits; ask for fewer conditions.");
  }
  answer.status = 302;
  answer.content_type = {};
  answer.headers.append("Location: ").append(steps.front().link.url).append("\r\n");
  AddDataAge(now, answer);
}

void Routes::OneLink(std::string_view id, http::Answer& answer) {
  const auto link_id = ReadNumber(id, 1, std::numeric_limits<std::int64_t>::max());
  if (!link_id) {
    return http::SetProblem(answer, 400, "A link's id is a whole number, as in /v1/links/1.");
  }
  if (!IsOpen(answer)) return;
  schemas::topics::TopicMask topics = 0;
  const auto link = FindLink(*link_id, topics);
  if (!link) {
    return http::SetProblem(
        answer, 404, "No such link is served; it may have died or its site been blacklisted.");
  }
  answer.cache_control = "public, max-age=60";
  AppendWholeLink(answer.body, *link, *served_->index->topics, topics);
  answer.body.push_back('\n');
}

std::optional<schemas::Link> Routes::FindLink(schemas::Id link_id,
                                              schemas::topics::TopicMask& topics) {
  auto link = (*reader_)->FindLink(link_id);
  if (!link) return std::nullopt;
  const auto& list = *served_->index->topics;
  // The rule of IndexBuilder::Put.
  topics = list.Of((*reader_)->FeedCategoryOfLink(link_id));
  if (topics != 0) return link;
  for (const auto& category : link->categories) topics |= list.Of(category);
  return link;
}

void Routes::OneSite(std::string_view host, http::Answer& answer) {
  const auto decoded = PercentDecode(host, Plus::kIsPlus);
  if (!decoded || decoded->empty() || decoded->find('/') != std::string::npos) {
    return http::SetProblem(answer, 400,
                            "A site is a host name, as in /v1/sites/blog.example.org.");
  }
  if (!IsOpen(answer)) return;
  const auto site = (*reader_)->FindSite(AsSiteHost(*decoded));
  if (!site) return http::SetProblem(answer, 404, "No feed or link of this site is known.");
  answer.cache_control = "public, max-age=10";
  AppendSite(answer.body, *site);
  answer.body.push_back('\n');
}

void Routes::StatsOfAll(schemas::UnixSeconds, http::Answer& answer) {
  if (!IsOpen(answer)) return;
  AppendStats(answer.body, (*reader_)->ReadStats());
  answer.body.push_back('\n');
}

bool Routes::IsFresh(const CachedBody& cached, schemas::UnixSeconds age_max,
                     schemas::UnixSeconds now) const {
  return !cached.body.empty() && cached.generation == served_->generation &&
         now >= cached.made_at && now - cached.made_at < age_max;
}

void Routes::Status(schemas::UnixSeconds now, http::Answer& answer) {
  if (!IsOpen(answer)) return;
  if (!IsFresh(status_, kListingAgeMax, now)) {
    status_ = {now, served_->generation, {}};
    AppendStatus(status_.body, *served_->activity, (*reader_)->FeedsByOutcome(),
                 (*reader_)->BlacklistedSites(kBlacklistedSitesMax), served_->topics_problem);
    status_.body.push_back('\n');
  }
  answer.cache_control = "public, max-age=10";
  answer.body = status_.body;
}

void Routes::Categories(schemas::UnixSeconds now, http::Answer& answer) {
  if (!IsOpen(answer)) return;
  if (!IsFresh(categories_, kListingAgeMax, now)) {
    categories_ = {now, served_->generation,
                   ListCategories(*served_->index,
                                  static_cast<std::size_t>(settings_.api.max_response_bytes))};
  }
  answer.cache_control = "public, max-age=10";
  answer.body = categories_.body;
}

void Routes::Languages(schemas::UnixSeconds now, http::Answer& answer) {
  if (!IsOpen(answer)) return;
  if (!IsFresh(languages_, kListingAgeMax, now)) {
    languages_ = {
        now, served_->generation,
        ListLanguages(*served_->index, static_cast<std::size_t>(settings_.api.max_response_bytes))};
  }
  answer.cache_control = "public, max-age=10";
  answer.body = languages_.body;
}

void Routes::RecentAtom(schemas::UnixSeconds now, http::Answer& answer) {
  if (!IsOpen(answer)) return;
  if (!IsFresh(recent_, kListingAgeMax, now)) {
    recent_ = {now, served_->generation,
               AtomFeed((*reader_)->NewestLinks(kRecentLinks),
                        static_cast<std::size_t>(settings_.api.max_response_bytes))};
  }
  answer.content_type = "application/atom+xml; charset=utf-8";
  answer.cache_control = "public, max-age=60";
  answer.body = recent_.body;
}

// Made by one worker for all, since it reads every feed.
void Routes::FeedsOpml(schemas::UnixSeconds now, http::Answer& answer) {
  if (!IsOpen(answer)) return;
  const std::lock_guard lock(shared_->mutex);
  auto& feeds = shared_->feeds;
  const bool is_fresh = feeds.body && feeds.generation == served_->generation &&
                        now >= feeds.made_at && now - feeds.made_at < kFeedsAgeMax;
  if (!is_fresh) {
    OpmlWriter writer;
    store::Page page;
    for (auto rows = (*reader_)->FeedOutlines(page); !rows.empty();
         rows = (*reader_)->FeedOutlines(page)) {
      for (const auto& row : rows) writer.Add(row);
      page.after = rows.back().feed_id;
    }
    auto body = std::make_shared<const std::string>(writer.Finish());
    feeds = {now, served_->generation, body, http::TagOf(*body)};
  }
  answer.content_type = "text/x-opml; charset=utf-8";
  answer.cache_control = "public, max-age=60";
  answer.shared_body = feeds.body;
  feeds_tag_ = feeds.tag;
}

void Routes::MetricsText(schemas::UnixSeconds now, http::Answer& answer) {
  http::Answer unused;
  std::optional<schemas::Stats> stats;
  if (IsOpen(unused)) stats = (*reader_)->ReadStats();
  answer.content_type = "text/plain; version=0.0.4; charset=utf-8";
  answer.body = shared_->metrics.Text(*served_, stats ? &*stats : nullptr, now);
}

}  // namespace saunter::api::routes
