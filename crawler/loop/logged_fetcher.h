// The fetcher, with the list on the disk of the feeds that are being asked (asked_log.h): a feed
// stands there before the first byte of its request goes out. Where crawlers share a database it
// stands in a table of that instead, from when it was read, and there is no list.
//
// If the list cannot be written, the requests just begun wait again, and none is begun in that
// second.
//
// Thread safety: one thread. Ownership: it owns the fetcher and the list. Errors: the constructor
// throws std::system_error for a list that cannot be opened or read. It and Renew throw what the
// fetcher's constructor throws.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "crawler/fetch/fetcher.h"
#include "crawler/health/blacklist.h"
#include "crawler/loop/asked_log.h"
#include "crawler/loop/feed_stream.h"
#include "crawler/loop/lease_keeper.h"
#include "schemas/host.h"
#include "schemas/settings.h"
#include "schemas/units.h"

namespace saunter::crawler::loop {

class LoggedFetcher {
 public:
  // `hosts` is what is in force from an earlier run. The keeper outlives it.
  LoggedFetcher(const schemas::Settings& settings, const schemas::HostState& hosts,
                const LeaseKeeper& keeper, fetch::Clock clock);

  // A new fetcher by these settings, which knows what hosts asked of the old one. What is in flight
  // ends without an answer.
  void Renew(const schemas::Settings& settings);
  // From the next poll on nothing that this blacklist has is asked, whoever redirects there.
  void Heed(const std::shared_ptr<const health::Blacklist>& blacklist);

  [[nodiscard]] fetch::Fetcher& fetcher() { return *fetcher_; }

  // Feeds that an earlier run had asked when it ended, and when.
  [[nodiscard]] const std::map<schemas::Id, schemas::UnixSeconds>& FoundAsked() const {
    return asked_log_ ? asked_log_->found() : nothing_found_;
  }
  // Notes the feeds whose requests the last poll began; call it before the next poll.
  void NoteBegun(const FeedStream& feeds, schemas::UnixSeconds now);
  // The answers of these feeds are in the database.
  void Settle(const std::vector<schemas::Id>& feed_ids) {
    if (asked_log_) asked_log_->Settle(feed_ids);
  }
  // So many crawlers, this one among them, keep the pace per address block together.
  void ShareBlocks(std::int64_t crawlers);
  // The list could not be written at `now`, so nothing new may be asked at that time.
  [[nodiscard]] bool ListFailed(schemas::UnixSeconds now) const { return list_failed_at_ == now; }

 private:
  const LeaseKeeper& keeper_;
  const fetch::Clock clock_;
  std::int64_t crawlers_ = 1;
  std::unique_ptr<fetch::Fetcher> fetcher_;
  std::shared_ptr<const health::Blacklist> heeded_;
  std::optional<AskedLog> asked_log_;
  const std::map<schemas::Id, schemas::UnixSeconds> nothing_found_;
  std::optional<schemas::UnixSeconds> list_failed_at_;
};

}  // namespace saunter::crawler::loop
