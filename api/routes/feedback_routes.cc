#include "api/routes/feedback_routes.h"

#include <chrono>
#include <stdexcept>
#include <utility>
#include <variant>

#include "api/receipt/key_file.h"
#include "api/routes/feedback_json.h"
#include "api/routes/parameters.h"
#include "schemas/text.h"

namespace saunter::api::routes {
namespace {

constexpr std::size_t kBodyBytesMax = 2560;
constexpr std::string_view kFeedbackAllowed = "Allow: POST, OPTIONS\r\n";

void AddRetryAfter(http::Answer& answer, std::int64_t seconds) {
  answer.headers.append("Retry-After: ").append(std::to_string(seconds)).append("\r\n");
}

// RFC 9110, 8.3: "application/json", with parameters or without.
bool IsJson(std::string_view content_type) {
  const auto type = schemas::Trim(content_type.substr(0, content_type.find(';')), schemas::kBlanks);
  return schemas::EqualsIgnoringCase(type, http::kJson);
}

}  // namespace

FeedbackDesk::FeedbackDesk(const schemas::ApiSettings& settings)
    : allowance(settings.feedback_per_network_hour) {
  if (!settings.feedback) return;
  for (const auto& text : settings.trusted_proxies) {
    const auto block = http::ParseIpBlock(text);
    if (!block) {
      throw std::runtime_error("api.trusted_proxies takes addresses and CIDR blocks, not \"" +
                               text + "\"");
    }
    trusted_proxies.push_back(*block);
  }
  auto read = receipt::ReadOrMakeKey(settings.receipt_key_path);
  key = read.key;
  key_problem = std::move(read.problem);
}

std::optional<Route> FeedbackRoute(std::string_view path) {
  if (path == "/v1/votes") return Route::kVotes;
  if (path == "/v1/reports") return Route::kReports;
  return std::nullopt;
}

Route FeedbackRoute(const schemas::Feedback& feedback) {
  return std::holds_alternative<schemas::Vote>(feedback.said) ? Route::kVotes : Route::kReports;
}

void SetFeedbackEnd(FeedbackEnd end, std::int64_t retry_after_s, http::Answer& answer) {
  switch (end) {
    case FeedbackEnd::kCommitted:
      answer.Clear();
      answer.status = 202;
      answer.body = "{}\n";
      return;
    case FeedbackEnd::kUsed:
      return http::SetProblem(answer, 409,
                              "This receipt was used for that before; there is nothing left to do.",
                              "used");
    case FeedbackEnd::kInboxFull:
      http::SetProblem(answer, 503, "Too much is waiting to be written; try again.", "inbox_full");
      break;
    case FeedbackEnd::kCrawlerAway:
      http::SetProblem(answer, 503, "The crawler, which writes this down, is away; try again.",
                       "crawler_away");
      break;
    case FeedbackEnd::kTooLate:
      http::SetProblem(answer, 503, "This was not written down in time; try again.", "too_late");
      break;
  }
  AddRetryAfter(answer, retry_after_s);
}

FeedbackRoutes::FeedbackRoutes(const schemas::ApiSettings& settings, FeedbackDesk& desk)
    : settings_(settings), desk_(desk) {}

bool FeedbackRoutes::Admits(const http::Request& request, http::Answer& answer) const {
  const auto refuse = [&](int status, std::string_view detail) {
    http::SetProblem(answer, status, detail);
    return false;
  };
  if (!settings_.feedback) return refuse(404, "This service takes no votes and no reports.");
  switch (request.body_length) {
    case http::BodyLength::kSaid:
      break;
    case http::BodyLength::kMalformed:
      return refuse(400, "Send one Content-Length, a number.");
    case http::BodyLength::kNone:
    case http::BodyLength::kChunked:
      return refuse(411, "Send the body in one piece, with its Content-Length.");
  }
  if (request.body_bytes > kBodyBytesMax) {
    return refuse(413, "The body is too large; send a receipt and few words.");
  }
  if (request.expects) return refuse(417, "Send the body at once, without Expect.");
  if (!IsJson(request.content_type) || request.is_encoded) {
    return refuse(415, "Send plain JSON, with Content-Type: application/json.");
  }
  if (const auto problem = RefuseParameters(request.query)) return refuse(400, *problem);
  return true;
}

std::optional<schemas::Feedback> FeedbackRoutes::Read(const http::Request& request,
                                                      std::string_view body,
                                                      const http::IpAddress& peer,
                                                      schemas::UnixSeconds now,
                                                      http::Answer& answer) {
  const auto refuse = [&](int status, std::string_view detail, std::string_view reason = {}) {
    http::SetProblem(answer, status, detail, reason);
    return std::nullopt;
  };
  if (!desk_.key) {
    refuse(503, "This service cannot read the key of its receipts; its operator knows.",
           "receipt_key");
    AddRetryAfter(answer, settings_.retry_after_s);
    return std::nullopt;
  }
  const auto reader = http::ReaderAddress(peer, request.forwarded_for, desk_.trusted_proxies);
  const auto taken =
      desk_.allowance.Take(http::NetworkOf(reader), now, receipt::Allowance::Clock::now());
  if (taken.retry_after_s > 0) {
    refuse(429, "That is much from one network within an hour; try again later.");
    AddRetryAfter(answer, taken.retry_after_s);
    return std::nullopt;
  }
  auto read = FeedbackRoute(request.path) == Route::kVotes ? ReadVote(body) : ReadReport(body);
  if (!read.problem.empty()) return refuse(400, read.problem);
  const auto found = receipt::ReadReceipt(read.body.receipt, *desk_.key);
  if (!found) {
    return refuse(400, "This receipt is none of this service's; send that of the link unchanged.",
                  "receipt");
  }
  switch (receipt::AgeOf(*found, now)) {
    case receipt::Age::kGood:
      break;
    case receipt::Age::kExpired:
      return refuse(410, "This receipt is more than seven days old; there is nothing left to do.",
                    "expired");
    case receipt::Age::kNotYet:
      return refuse(400, "This receipt is of a time to come; ask for a new link.", "receipt");
  }
  return schemas::Feedback{.link_id = found->link_id,
                           .source_id = found->source_id,
                           .given_at = found->given_at,
                           .nonce = found->nonce,
                           .network = taken.network_hash,
                           .said = std::move(read.body.said)};
}

// What a browser asks before a page may post JSON from elsewhere.
void FeedbackRoutes::Options(http::Answer& answer) const {
  answer.status = 204;
  answer.content_type = {};
  answer.headers = kFeedbackAllowed;
  answer.headers.append(
      "Access-Control-Allow-Methods: POST, OPTIONS\r\n"
      "Access-Control-Allow-Headers: Content-Type\r\n"
      "Access-Control-Max-Age: 86400\r\n");
}

void FeedbackRoutes::RefuseMethod(http::Answer& answer) const {
  http::SetProblem(answer, 405, "Votes and reports are posted; use POST.");
  answer.headers = kFeedbackAllowed;
}

}  // namespace saunter::api::routes
