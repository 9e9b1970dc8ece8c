#include "crawler/fetch/outcome.h"

namespace saunter::crawler::fetch {

using schemas::FetchOutcome;

FetchOutcome OutcomeOfStatus(int status, const Request& request, const ResponseHeaders& headers) {
  if (headers.challenge) return FetchOutcome::kRefusedByServer;
  const bool conditional = !request.etag.empty() || !request.last_modified.empty();
  switch (status) {
    case 206:  // only probes ask for a part
      return request.kind == RequestKind::kProbe ? FetchOutcome::kOk
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

bool GetMayTellMore(FetchOutcome outcome) {
  switch (outcome) {
    case FetchOutcome::kOk:
    case FetchOutcome::kNotModified:
    case FetchOutcome::kTooManyRequests:
    case FetchOutcome::kDnsFailure:
    case FetchOutcome::kTimeout:
    case FetchOutcome::kTlsFailure:
    case FetchOutcome::kTlsExpired:
    case FetchOutcome::kTlsUntrusted:
    case FetchOutcome::kTlsNameMismatch:
    case FetchOutcome::kBlockedAddress:
    case FetchOutcome::kNotAFeed:
    case FetchOutcome::kParseLimit:
    case FetchOutcome::kBlacklisted:
    case FetchOutcome::kDisallowedByRobots:
    case FetchOutcome::kLost:
      return false;
    case FetchOutcome::kGone:
    case FetchOutcome::kNotFound:
    case FetchOutcome::kRefusedByServer:
    case FetchOutcome::kServerError:
    case FetchOutcome::kUnexpectedStatus:
    case FetchOutcome::kConnectFailure:
    case FetchOutcome::kBodyTooLarge:
    case FetchOutcome::kHeadersTooLarge:
    case FetchOutcome::kBadRedirect:
    case FetchOutcome::kProtocolError:
      return true;
  }
  return false;
}

std::string Describe(const Response& response) {
  std::string status = "HTTP " + std::to_string(response.status);
  switch (response.outcome) {
    case FetchOutcome::kOk:
      return status;
    case FetchOutcome::kNotModified:
      return status + ", not modified";
    case FetchOutcome::kUnexpectedStatus:
      if (response.status == 304) return "HTTP 304, though nothing was asked on a condition";
      return status;
    case FetchOutcome::kRefusedByServer:
      return response.challenge ? status + ", a test for browsers" : status;
    case FetchOutcome::kTooManyRequests:
      if (response.asked_lately) return "its address was asked for another feed a while ago";
      if (response.status != 429) return "not asked yet: a pause is not over";
      return status;
    case FetchOutcome::kGone:
    case FetchOutcome::kNotFound:
    case FetchOutcome::kServerError:
      return status;
    case FetchOutcome::kDnsFailure:
      return "the host's name does not resolve";
    case FetchOutcome::kConnectFailure:
    case FetchOutcome::kTimeout:
    case FetchOutcome::kBlockedAddress:
      return "the host did not answer";
    case FetchOutcome::kTlsFailure:
      return "no secure connection: the certificate or the handshake is bad";
    case FetchOutcome::kTlsNameMismatch:
      return "no secure connection: the certificate is for another name";
    case FetchOutcome::kTlsExpired:
      return "no secure connection: the certificate is out of date";
    case FetchOutcome::kTlsUntrusted:
      return "no secure connection: nobody known vouches for the certificate";
    case FetchOutcome::kBodyTooLarge:
      return "the body is larger than the limit";
    case FetchOutcome::kHeadersTooLarge:
      return "the headers are larger than the limit";
    case FetchOutcome::kBadRedirect:
      return "the redirects lead nowhere: a loop, too many, or no web address";
    case FetchOutcome::kProtocolError:
      return "the answer is not HTTP, or it is broken";
    case FetchOutcome::kDisallowedByRobots:
      return "the host's robots.txt does not allow it, or cannot be had";
    case FetchOutcome::kNotAFeed:
    case FetchOutcome::kParseLimit:
    case FetchOutcome::kBlacklisted:
    case FetchOutcome::kLost:
      break;  // never this room's verdict
  }
  return status;
}

}  // namespace saunter::crawler::fetch
