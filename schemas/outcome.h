// How a fetch ended, and what is then known of a link.
//
// Thread safety: values, no sharing.
#pragma once

#include <string_view>

namespace saunter::schemas {

enum class Verdict : int { kAlive = 0, kUnknown = 1, kDead = 2 };
std::string_view ToString(Verdict verdict);

// How a fetch ended, for feeds and probes alike.
enum class FetchOutcome : int {
  kOk = 0,
  kNotModified = 1,
  kGone = 2,              // 410
  kNotFound = 3,          // 404
  kRefusedByServer = 4,   // 401, 403, 407, 451, a challenge page
  kTooManyRequests = 5,   // 429
  kServerError = 6,       // 5xx
  kUnexpectedStatus = 7,  // any other status that is not a success
  kDnsFailure = 8,        // the name does not resolve
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
};
std::string_view ToString(FetchOutcome outcome);

}  // namespace saunter::schemas
