// Inside store/sql/ and its engines only: one transaction that writes.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "store/sql/batch_work.h"
#include "store/sql/turn.h"
#include "store/writer.h"

namespace saunter::store::sql {

class WriteTransaction final : public store::WriteTransaction {
 public:
  WriteTransaction(WriteConnection& connection, schemas::UnixSeconds now);
  ~WriteTransaction() override;
  WriteTransaction(const WriteTransaction&) = delete;
  WriteTransaction& operator=(const WriteTransaction&) = delete;

  LostWork FindLost(const schemas::WriteBatch& batch) override;
  AppliedBatch Apply(const schemas::WriteBatch& batch) override;
  std::vector<schemas::BlacklistEntry> Blacklist() override;
  [[nodiscard]] bool IsBlacklistNews() const override;
  void PutBlacklistEntry(const schemas::BlacklistEntry& entry) override;
  void RemoveBlacklistEntry(std::string_view pattern) override;
  void PutDecision(const schemas::SiteDecision& decision) override;
  std::vector<schemas::DeadListing> DeadListings(schemas::Id site_id) override;
  schemas::ParoleTally CountProbedSince(schemas::Id site_id,
                                        schemas::UnixSeconds since_at) override;
  void DoubtDeadLinks(schemas::Id site_id) override;
  void LookAgainAt(const SharedTarget& target) override;
  void LookAgainAtNew(const SharedTarget& target) override;
  std::vector<SiteRef> SitesUnder(std::string_view host) override;
  std::vector<LinkUrl> LinkUrls(schemas::Id site_id, Page page) override;
  void SetSiteBlacklisting(const SiteBlacklisting& blacklisting) override;
  void SetLinkBlacklisting(const LinkBlacklisting& blacklisting) override;
  void WakeFeeds(schemas::Id site_id) override { work_.WakeFeeds(site_id); }
  std::vector<schemas::SiteTally> DrawParole(const ParoleDraw& draw) override {
    return work_.DrawParole(draw);
  }
  bool PullInFar(const PullIn& far) override { return work_.PullInFar(far); }
  std::vector<SiteRef> SitesOnParoleAfter(schemas::UnixSeconds at, std::int64_t count_max) override;
  std::int64_t Commit(Durability durability) override;

 private:
  // Removes what followers are not meant to need any more.
  void TrimChanges();
  // False: the settings leave it nothing to remove (removal_rows_max 0), and all that is pruned or
  // trimmed as time goes by is for other writers.
  [[nodiscard]] bool DoesUpkeep() const;
  [[nodiscard]] std::int64_t TrimsTo() const;
  WriteConnection& connection_;
  BatchWork work_;
  schemas::UnixSeconds now_;
  std::int64_t crawls_ = 0;
  std::int64_t probes_ = 0;
  std::int64_t changes_ = 0;
  Turn turn_;
  // As they were before it.
  PruningCursors cursors_;
  CategoryCursor category_cursor_;
  bool committed_ = false;
};

}  // namespace saunter::store::sql
