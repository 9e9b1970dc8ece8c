#include "schemas/outcome.h"

namespace saunter::schemas {

std::string_view ToString(Verdict verdict) {
  switch (verdict) {
    case Verdict::kAlive:
      return "alive";
    case Verdict::kUnknown:
      return "unknown";
    case Verdict::kDead:
      return "dead";
  }
  return "invalid";
}

std::string_view ToString(FetchOutcome outcome) {
  switch (outcome) {
    case FetchOutcome::kOk:
      return "ok";
    case FetchOutcome::kNotModified:
      return "not_modified";
    case FetchOutcome::kGone:
      return "gone";
    case FetchOutcome::kNotFound:
      return "not_found";
    case FetchOutcome::kRefusedByServer:
      return "refused_by_server";
    case FetchOutcome::kTooManyRequests:
      return "too_many_requests";
    case FetchOutcome::kServerError:
      return "server_error";
    case FetchOutcome::kUnexpectedStatus:
      return "unexpected_status";
    case FetchOutcome::kDnsFailure:
      return "dns_failure";
    case FetchOutcome::kConnectFailure:
      return "connect_failure";
    case FetchOutcome::kTimeout:
      return "timeout";
    case FetchOutcome::kTlsFailure:
      return "tls_failure";
    case FetchOutcome::kTlsNameMismatch:
      return "tls_name_mismatch";
    case FetchOutcome::kTlsExpired:
      return "tls_expired";
    case FetchOutcome::kTlsUntrusted:
      return "tls_untrusted";
    case FetchOutcome::kBlockedAddress:
      return "blocked_address";
    case FetchOutcome::kBodyTooLarge:
      return "body_too_large";
    case FetchOutcome::kHeadersTooLarge:
      return "headers_too_large";
    case FetchOutcome::kBadRedirect:
      return "bad_redirect";
    case FetchOutcome::kProtocolError:
      return "protocol_error";
    case FetchOutcome::kNotAFeed:
      return "not_a_feed";
    case FetchOutcome::kParseLimit:
      return "parse_limit";
    case FetchOutcome::kBlacklisted:
      return "blacklisted";
    case FetchOutcome::kDisallowedByRobots:
      return "disallowed_by_robots";
    case FetchOutcome::kLost:
      return "lost";
  }
  return "invalid";
}

}  // namespace saunter::schemas
