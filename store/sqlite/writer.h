// Inside store/sqlite/ only: the one read-write connection and its transactions.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "store/sqlite/batch_work.h"
#include "store/writer.h"

namespace saunter::store::sqlite {

class WriteTransaction final : public store::WriteTransaction {
 public:
  WriteTransaction(WriteConnection& connection, schemas::UnixSeconds now);
  ~WriteTransaction() override;
  WriteTransaction(const WriteTransaction&) = delete;
  WriteTransaction& operator=(const WriteTransaction&) = delete;

  AppliedBatch Apply(const schemas::WriteBatch& batch) override;
  std::vector<schemas::BlacklistEntry> Blacklist() override;
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
  WriteConnection& connection_;
  BatchWork work_;
  schemas::UnixSeconds now_;
  std::int64_t crawls_ = 0;
  std::int64_t probes_ = 0;
  std::int64_t changes_ = 0;
  bool committed_ = false;
};

class Writer final : public store::Writer {
 public:
  explicit Writer(std::unique_ptr<WriteConnection> connection);
  ~Writer() override;
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  std::unique_ptr<store::WriteTransaction> Begin(schemas::UnixSeconds now) override;
  bool IsRemoving() override;
  bool IsSettling() override;
  void Renew(const schemas::StoreSettings& settings) override;
  Checkpoint CheckpointPassive() override;
  void CheckpointTruncate() override;
  void Compact() override;
  [[nodiscard]] std::int64_t WalBytes() const override;
  [[nodiscard]] std::int64_t StatementsRun() const override;

 private:
  const std::unique_ptr<WriteConnection> connection_;
};

}  // namespace saunter::store::sqlite
