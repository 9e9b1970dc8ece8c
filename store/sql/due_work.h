// Inside store/sql/ and its engines only: what is due.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "store/due_work.h"
#include "store/sql/database.h"

namespace saunter::store::sql {

class DueWork : public virtual store::DueWork {
 public:
  explicit DueWork(Database& database) : database_(database) {}

  DueFeedPage DueFeeds(const DueFeedWalk& walk) override;
  DueOfSite<schemas::DueFeed> DueFeedsOf(const DueSite& site, schemas::UnixSeconds now,
                                         std::int64_t count_max) override;
  std::int64_t CountDueFeeds(schemas::UnixSeconds now, std::int64_t count_max) override;
  std::vector<schemas::DueFeed> FeedsDueAfter(schemas::UnixSeconds at,
                                              std::int64_t count_max) override;
  DueLinkPage DueLinks(const DueLinkWalk& walk) override;
  DueOfSite<schemas::DueLink> DueLinksOf(const DueSite& site, schemas::UnixSeconds now,
                                         std::int64_t count_max) override;
  std::optional<schemas::UnixSeconds> NextFeedCheckAt() override;
  schemas::HostState HostsInForce(schemas::UnixSeconds now, std::int64_t robots_count_max,
                                  std::int64_t robots_bytes_max) override;
  std::optional<schemas::DueFeed> FindFeed(schemas::Id feed_id) override;
  void ActFor(const schemas::Lease& lease) override;
  void NoteAsked(const std::vector<schemas::Id>& feed_ids) override;
  void Interrupt() override;

 private:
  Database& database_;
  schemas::Lease lease_;
  // Where others write, too: nothing that is due is known before the one, until the other.
  schemas::UnixSeconds count_from_ = INT64_MIN;
  schemas::UnixSeconds count_anew_at_ = INT64_MIN;
};

}  // namespace saunter::store::sql
