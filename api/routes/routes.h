// From a request to its answer: one Routes a worker, with the worker's own reader and memory.
//
// Thread safety: one thread at a time; the Follower and the ErrorLog are shared. Errors: what the
// database throws becomes a 503 and is logged; nothing else may throw but std::bad_alloc.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/answer.h"
#include "api/http/request.h"
#include "api/index/error_log.h"
#include "api/index/follower.h"
#include "api/index/selection.h"
#include "api/routes/metrics.h"
#include "api/routes/parameters.h"
#include "api/routes/snapshot_reader.h"
#include "api/walk/walk.h"
#include "schemas/records.h"
#include "schemas/settings.h"

namespace saunter::api::routes {

// What the workers have in common.
struct SharedAnswers {
  struct FeedList {
    schemas::UnixSeconds made_at = 0;
    std::uint64_t generation = 0;
    std::shared_ptr<const std::string> body;
    std::string tag;
  };
  Metrics metrics;
  SnapshotReaders readers;
  std::mutex mutex;
  FeedList feeds;  // guarded by mutex
};

class Routes {
 public:
  Routes(const schemas::Settings& settings, const index::Follower& follower,
         index::ErrorLog& errors, std::uint64_t seed,
         std::shared_ptr<SharedAnswers> shared = std::make_shared<SharedAnswers>());

  // Overwrites `answer`. It is whole for HEAD too; leaving the body away is the sender's work.
  void Respond(const http::Request& request, schemas::UnixSeconds now, http::Answer& answer);

 private:
  // A path that takes no parameters, and what answers it.
  struct Address {
    std::string_view path;
    Route route;
    void (Routes::*respond)(schemas::UnixSeconds now, http::Answer& answer);
  };
  static const Address kAddresses[];

  Route Dispatch(const http::Request& request, schemas::UnixSeconds now, http::Answer& answer);
  Route DispatchData(const http::Request& request, schemas::UnixSeconds now, http::Answer& answer);
  void RandomLinks(const http::Request& request, schemas::UnixSeconds now, http::Answer& answer);
  void RandomRedirect(const http::Request& request, schemas::UnixSeconds now, http::Answer& answer);
  void OneLink(std::string_view id, http::Answer& answer);
  void OneSite(std::string_view host, http::Answer& answer);
  void StatsOfAll(schemas::UnixSeconds now, http::Answer& answer);
  void Status(schemas::UnixSeconds now, http::Answer& answer);
  void Categories(schemas::UnixSeconds now, http::Answer& answer);
  void Languages(schemas::UnixSeconds now, http::Answer& answer);
  void RecentAtom(schemas::UnixSeconds now, http::Answer& answer);
  void FeedsOpml(schemas::UnixSeconds now, http::Answer& answer);
  void MetricsText(schemas::UnixSeconds now, http::Answer& answer);
  void Health(schemas::UnixSeconds now, http::Answer& answer);
  void Readiness(schemas::UnixSeconds now, http::Answer& answer);

  void TakeServed();
  // True if there is a database to ask; otherwise `answer` says why not.
  bool IsOpen(http::Answer& answer);
  // The same, with at least one link in the pool.
  bool HasLinks(http::Answer& answer);
  void Unavailable(http::Answer& answer, std::string_view detail, std::string_view reason) const;
  void NoLinkYet(http::Answer& answer);
  // False: `answer` holds the problem.
  bool ReadParameters(const http::Request& request, RandomParameters& parameters,
                      http::Answer& answer);
  // What one step of a walk gave: the link, and the walk behind it.
  struct Step {
    schemas::Link link;
    walk::Walk walk;
    schemas::topics::TopicMask topics = 0;
  };
  // kOnALine: where a URL that is not printable ASCII would do harm, it is passed over.
  enum class UrlUse { kInJson, kOnALine };
  // Up to `count` links that are still in the pool; fewer at the end of the walk.
  std::vector<Step> TakeSteps(const index::Choice& choice, walk::Walk walk, std::size_t count,
                              UrlUse use);
  // Appends as many links as the answer holds and returns how many.
  std::size_t AppendSteps(const std::vector<Step>& steps, UrlUse use, std::string& body) const;
  std::optional<schemas::Link> FindLink(schemas::Id link_id, schemas::topics::TopicMask& topics);
  void AddDataAge(schemas::UnixSeconds now, http::Answer& answer) const;

  const schemas::Settings& settings_;
  const index::Follower& follower_;
  index::ErrorLog& errors_;

  std::uint64_t seed_;
  std::uint64_t version_ = UINT64_MAX;  // of the follower, at the last look
  std::shared_ptr<const index::Served> served_;
  std::uint64_t reader_generation_ = 0;
  walk::WalkScratch scratch_;

  index::ChoiceCache choices_;

  // An answer that is made anew when it is so many seconds old, or of another database.
  struct CachedBody {
    schemas::UnixSeconds made_at = 0;
    std::uint64_t generation = 0;
    std::string body;
  };
  [[nodiscard]] bool IsFresh(const CachedBody& cached, schemas::UnixSeconds age_max,
                             schemas::UnixSeconds now) const;
  CachedBody categories_;
  CachedBody languages_;
  CachedBody recent_;
  CachedBody status_;
  std::string feeds_tag_;

  const std::shared_ptr<SharedAnswers> shared_;
  const std::shared_ptr<WorkerMetrics> metrics_;
  const std::shared_ptr<SnapshotReader> reader_;
};

// True if a Location header may hold it: http(s), printable ASCII, not too long.
[[nodiscard]] bool IsRedirectTarget(std::string_view url);

}  // namespace saunter::api::routes
