// Inside store/postgres/ only: leases as rows. What changes an owner does so in the writers' turn.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "store/leases.h"
#include "store/postgres/connection.h"
#include "store/shards/shards.h"

namespace saunter::store::postgres {

struct LeaseTimes {
  std::int64_t lease_s = 60;
  std::int64_t silence_s = 31;         // before what another held is asked
  std::int64_t interval_min_s = 3600;  // between two questions to a feed
};
[[nodiscard]] LeaseTimes TimesOf(const schemas::Settings& settings);

class Leases final : public store::Leases {
 public:
  Leases(std::unique_ptr<Database> database, const LeaseTimes& times);
  ~Leases() override;
  Leases(const Leases&) = delete;
  Leases& operator=(const Leases&) = delete;

  schemas::UnixSeconds ClockNow() override;
  schemas::Id Join(const std::string& name) override;
  std::optional<HeldShards> Renew(schemas::Id owner, const ShardSet& clear) override;
  void Leave(schemas::Id owner, Departure departure) override;

 private:
  // The rows, as they stand.
  struct Rows {
    shards::Holdings holdings = {};
    std::vector<schemas::Id> owners;  // that live, in order
    std::array<std::int64_t, shards::kShards> epochs = {};
    std::array<std::int64_t, shards::kShards> silent_s = {};  // from now on
    bool has_orphans = false;  // shards or questions of owners who are no more
    std::int64_t overdue = 0;  // members that were not heard of for too long
  };
  [[nodiscard]] Rows ReadRows();
  [[nodiscard]] bool NoteAlive(schemas::Id owner);
  // In a turn: removes who is overdue, and gives and takes shards. Returns the rows afterwards.
  Rows PutInOrder(schemas::Id owner, const ShardSet& clear, std::int64_t& removed);
  std::int64_t RemoveOverdue(schemas::Id self);
  void SettleOrphans();
  void GiveBack(schemas::Id owner, const ShardSet& clear);
  void Move(schemas::Id owner, const shards::Moves& moves, Rows& rows);
  void SetLeaving(schemas::Id owner, const std::vector<int>& shards, int is_leaving);

  const std::unique_ptr<Database> database_;
  const LeaseTimes times_;
};

}  // namespace saunter::store::postgres
