#include "schemas/failure_advice.h"

namespace saunter::schemas {
namespace {

// The crawler looks again by itself, more and more rarely; so much may be said of most.
constexpr std::string_view kWait = "Nothing to do: it is asked again, more and more rarely.";
constexpr std::string_view kFindOrRemove =
    "Open the site, add its new feed if there is one, and remove this one.";
constexpr std::string_view kOurNetwork =
    "If it is many feeds at once, check this machine's network; otherwise nothing to do.";

}  // namespace

FailureAdvice AdviceOn(FetchOutcome outcome) {
  switch (outcome) {
    case FetchOutcome::kOk:
    case FetchOutcome::kNotModified:
      return {};
    case FetchOutcome::kGone:
      return {"The site says that the feed is gone for good (410).", kFindOrRemove};
    case FetchOutcome::kNotFound:
      return {"There is nothing at the feed's address any more (404).", kFindOrRemove};
    case FetchOutcome::kRefusedByServer:
      return {"The server does not let the crawler in (401, 403, 451 or a challenge page).",
              "Check that fetch.contact_url leads to you; then ask the site, or remove the feed."};
    case FetchOutcome::kTooManyRequests:
      return {"The server asked for a pause (429), which also holds its other feeds.",
              "Nothing to do: the crawler waits for as long as it was asked to."};
    case FetchOutcome::kServerError:
      return {"The server has an error of its own (5xx).", kWait};
    case FetchOutcome::kUnexpectedStatus:
      return {"The server answers with a status that no feed should have.",
              "Open the address in a browser to see what stands there."};
    case FetchOutcome::kDnsFailure:
      return {"The host's name does not exist any more.",
              "The site has most likely moved or ended: find its new address, or remove the feed."};
    case FetchOutcome::kConnectFailure:
      return {"The host refuses the connection or cannot be reached.", kOurNetwork};
    case FetchOutcome::kTimeout:
      return {"No answer came in time.", kOurNetwork};
    case FetchOutcome::kTlsFailure:
      return {"No secure connection came about.", kWait};
    case FetchOutcome::kTlsNameMismatch:
      return {"The certificate is for another name.",
              "Look whether the feed has moved to the name in the certificate."};
    case FetchOutcome::kBlockedAddress:
      return {"The host has a private address, or a port that is not allowed.",
              "If it is yours, allow it in fetch.allow_networks or allow_ports; else remove it."};
    case FetchOutcome::kBodyTooLarge:
      return {"The feed is larger than the limit.",
              "If you want it all the same, raise fetch.feed_body_bytes_max."};
    case FetchOutcome::kHeadersTooLarge:
      return {"The answer's headers are larger than the limit.", kWait};
    case FetchOutcome::kBadRedirect:
      return {"The redirects go in a circle, are too many, or lead off the web.",
              "Open the address in a browser and add the feed where it stands now."};
    case FetchOutcome::kProtocolError:
      return {"The answer is not HTTP, or it breaks off.", kWait};
    case FetchOutcome::kNotAFeed:
      return {"A page came, but there is no feed in it.", kFindOrRemove};
    case FetchOutcome::kParseLimit:
      return {"The feed is nested too deep or has too many parts to be read.",
              "Run `saunter fetch ADDRESS` to see which limit it meets."};
    case FetchOutcome::kBlacklisted:
      return {"The blacklist has the feed's address.",
              "Run `saunter blacklist test ADDRESS` to see which entry it is."};
    case FetchOutcome::kDisallowedByRobots:
      return {"The site's robots.txt does not allow it, or could not be fetched.",
              "Leave it, or ask the site to let the crawler in."};
    case FetchOutcome::kLost:
      return {"The crawler ended before it wrote the answer.",
              "Nothing to do: it is asked again at its next time."};
    case FetchOutcome::kTlsExpired:
      return {"The certificate is out of date, or not valid yet.",
              "If it is many feeds at once, check this machine's clock; otherwise nothing to do."};
    case FetchOutcome::kTlsUntrusted:
      return {"Nobody whom this machine trusts vouches for the certificate.",
              "If it is many feeds at once, install ca-certificates; otherwise nothing to do."};
    case FetchOutcome::kNoRoute:
      return {"This machine has no route to the host's addresses.",
              "Check this machine's network; hosts with IPv6 alone need IPv6 here."};
    case FetchOutcome::kResolverFailure:
      return {"The host's name could not be looked up.",
              "If it is many feeds at once, check this machine's DNS; otherwise nothing to do."};
  }
  return {"The outcome is of a newer version.", "Upgrade this program."};
}

}  // namespace saunter::schemas
