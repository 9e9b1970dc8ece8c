#include "schemas/outcome.h"

#include <gtest/gtest.h>

#include <array>
#include <set>

namespace saunter::schemas {
namespace {

using enum FetchOutcome;
using enum BeforeAnswer;
using enum Verdict;

struct Expected {
  FetchOutcome outcome;
  std::string_view name;
  bool was_asked;
  BeforeAnswer before_answer;
  bool get_may_tell_more;
  Verdict verdict;
  std::string_view verdict_reason;
  std::string_view description;
};
constexpr std::string_view kSilent = "the host did not answer";
const std::array kExpected = {
    Expected{kOk, "ok", true, kNever, false, kAlive, "", ""},
    Expected{kNotModified, "not_modified", true, kNever, false, kAlive, "", ""},
    Expected{kGone, "gone", true, kNever, true, kDead, "gone (410)", ""},
    Expected{kNotFound, "not_found", true, kNever, true, kDead, "not found (404)", ""},
    Expected{kRefusedByServer, "refused_by_server", true, kNever, true, kUnknown, "", ""},
    Expected{kTooManyRequests, "too_many_requests", false, kNever, false, kUnknown, "", ""},
    Expected{kServerError, "server_error", true, kNever, true, kUnknown, "", ""},
    Expected{kUnexpectedStatus, "unexpected_status", true, kNever, true, kUnknown, "", ""},
    Expected{kDnsFailure, "dns_failure", false, kAlways, false, kDead,
             "the host name does not resolve", "the host's name does not resolve"},
    Expected{kConnectFailure, "connect_failure", false, kAlways, true, kDead,
             "the host refuses the connection", kSilent},
    Expected{kTimeout, "timeout", true, kWithoutStatus, false, kUnknown, "no answer in time",
             kSilent},
    Expected{kTlsFailure, "tls_failure", false, kAlways, false, kUnknown, "no secure connection",
             "no secure connection: the certificate or the handshake is bad"},
    Expected{kTlsNameMismatch, "tls_name_mismatch", false, kNever, false, kDead,
             "the certificate is for another name",
             "no secure connection: the certificate is for another name"},
    Expected{kBlockedAddress, "blocked_address", false, kNever, false, kUnknown,
             "the address may not be asked",
             "the address may not be asked: see fetch.allow_networks, allow_names and allow_ports"},
    Expected{kBodyTooLarge, "body_too_large", true, kNever, true, kUnknown,
             "the answer is too large", "the body is larger than the limit"},
    Expected{kHeadersTooLarge, "headers_too_large", true, kNever, true, kUnknown,
             "the answer is too large", "the headers are larger than the limit"},
    Expected{kBadRedirect, "bad_redirect", true, kNever, true, kUnknown, "the redirects do not end",
             "the redirects do not end: a loop, too many, or not a web address"},
    Expected{kProtocolError, "protocol_error", true, kNever, true, kUnknown,
             "the answer is not HTTP", "the answer is not HTTP, or it is broken"},
    Expected{kNotAFeed, "not_a_feed", true, kNever, false, kUnknown, "not asked", ""},
    Expected{kParseLimit, "parse_limit", true, kNever, false, kUnknown, "not asked", ""},
    Expected{kBlacklisted, "blacklisted", false, kNever, false, kUnknown, "not asked",
             "the blacklist has the address; saunter blacklist test says which entry it is"},
    Expected{kDisallowedByRobots, "disallowed_by_robots", false, kNever, false, kUnknown,
             "robots.txt does not allow it",
             "the host's robots.txt does not allow it, or could not be fetched"},
    Expected{kLost, "lost", true, kNever, false, kUnknown, "not asked", ""},
    Expected{kTlsExpired, "tls_expired", false, kAlways, false, kUnknown, "no secure connection",
             "no secure connection: the certificate is out of date"},
    Expected{kTlsUntrusted, "tls_untrusted", false, kAlways, false, kUnknown,
             "no secure connection",
             "no secure connection: the issuer of the certificate is not trusted"},
    Expected{kNoRoute, "no_route", false, kAlways, false, kUnknown,
             "this machine has no route to an address of the host",
             "this machine has no route to an address of the host, and no other one answered"},
    Expected{kResolverFailure, "resolver_failure", false, kAlways, false, kUnknown,
             "the host name could not be looked up", "the host's name could not be looked up"},
};

TEST(Outcome, HasItsTraits) {
  ASSERT_EQ(kExpected.size(), static_cast<std::size_t>(kFetchOutcomeCount));
  for (const auto& expected : kExpected) {
    SCOPED_TRACE(expected.name);
    const auto& traits = TraitsOf(expected.outcome);
    EXPECT_EQ(traits.outcome, expected.outcome);
    EXPECT_EQ(traits.name, expected.name);
    EXPECT_EQ(traits.was_asked, expected.was_asked);
    EXPECT_EQ(traits.before_answer, expected.before_answer);
    EXPECT_EQ(traits.get_may_tell_more, expected.get_may_tell_more);
    EXPECT_EQ(traits.verdict, expected.verdict);
    EXPECT_EQ(traits.verdict_reason, expected.verdict_reason);
    EXPECT_EQ(traits.description, expected.description);
  }
}

TEST(Outcome, HasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (int i = 0; i < kFetchOutcomeCount; ++i) {
    names.insert(ToString(static_cast<FetchOutcome>(i)));
  }
  EXPECT_EQ(names.size(), static_cast<std::size_t>(kFetchOutcomeCount));
}

TEST(Outcome, IsInvalidIfNoRowHasItsNumber) {
  for (const int number : {-1, kFetchOutcomeCount}) {
    const auto& traits = TraitsOf(static_cast<FetchOutcome>(number));
    EXPECT_EQ(traits.name, "invalid");
    EXPECT_TRUE(traits.was_asked);
    EXPECT_EQ(traits.before_answer, BeforeAnswer::kNever);
    EXPECT_EQ(traits.verdict, Verdict::kUnknown);
  }
}

}  // namespace
}  // namespace saunter::schemas
