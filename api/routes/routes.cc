#include "api/routes/routes.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "api/receipt/key_file.h"
#include "api/routes/parameters.h"
#include "api/web/web_files.h"

namespace saunter::api::routes {
namespace {

// The key of receipts, which is there for this too where the service takes none.
std::optional<receipt::Key> KeyOfFeeds(const schemas::ApiSettings& settings,
                                       const FeedbackDesk& feedback) {
  if (settings.feedback) return feedback.key;
  return receipt::ReadOrMakeKey(settings.receipt_key_path).key;
}

constexpr std::string_view kAllowed = "Allow: GET, HEAD, OPTIONS\r\n";

void SetOptions(http::Answer& answer) {
  answer.status = 204;
  answer.content_type = {};
  answer.headers = kAllowed;
  answer.headers.append(
      "Access-Control-Allow-Methods: GET, HEAD, OPTIONS\r\n"
      "Access-Control-Allow-Headers: *\r\n"
      "Access-Control-Max-Age: 86400\r\n");
}

std::string_view CacheControl(web::Keep keep) {
  switch (keep) {
    case web::Keep::kForever:
      return "public, max-age=31536000, immutable";
    case web::Keep::kMinutes:
      return "public, max-age=300";
    case web::Keep::kUnchecked:
      return "no-cache";
  }
  return "no-store";
}

void SendFile(const web::FoundFile& found, const http::Request& request, http::Answer& answer) {
  answer.content_type = found.file->content_type;
  answer.cache_control = CacheControl(found.keep);
  answer.content_policy =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
      "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
  answer.body = found.file->body;
  http::SetTag(answer, found.file->etag, request.if_none_match);
}

constexpr std::string_view kLinksPrefix = "/v1/links/";
constexpr std::string_view kSitesPrefix = "/v1/sites/";

std::string_view RestOf(std::string_view path, std::string_view prefix) {
  return path.substr(prefix.size());
}

}  // namespace

SharedAnswers::SharedAnswers(const schemas::ApiSettings& settings)
    : choices(static_cast<std::size_t>(settings.selection_memory_bytes_max)),
      feedback(settings),
      identity(KeyOfFeeds(settings, feedback)) {}

constexpr Routes::Address Routes::kAddresses[] = {
    {"/healthz", Route::kHealth, Parameters::kNone,
     [](Routes& routes, const http::Request&, schemas::UnixSeconds, http::Answer& answer) {
       routes.state_.Health(answer);
     }},
    {"/readyz", Route::kReady, Parameters::kNone,
     [](Routes& routes, const http::Request&, schemas::UnixSeconds now, http::Answer& answer) {
       routes.state_.Readiness(now, answer);
     }},
    {"/metrics", Route::kMetrics, Parameters::kNone,
     [](Routes& routes, const http::Request&, schemas::UnixSeconds now, http::Answer& answer) {
       routes.state_.MetricsText(now, answer);
     }},
    {"/v1/stats", Route::kStats, Parameters::kNone,
     [](Routes& routes, const http::Request&, schemas::UnixSeconds, http::Answer& answer) {
       routes.state_.Statistics(answer);
     }},
    {"/v1/status", Route::kStatus, Parameters::kNone,
     [](Routes& routes, const http::Request&, schemas::UnixSeconds now, http::Answer& answer) {
       routes.state_.Status(now, answer);
     }},
    {"/v1/categories", Route::kCategories, Parameters::kNone,
     [](Routes& routes, const http::Request&, schemas::UnixSeconds now, http::Answer& answer) {
       routes.listings_.Categories(now, answer);
     }},
    {"/v1/languages", Route::kLanguages, Parameters::kNone,
     [](Routes& routes, const http::Request&, schemas::UnixSeconds now, http::Answer& answer) {
       routes.listings_.Languages(now, answer);
     }},
    {"/v1/recent.atom", Route::kRecent, Parameters::kSome,
     [](Routes& routes, const http::Request& request, schemas::UnixSeconds now,
        http::Answer& answer) { routes.recent_.Atom(request, now, answer); }},
    {"/v1/daily.atom", Route::kDaily, Parameters::kSome,
     [](Routes& routes, const http::Request& request, schemas::UnixSeconds now,
        http::Answer& answer) { routes.daily_.Atom(request, now, answer); }},
    {"/v1/feeds.opml", Route::kFeeds, Parameters::kNone,
     [](Routes& routes, const http::Request& request, schemas::UnixSeconds now,
        http::Answer& answer) { routes.listings_.FeedsOpml(request, now, answer); }},
    {kLinksPrefix, Route::kLink, Parameters::kSome,
     [](Routes& routes, const http::Request& request, schemas::UnixSeconds, http::Answer& answer) {
       routes.records_.Link(RestOf(request.path, kLinksPrefix), request.query, answer);
     }},
    {kSitesPrefix, Route::kSite, Parameters::kNone,
     [](Routes& routes, const http::Request& request, schemas::UnixSeconds, http::Answer& answer) {
       routes.sites_.One(RestOf(request.path, kSitesPrefix), answer);
     }},
    {"/v1/sites", Route::kSite, Parameters::kSome,
     [](Routes& routes, const http::Request& request, schemas::UnixSeconds now,
        http::Answer& answer) { routes.sites_.List(request, now, answer); }},
};

Routes::Routes(const schemas::Settings& settings, const index::Follower& follower,
               index::ErrorLog& errors, std::uint64_t seed, std::shared_ptr<SharedAnswers> shared)
    : shared_(std::move(shared)),
      settings_(settings.api),
      metrics_(shared_->metrics.AddWorker()),
      pool_(settings, follower, errors, shared_->readers.Add()),
      random_(settings, pool_, errors, shared_->choices, shared_->feedback.key, seed),
      page_(pool_, random_),
      records_(pool_),
      sites_(settings, pool_),
      listings_(settings, pool_, shared_->feeds),
      daily_(settings, pool_, shared_->identity, shared_->day),
      recent_(settings, pool_, shared_->identity),
      state_(settings_, settings.replica.stale_max_s, pool_, shared_->metrics),
      feedback_(settings.api, shared_->feedback) {}

BodyUse Routes::JudgeBody(const http::Request& request, http::Answer& answer) {
  if (request.method != http::Method::kPost || !FeedbackRoute(request.path)) {
    return BodyUse::kNotWanted;
  }
  const auto began_at = std::chrono::steady_clock::now();
  if (feedback_.Admits(request, answer)) return BodyUse::kWanted;
  CountBody(request, answer, began_at);
  return BodyUse::kRefused;
}

std::optional<schemas::Feedback> Routes::TakeBody(const http::Request& request,
                                                  std::string_view body,
                                                  const http::IpAddress& peer,
                                                  schemas::UnixSeconds now, http::Answer& answer) {
  const auto began_at = std::chrono::steady_clock::now();
  auto feedback = feedback_.Read(request, body, peer, now, answer);
  if (!feedback) CountBody(request, answer, began_at);
  return feedback;
}

void Routes::RefuseBody(const http::Request& request, http::Answer& answer) {
  SetFeedbackEnd(FeedbackEnd::kInboxFull, settings_.retry_after_s, answer);
  CountBody(request, answer, std::chrono::steady_clock::now());
}

void Routes::NoteRefusal(const http::Answer& answer) { metrics_->CountRefused(answer); }

void Routes::CountBody(const http::Request& request, const http::Answer& answer,
                       std::chrono::steady_clock::time_point began_at) {
  metrics_->Count(FeedbackRoute(request.path).value_or(Route::kOther), answer,
                  std::chrono::steady_clock::now() - began_at);
}

bool Routes::RespondAtFeedback(const http::Request& request, http::Answer& answer) const {
  if (!settings_.feedback || !FeedbackRoute(request.path)) return false;
  if (request.method == http::Method::kOptions && !request.has_body) {
    feedback_.Options(answer);
  } else {
    feedback_.RefuseMethod(answer);
  }
  return true;
}

void Routes::Respond(const http::Request& request, schemas::UnixSeconds now, http::Answer& answer) {
  const auto began_at = std::chrono::steady_clock::now();
  answer.Clear();
  auto route = Route::kOther;
  const auto hold = pool_.Hold();
  try {
    pool_.BeginRequest(began_at);
    if (RespondAtFeedback(request, answer)) {
      route = FeedbackRoute(request.path).value_or(Route::kOther);
    } else if (request.method == http::Method::kOther || request.method == http::Method::kPost) {
      http::SetProblem(answer, 405, "There is only something to read here; use GET or HEAD.");
      answer.headers = kAllowed;
    } else if (request.has_body) {
      http::SetProblem(answer, 413, "Requests to this address have no body; leave it out.");
    } else if (request.method == http::Method::kOptions) {
      SetOptions(answer);
    } else {
      route = Dispatch(request, now, answer);
    }
  } catch (const store::StoreError& error) {
    pool_.GiveUp(error, answer);
  }
  if (request.prefers_page && answer.content_type == http::kProblemJson) {
    PageRoutes::Problem(answer);
  }
  metrics_->Count(route, answer, std::chrono::steady_clock::now() - began_at);
}

Route Routes::Dispatch(const http::Request& request, schemas::UnixSeconds now,
                       http::Answer& answer) {
  const auto path = request.path;
  if (path == "/v1/random") {
    random_.Links(request, now, answer);
    return Route::kRandom;
  }
  if (path == "/random") {
    random_.Redirect(request, now, answer);
    return Route::kRedirect;
  }
  if (path == "/") {
    page_.Page(request, now, answer);
    return Route::kFile;
  }
  // A page's query is ignored here; its script may use it.
  if (const auto found = web::FindWebFile(path); found.file != nullptr) {
    SendFile(found, request, answer);
    return Route::kFile;
  }
  const auto route = DispatchData(request, now, answer);
  if (answer.status != 200 || !path.starts_with("/v1/")) return route;
  pool_.AddDataAge(now, answer);
  if (route != Route::kFeeds && answer.cache_control != "no-store") {
    http::SetTag(answer, http::TagOf(answer.Body()), request.if_none_match);
  }
  return route;
}

Route Routes::DispatchData(const http::Request& request, schemas::UnixSeconds now,
                           http::Answer& answer) {
  const auto path = request.path;
  const auto* const address =
      std::find_if(std::begin(kAddresses), std::end(kAddresses), [&](const Address& candidate) {
        return candidate.path.ends_with('/') ? path.starts_with(candidate.path)
                                             : candidate.path == path;
      });
  if (address == std::end(kAddresses)) {
    http::SetProblem(answer, 404,
                     "There is nothing at this address; /openapi.json lists what there is.");
    return Route::kOther;
  }
  if (address->parameters == Parameters::kNone) {
    if (const auto problem = RefuseParameters(request.query)) {
      http::SetProblem(answer, 400, *problem);
      return address->route;
    }
  }
  address->respond(*this, request, now, answer);
  return address->route;
}

}  // namespace saunter::api::routes
