// How a fetch ended, and all that follows from that alone, in one table.
//
// Thread safety: values and constants.
#pragma once

#include <string_view>

namespace saunter::schemas {

// What one answer says of a link. The link's state (link.h) follows from several; the verdict
// itself is counted and not stored.
enum class Verdict : int { kAlive = 0, kUnknown = 1, kDead = 2 };
std::string_view ToString(Verdict verdict);

// How a fetch ended, for feeds and probes alike.
enum class FetchOutcome : int {
  kOk = 0,
  kNotModified = 1,
  kGone = 2,              // 410
  kNotFound = 3,          // 404
  kRefusedByServer = 4,   // 401, 403, 407, 451, a challenge page
  kTooManyRequests = 5,   // 429; or not asked: a pause, our own pace, or asked for another feed
  kServerError = 6,       // 5xx
  kUnexpectedStatus = 7,  // any other status that is not a success
  kDnsFailure = 8,        // the name does not exist, or has no address
  kConnectFailure = 9,    // refused, unreachable, reset before an answer
  kTimeout = 10,          // any of the time limits
  kTlsFailure = 11,       // the handshake, or a certificate that is bad otherwise
  kTlsNameMismatch = 12,  // a certificate for another name
  kBlockedAddress = 13,   // the address guard refused it
  kBodyTooLarge = 14,
  kHeadersTooLarge = 15,
  kBadRedirect = 16,    // a loop, too many hops, another scheme
  kProtocolError = 17,  // not HTTP, a broken body or encoding
  kNotAFeed = 18,       // fetched well, but no feed in it
  kParseLimit = 19,     // a feed beyond the parser's limits
  kBlacklisted = 20,    // not asked, or its answer dropped: the blacklist has it
  kDisallowedByRobots = 21,
  kLost = 22,          // asked, but the crawler ended before the answer was written
  kTlsExpired = 23,    // a certificate that is not valid any more, or not yet
  kTlsUntrusted = 24,  // a certificate that nobody known vouches for
  kNoRoute = 25,       // this machine has no route to some of the host's addresses, the others fail
  kResolverFailure = 26,  // the name could not be looked up: SERVFAIL, no answer
  kLast = kResolverFailure,
};
inline constexpr int kFetchOutcomeCount = static_cast<int>(FetchOutcome::kLast) + 1;
std::string_view ToString(FetchOutcome outcome);

// Whether the fetch ended before the server gave any HTTP answer, which our own network may be to
// blame for.
enum class BeforeAnswer { kNever, kWithoutStatus, kAlways };

// What an outcome means wherever it is met.
struct OutcomeTraits {
  FetchOutcome outcome = FetchOutcome::kOk;
  std::string_view name;
  bool was_asked = true;  // the server saw the request, as far as one can tell without a status
  BeforeAnswer before_answer = BeforeAnswer::kNever;
  bool get_may_tell_more = false;  // than this answer to a HEAD
  // Of a link that is answered so. An answer that is alive is still to be judged by what it is.
  Verdict verdict = Verdict::kUnknown;
  std::string_view verdict_reason;  // for a person; empty where the status says it
  // For a person, in words of our own; empty where the status says it. Hosts that refuse and hosts
  // that are silent read alike, so that nobody can use this text to look at a network from inside.
  std::string_view description;
};
// A number that is no outcome has the traits of one that says nothing.
[[nodiscard]] const OutcomeTraits& TraitsOf(FetchOutcome outcome);

}  // namespace saunter::schemas
