// Takes what readers say of links: POST /v1/votes and /v1/reports.
//
// A body is judged by the request's header before a byte of it is kept, then by its JSON, its
// receipt and the allowance of the reader's network. What passes all that is a Feedback, which is
// answered when the crawler has committed it (api/server/feedback_sender.h).
//
// Thread safety: one thread at a time; FeedbackDesk is shared. Errors: the client's become problems
// in the answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/answer.h"
#include "api/http/network.h"
#include "api/http/request.h"
#include "api/receipt/allowance.h"
#include "api/receipt/receipt.h"
#include "api/routes/metrics.h"
#include "schemas/feedback.h"
#include "schemas/settings.h"
#include "schemas/units.h"

namespace saunter::api::routes {

// What the workers share. Throws std::runtime_error if a setting is no address or block.
struct FeedbackDesk {
  explicit FeedbackDesk(const schemas::ApiSettings& settings);

  std::vector<http::IpBlock> trusted_proxies;
  std::optional<receipt::Key> key;  // absent too if feedback is turned off
  std::string key_problem;          // for the operator
  receipt::Allowance allowance;
};

// What became of a Feedback that was passed on.
enum class FeedbackEnd { kCommitted, kUsed, kInboxFull, kCrawlerAway, kTooLate };

// The route of a path that takes a body.
[[nodiscard]] std::optional<Route> FeedbackRoute(std::string_view path);
[[nodiscard]] Route FeedbackRoute(const schemas::Feedback& feedback);
// Overwrites `answer`.
void SetFeedbackEnd(FeedbackEnd end, std::int64_t retry_after_s, http::Answer& answer);

class FeedbackRoutes {
 public:
  // What it takes must outlive it.
  FeedbackRoutes(const schemas::ApiSettings& settings, FeedbackDesk& desk);

  // Whether the body of a POST to one of these paths may be read; if not, `answer` says why.
  [[nodiscard]] bool Admits(const http::Request& request, http::Answer& answer) const;
  // Reads an admitted body. Absent: `answer` says why.
  [[nodiscard]] std::optional<schemas::Feedback> Read(const http::Request& request,
                                                      std::string_view body,
                                                      const http::IpAddress& peer,
                                                      schemas::UnixSeconds now,
                                                      http::Answer& answer);
  // What other methods than POST are answered on these paths.
  void Options(http::Answer& answer) const;
  void RefuseMethod(http::Answer& answer) const;

 private:
  const schemas::ApiSettings& settings_;
  FeedbackDesk& desk_;
};

}  // namespace saunter::api::routes
