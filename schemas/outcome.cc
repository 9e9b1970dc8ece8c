#include "schemas/outcome.h"

#include <array>
#include <cstddef>

namespace saunter::schemas {
namespace {

using enum FetchOutcome;
using enum BeforeAnswer;
using enum Verdict;

// The columns stand in the order of OutcomeTraits, the rows in that of FetchOutcome.
constexpr std::array<OutcomeTraits, kFetchOutcomeCount> kOutcomes = {{
    {kOk, "ok", true, kNever, false, kAlive, "", ""},
    {kNotModified, "not_modified", true, kNever, false, kAlive, "", ""},
    {kGone, "gone", true, kNever, true, kDead, "gone (410)", ""},
    {kNotFound, "not_found", true, kNever, true, kDead, "not found (404)", ""},
    {kRefusedByServer, "refused_by_server", true, kNever, true, kUnknown, "", ""},
    {kTooManyRequests, "too_many_requests", false, kNever, false, kUnknown, "", ""},
    {kServerError, "server_error", true, kNever, true, kUnknown, "", ""},
    {kUnexpectedStatus, "unexpected_status", true, kNever, true, kUnknown, "", ""},
    {kDnsFailure, "dns_failure", false, kAlways, false, kDead, "the host name does not resolve",
     "the host's name does not resolve"},
    {kConnectFailure, "connect_failure", false, kAlways, true, kDead,
     "the host refuses the connection", "the host did not answer"},
    {kTimeout, "timeout", true, kWithoutStatus, false, kUnknown, "no answer in time",
     "the host did not answer"},
    {kTlsFailure, "tls_failure", false, kAlways, false, kUnknown, "no secure connection",
     "no secure connection: the certificate or the handshake is bad"},
    {kTlsNameMismatch, "tls_name_mismatch", false, kNever, false, kDead,
     "the certificate is for another name",
     "no secure connection: the certificate is for another name"},
    {kBlockedAddress, "blocked_address", false, kNever, false, kUnknown,
     "the address may not be asked",
     "the address may not be asked: see fetch.allow_networks, allow_names and allow_ports"},
    {kBodyTooLarge, "body_too_large", true, kNever, true, kUnknown, "the answer is too large",
     "the body is larger than the limit"},
    {kHeadersTooLarge, "headers_too_large", true, kNever, true, kUnknown, "the answer is too large",
     "the headers are larger than the limit"},
    {kBadRedirect, "bad_redirect", true, kNever, true, kUnknown, "the redirects do not end",
     "the redirects do not end: a loop, too many, or not a web address"},
    {kProtocolError, "protocol_error", true, kNever, true, kUnknown, "the answer is not HTTP",
     "the answer is not HTTP, or it is broken"},
    {kNotAFeed, "not_a_feed", true, kNever, false, kUnknown, "not asked", ""},
    {kParseLimit, "parse_limit", true, kNever, false, kUnknown, "not asked", ""},
    {kBlacklisted, "blacklisted", false, kNever, false, kUnknown, "not asked",
     "the blacklist has the address; saunter blacklist test says which entry it is"},
    {kDisallowedByRobots, "disallowed_by_robots", false, kNever, false, kUnknown,
     "robots.txt does not allow it",
     "the host's robots.txt does not allow it, or could not be fetched"},
    {kLost, "lost", true, kNever, false, kUnknown, "not asked", ""},
    {kTlsExpired, "tls_expired", false, kAlways, false, kUnknown, "no secure connection",
     "no secure connection: the certificate is out of date"},
    {kTlsUntrusted, "tls_untrusted", false, kAlways, false, kUnknown, "no secure connection",
     "no secure connection: the issuer of the certificate is not trusted"},
    {kNoRoute, "no_route", false, kAlways, false, kUnknown,
     "this machine has no route to an address of the host",
     "this machine has no route to an address of the host, and no other one answered"},
    {kResolverFailure, "resolver_failure", false, kAlways, false, kUnknown,
     "the host name could not be looked up", "the host's name could not be looked up"},
}};
constexpr OutcomeTraits kNoOutcome = {
    .name = "invalid", .verdict_reason = "not understood", .description = {}};

constexpr bool EachStandsInItsPlace() {
  for (std::size_t i = 0; i < kOutcomes.size(); ++i) {
    if (static_cast<std::size_t>(kOutcomes[i].outcome) != i || kOutcomes[i].name.empty())
      return false;
  }
  return true;
}
static_assert(EachStandsInItsPlace(), "each FetchOutcome has a row, in their order");

}  // namespace

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

std::string_view ToString(FetchOutcome outcome) { return TraitsOf(outcome).name; }

const OutcomeTraits& TraitsOf(FetchOutcome outcome) {
  const auto index = static_cast<std::size_t>(outcome);
  return index < kOutcomes.size() ? kOutcomes[index] : kNoOutcome;
}

}  // namespace saunter::schemas
