// From a request to its answer: finds the route of a path and lets it answer.
//
// Each worker has a Routes of its own, with its own reader and memory. The routes themselves stand
// by subject in the headers of this room that end in _routes.h.
//
// Thread safety: one thread at a time; the Follower, the ErrorLog and SharedAnswers are shared.
// Errors: what the database throws becomes a 503 and is logged; nothing else may throw but
// std::bad_alloc.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "api/http/answer.h"
#include "api/http/network.h"
#include "api/http/request.h"
#include "api/index/choices.h"
#include "api/index/error_log.h"
#include "api/index/follower.h"
#include "api/routes/daily_routes.h"
#include "api/routes/feed_identity.h"
#include "api/routes/feedback_routes.h"
#include "api/routes/listing_routes.h"
#include "api/routes/metrics.h"
#include "api/routes/page_routes.h"
#include "api/routes/pool_access.h"
#include "api/routes/random_routes.h"
#include "api/routes/recent_routes.h"
#include "api/routes/record_routes.h"
#include "api/routes/site_routes.h"
#include "api/routes/snapshot_reader.h"
#include "api/routes/state_routes.h"
#include "schemas/feedback.h"
#include "schemas/settings.h"
#include "schemas/units.h"

namespace saunter::api::routes {

// What the workers have in common. Throws what FeedbackDesk throws.
struct SharedAnswers {
  explicit SharedAnswers(const schemas::ApiSettings& settings);

  Metrics metrics;
  SnapshotReaders readers;
  SharedFeedList feeds;
  SharedDay day;
  index::Choices choices;
  FeedbackDesk feedback;
  const FeedIdentity identity;
};

// What is done with the body of a request. kRefused: the answer says why, and the connection ends
// with it, since the end of the body is not looked for.
enum class BodyUse { kNotWanted, kWanted, kRefused };

class Routes {
 public:
  Routes(const schemas::Settings& settings, const index::Follower& follower,
         index::ErrorLog& errors, std::uint64_t seed, std::shared_ptr<SharedAnswers> shared);

  // Overwrites `answer`. It is whole for HEAD too; the sender leaves the body out.
  void Respond(const http::Request& request, schemas::UnixSeconds now, http::Answer& answer);

  // Asked of every request before Respond, and as often as bytes of its body come.
  BodyUse JudgeBody(const http::Request& request, http::Answer& answer);
  // In the place of Respond where the body is wanted: what is to be committed before there is an
  // answer. Absent: the answer says why not.
  std::optional<schemas::Feedback> TakeBody(const http::Request& request, std::string_view body,
                                            const http::IpAddress& peer, schemas::UnixSeconds now,
                                            http::Answer& answer);
  // There is no room for what TakeBody gave.
  void RefuseBody(const http::Request& request, http::Answer& answer);
  // `answer` was given to what was no whole request.
  void NoteRefusal(const http::Answer& answer);

 private:
  // Whether what follows the "?" is read by the route, or refused for it.
  enum class Parameters { kNone, kSome };
  // What answers a path; one that ends in a slash takes all that begin with it.
  struct Address {
    std::string_view path;
    Route route;
    Parameters parameters;
    void (*respond)(Routes& routes, const http::Request& request, schemas::UnixSeconds now,
                    http::Answer& answer);
  };
  static const Address kAddresses[];

  Route Dispatch(const http::Request& request, schemas::UnixSeconds now, http::Answer& answer);
  Route DispatchData(const http::Request& request, schemas::UnixSeconds now, http::Answer& answer);

  void CountBody(const http::Request& request, const http::Answer& answer,
                 std::chrono::steady_clock::time_point began_at);
  // False: the path is another route's, or feedback is turned off.
  bool RespondAtFeedback(const http::Request& request, http::Answer& answer) const;

  const std::shared_ptr<SharedAnswers> shared_;
  const schemas::ApiSettings& settings_;
  const std::shared_ptr<WorkerMetrics> metrics_;
  PoolAccess pool_;
  RandomRoutes random_;
  PageRoutes page_;
  RecordRoutes records_;
  SiteRoutes sites_;
  ListingRoutes listings_;
  DailyRoutes daily_;
  RecentRoutes recent_;
  StateRoutes state_;
  FeedbackRoutes feedback_;
};

}  // namespace saunter::api::routes
