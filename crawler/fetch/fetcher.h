// Turns requests into responses by one libcurl multi handle, paced per host, guarded at the socket.
//
// Each host has its own queue and at most one request at a time, with a gap of
// clamp(5 × last duration, host_gap_min, host_gap_max) between them; a waiting host does not hold
// up the others. The fetcher follows redirects hop by hop, and paces and guards each hop like a
// first request. A transfer that passes a limit of time, size or redirects ends with an outcome
// that says which of these it was; the bodies of probes and robots.txt are merely cut. Probes and
// pages are asked only where robots.txt allows it, and also keep a pace per address block.
//
// The fetcher takes up what hosts asked of an earlier run (Retry-After, robots.txt) and hands it on
// for the next run, so that hosts see nothing of a restart.
//
// Thread safety: one thread, but any thread may call Wake(). Ownership: Submit takes the request,
// Poll gives the response away. Errors: FetchOutcome. The constructor throws std::runtime_error
// without a usable libcurl, for a malformed network, and when this machine's addresses cannot be
// read; Poll throws it for a handle of libcurl that cannot be made or used.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crawler/fetch/avoided_urls.h"
#include "crawler/fetch/clock.h"
#include "schemas/host.h"
#include "schemas/outcome.h"
#include "schemas/settings.h"
#include "schemas/units.h"

namespace saunter::crawler::fetch {

enum class RequestKind {
  kFeed,    // GET, feed limits, Accept lists the feed types
  kProbe,   // HEAD, then GET with a range where that may tell more (crawler/fetch/outcome.h)
  kPage,    // GET of an HTML page, for discovery
  kRobots,  // GET of robots.txt: the Fetcher's own, not to be submitted
};
inline constexpr std::size_t kRequestKinds = 4;

struct Request {
  std::uint64_t ticket = 0;  // the caller's, returned with the response
  RequestKind kind = RequestKind::kFeed;
  std::string url;  // normalised, see crawler/url/url.h
  std::string etag;
  std::string last_modified;
  bool wants_body = false;  // of a probe: GET the page itself, without a HEAD before
  Errand errand = Errand::kUsual;
};

struct Hop {
  int status = 0;
  std::string url;  // that this hop asked
};

struct Response {
  std::uint64_t ticket = 0;
  RequestKind kind = RequestKind::kFeed;
  // kOk for a 2xx, kNotModified for a 304 to a conditional request, else what went wrong.
  schemas::FetchOutcome outcome = schemas::FetchOutcome::kOk;
  int status = 0;  // of the last response, 0 if none came
  std::string effective_url;
  std::vector<Hop> hops;      // every response that redirected, in order
  std::string permanent_url;  // where the leading 301/308 hops led, empty if none
  std::string body;
  std::string content_type;
  std::string content_language;
  std::string etag;  // byte for byte, empty if absent or unusable
  std::string last_modified;
  std::string link;                               // Link headers, joined by ", "
  std::optional<std::int64_t> retry_after_s;      // relative to Date, ≥ 0, uncapped
  std::optional<std::int64_t> fresh_for_s;        // max-age − Age, else Expires − Date
  std::optional<schemas::UnixSeconds> server_at;  // its Date: what its clock says
  bool challenge = false;                         // cf-mitigated or the like
  bool asked_lately = false;  // not asked: another feed asked its address lately
  std::int64_t wire_bytes = 0;
  std::int64_t body_bytes = 0;
  std::int64_t duration_ms = 0;
  std::string detail;  // for a person: printable, ≤ 200 bytes, without any text of the peer's
};

class Fetcher {
 public:
  // If one feed has asked an address and another redirects to it within `url_pause_s`, the address
  // is not asked again: the answer is kTooManyRequests, with what is left of the pause as
  // retry_after_s. A feed's own address is its own first, see crawler/fetch/asked_urls.h. `hosts`
  // is what is still in force from an earlier run; a pause of the host "*" holds everything back.
  explicit Fetcher(const schemas::FetchSettings& settings, std::int64_t url_pause_s = 0,
                   const schemas::HostState& hosts = {}, Clock clock = SystemClock());
  ~Fetcher();
  Fetcher(const Fetcher&) = delete;
  Fetcher& operator=(const Fetcher&) = delete;

  // The addresses that `before` has asked for feeds lately count as if they had been asked here.
  void TakeOver(Fetcher& before);
  // Takes up what hosts asked of other crawlers.
  void TakeUp(const schemas::HostState& hosts);
  // So many crawlers, this one among them, keep the pace per address block together.
  void ShareBlocks(std::int64_t crawlers);
  // What is not to be asked from now on, also of what waits or is redirected: such a request ends
  // with kBlacklisted and that URL as effective_url. nullptr: nothing is avoided.
  void Avoid(std::shared_ptr<const AvoidedUrls> avoided);
  void Submit(Request request);
  // Runs transfers for up to `timeout_ms`; returns as soon as there is a response or Wake() was
  // called. Where feeds and probes wait, feeds go first.
  [[nodiscard]] std::vector<Response> Poll(std::int64_t timeout_ms);
  // The same with fewer transfers: those in flight go on, and new ones begin only while fewer than
  // `transfers_max` are in flight. The others wait.
  [[nodiscard]] std::vector<Response> Poll(std::int64_t timeout_ms, std::size_t transfers_max);
  // The requests that the last Poll began. It returned for that reason: nothing of them is sent
  // before the next Poll.
  [[nodiscard]] std::vector<std::uint64_t> TakeBegun();
  // Of the requests that the last Poll began, these do not go out: they wait again, as the first of
  // their hosts. Call it before the next Poll.
  void PutBack(const std::vector<std::uint64_t>& tickets);
  void Wake();
  // Forgets the requests of which nothing was sent yet, and returns their tickets.
  [[nodiscard]] std::vector<std::uint64_t> Withdraw();

  // What hosts asked for since the last call. The next run must know it: write it no later than the
  // responses that came with it.
  [[nodiscard]] schemas::HostState TakeNews();
  // All that is in force, with the gaps of the hosts asked last and of those in flight.
  [[nodiscard]] schemas::HostState InForce() const;

  [[nodiscard]] std::size_t InFlight() const;  // transfers that hold a connection
  [[nodiscard]] std::size_t Waiting() const;   // submitted, waiting for a host, robots.txt, a slot
  // Requests of this kind submitted and not yet answered.
  [[nodiscard]] std::size_t Pending(RequestKind kind) const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace saunter::crawler::fetch
