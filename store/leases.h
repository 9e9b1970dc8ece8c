// How several crawlers share one database: each holds a part of all hosts (store/shards/shards.h),
// and asks and writes for those alone.
//
// A crawler joins under an id of its own, says again and again that it lives, and with that puts
// its shards in order: it takes what nobody holds, up to its fair share, and gives back what it
// holds beyond that, in the open: first nothing of it is begun any more, and once nothing of it is
// out it goes. One that was not heard of for store.lease_s is removed by whoever notices. Before
// anyone asks for what another has held, hosts have had their longest gap.
//
// The database's clock alone counts. Whether a batch may still write for a shard is looked up in
// its own transaction (WriteTransaction::FindLost), so one that slept writes nothing of what it
// lost.
//
// Thread safety: one thread at a time. Errors: StoreError.
#pragma once

#include <bitset>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "schemas/batch.h"
#include "schemas/settings.h"
#include "schemas/units.h"
#include "store/status.h"

namespace saunter::store {

using ShardSet = std::bitset<1024>;

// What a crawler holds.
struct HeldShards {
  schemas::Lease lease;       // the owner, and the newest epoch of its shards
  ShardSet held;              // those that leave are among them
  ShardSet leaving;           // nothing of them is begun any more
  std::int64_t crawlers = 1;  // that live, this one included
  std::int64_t silent_s = 0;  // so long some of it is not to be asked
  std::int64_t removed = 0;   // others that were found dead just now
};

// How a crawler leaves. kDone: nothing that it asked is unwritten, the pauses that it owes hosts
// included, so the next one goes on at once.
enum class Departure { kDone, kUnfinished };

class Leases {
 public:
  virtual ~Leases() = default;

  // The time by the database's clock.
  [[nodiscard]] virtual schemas::UnixSeconds ClockNow() = 0;
  // Under a new id, which holds nothing yet; `name` is for operators.
  [[nodiscard]] virtual schemas::Id Join(const std::string& name) = 0;
  // It lives, and puts its shards in order. `clear`: of those that leave nothing is out any more.
  // nullopt: it was not heard of for too long, and has lost them all; Join() again.
  [[nodiscard]] virtual std::optional<HeldShards> Renew(schemas::Id owner,
                                                        const ShardSet& clear) = 0;
  // It gives back all.
  virtual void Leave(schemas::Id owner, Departure departure) = 0;
};

struct OpenedLeases {
  OpenStatus status = OpenStatus::kOk;
  std::string detail;  // for a person, with what to do
  std::unique_ptr<Leases>
      leases;  // nullptr with kOk: one program alone writes there, and holds all
};
[[nodiscard]] OpenedLeases OpenLeases(const schemas::Settings& settings);

}  // namespace saunter::store
