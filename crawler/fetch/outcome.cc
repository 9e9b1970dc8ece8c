#include "crawler/fetch/outcome.h"

namespace saunter::crawler::fetch {

using schemas::FetchOutcome;

FetchOutcome OutcomeOfStatus(int status, const Request& request, const ResponseHeaders& headers) {
  if (headers.challenge) return FetchOutcome::kRefusedByServer;
  const bool conditional = !request.etag.empty() || !request.last_modified.empty();
  switch (status) {
    case 206:
      // Only probes ask for a part. Lenient: a part may be the whole.
      return request.kind == RequestKind::kProbe || IsWholeRange(headers.content_range)
                 ? FetchOutcome::kOk
                 : FetchOutcome::kUnexpectedStatus;
    case 304:
      return conditional ? FetchOutcome::kNotModified : FetchOutcome::kUnexpectedStatus;
    case 401:
    case 403:
    case 407:
    case 451:
      return FetchOutcome::kRefusedByServer;
    case 404:
      return FetchOutcome::kNotFound;
    case 410:
      return FetchOutcome::kGone;
    case 429:
      return FetchOutcome::kTooManyRequests;
    default:
      if (status >= 200 && status < 300) return FetchOutcome::kOk;
      return status >= 500 && status < 600 ? FetchOutcome::kServerError
                                           : FetchOutcome::kUnexpectedStatus;
  }
}

bool GetMayTellMore(FetchOutcome outcome) { return schemas::TraitsOf(outcome).get_may_tell_more; }

std::string Describe(const Response& response) {
  const auto says = schemas::TraitsOf(response.outcome).description;
  if (!says.empty()) return std::string(says);
  std::string status = "HTTP " + std::to_string(response.status);
  if (response.outcome == FetchOutcome::kNotModified) return status + ", not modified";
  if (response.outcome == FetchOutcome::kUnexpectedStatus && response.status == 304) {
    return status + ", but the request had no condition";
  }
  if (response.outcome == FetchOutcome::kUnexpectedStatus && response.status == 206) {
    return status + ", a part of what was asked for";
  }
  if (response.outcome == FetchOutcome::kRefusedByServer && response.challenge) {
    return status + ", with a test for browsers";
  }
  if (response.outcome == FetchOutcome::kTooManyRequests) {
    if (response.asked_lately) return "another feed has asked its address lately";
    if (response.status != 429) return "not asked: a pause is not over";
  }
  return status;
}

}  // namespace saunter::crawler::fetch
