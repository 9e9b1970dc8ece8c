// Answers with random links: /v1/random and /random.
//
// Thread safety: one thread at a time. Ownership: what the constructor takes must outlive it.
// Errors: the client's become problems in the answer; StoreError is thrown.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/answer.h"
#include "api/http/request.h"
#include "api/index/choices.h"
#include "api/index/error_log.h"
#include "api/index/selection.h"
#include "api/receipt/nonces.h"
#include "api/receipt/receipt.h"
#include "api/routes/link_fields.h"
#include "api/routes/parameters.h"
#include "api/routes/pool_access.h"
#include "api/walk/walk.h"
#include "schemas/link.h"
#include "schemas/settings.h"
#include "schemas/units.h"

namespace saunter::api::routes {

class RandomRoutes {
 public:
  // Walks that begin here are drawn from `seed`. Without a key links carry no receipts.
  RandomRoutes(const schemas::Settings& settings, PoolAccess& pool, index::ErrorLog& errors,
               index::Choices& choices, const std::optional<receipt::Key>& key, std::uint64_t seed);

  void Links(const http::Request& request, schemas::UnixSeconds now, http::Answer& answer);
  void Redirect(const http::Request& request, schemas::UnixSeconds now, http::Answer& answer);

  // One link of any taste, and what /v1/random would answer with it: a walk begins there.
  struct FirstLink {
    schemas::Link link;
    std::vector<std::string_view> topics;  // for people; good as long as the index
    std::string json;
  };
  // Absent: `answer` holds the problem.
  std::optional<FirstLink> First(schemas::UnixSeconds now, http::Answer& answer);

 private:
  // What one step of a walk gave: the link, and the walk after it.
  struct Step {
    schemas::Link link;
    walk::Walk walk;
    schemas::topics::TopicMask topics = 0;
    schemas::Id source_id = 0;
  };
  // kOnALine: a URL that is not printable ASCII is passed over, since it could end its line.
  enum class UrlUse { kInJson, kOnALine };

  // What a request asks for.
  struct Asked {
    RandomParameters parameters;
    schemas::UnixSeconds now = 0;
    UrlUse use = UrlUse::kInJson;
    std::vector<schemas::Id> excluded_sites;
  };
  // Where its answer stands.
  struct Standing {
    index::Choice choice;
    walk::Walk walk;
  };

  // False: `answer` holds the problem.
  bool ReadParameters(const http::Request& request, Asked& asked, http::Answer& answer);
  // Where the walk of the request stands, or a new one.
  Standing GoOn(const Asked& asked);
  Standing Begin(const Asked& asked, std::uint64_t seed);
  Standing StandAt(const Asked& asked, const walk::Walk& walk);
  // Up to `count` links that are still in the pool; fewer at the end of the walk.
  std::vector<Step> TakeSteps(const Asked& asked, const Standing& from);
  // The same, but where the walk is at its end a new one begins, and `standing` becomes that.
  std::vector<Step> TakeStepsOrBegin(const Asked& asked, Standing& standing);
  // Of the next `count` stops those that are wanted, into walks_ and picks_. False: none was left,
  // or too many were passed over.
  bool Advance(const index::Choice& choice, std::size_t count, walk::Walk& walk);
  // True if no stop is left, or none within reach.
  bool IsComplete(const Standing& standing);
  // Appends as many links as the answer holds and returns how many.
  template <typename Append>
  std::size_t AppendSteps(const std::vector<Step>& steps, std::string& body, Append&& append) const;
  std::size_t AppendLines(const std::vector<Step>& steps, std::string& body) const;
  std::size_t AppendLinks(const std::vector<Step>& steps, LinkFields fields,
                          schemas::UnixSeconds now, std::string& body);
  void SayNothingFits(const Asked& asked, http::Answer& answer);
  // As the last member of the object with which `body` ends.
  void AddReceipt(const Step& step, schemas::UnixSeconds now, std::string& body);

  const schemas::Settings& settings_;
  PoolAccess& pool_;
  index::ErrorLog& errors_;
  index::Choices& choices_;
  const std::optional<receipt::Key>& key_;
  receipt::Nonces nonces_;
  std::uint64_t seed_;
  walk::WalkScratch scratch_;
  std::vector<walk::Stop> stops_;
  std::vector<walk::Walk> stop_walks_;  // after each stop
  std::vector<walk::Pick> picks_;
  std::vector<walk::Walk> walks_;  // after each pick
  std::size_t passed_over_ = 0;    // links in this request
};

// True if a Location header may hold it: http(s), printable ASCII, not too long.
[[nodiscard]] bool IsRedirectTarget(std::string_view url);

}  // namespace saunter::api::routes
