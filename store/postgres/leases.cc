#include "store/postgres/leases.h"

#include <algorithm>
#include <utility>

#include "store/postgres/lock.h"
#include "store/postgres/migration.h"
#include "store/postgres/open.h"

namespace saunter::store::postgres {
namespace {

using schemas::Id;
using sql::Use;

// The server counts whole seconds, so a moment may be one less than it looks.
constexpr std::int64_t kRounding = 1;
// No lease and no silence is longer.
constexpr std::int64_t kLeaseMaxS = 3600 + kRounding;

// No two crawlers have one id, also where the database was put back to an older state.
constexpr char kJoin[] =
    "INSERT INTO member (owner, name, joined_at, renewed_at, renewed_until_at) SELECT 1 + "
    "CAST(floor(random() * 9007199254740991) AS BIGINT), ?1, clock_now(), clock_now(), clock_now() "
    "+ ?2 RETURNING owner";
// Of a lease that ends later than any could the server's clock was set back since: it is over.
constexpr char kNoteAlive[] =
    "UPDATE member SET renewed_at = clock_now(), renewed_until_at = clock_now() + ?2 WHERE owner = "
    "?1 AND renewed_until_at BETWEEN clock_now() + 1 AND clock_now() + ?3";
constexpr char kListMembers[] =
    "SELECT owner, CASE WHEN renewed_until_at BETWEEN clock_now() + 1 AND clock_now() + ?1 THEN 1 "
    "ELSE 0 END FROM member ORDER BY owner";
constexpr char kListShards[] =
    "SELECT shard, coalesce(owner, 0), epoch, is_leaving, silent_until_at - clock_now() FROM shard";
constexpr char kHasOrphans[] =
    "SELECT EXISTS (SELECT 1 FROM shard WHERE owner NOT IN (SELECT owner FROM member)) OR EXISTS "
    "(SELECT 1 FROM asked WHERE owner NOT IN (SELECT owner FROM member))";
constexpr char kRemoveMember[] = "DELETE FROM member WHERE owner = ?";
constexpr char kRemoveOverdue[] =
    "DELETE FROM member WHERE owner <> ?1 AND renewed_until_at NOT BETWEEN clock_now() + 1 AND "
    "clock_now() + ?2";
constexpr char kFreeOrphans[] =
    "UPDATE shard SET owner = NULL, is_leaving = 0, silent_until_at = greatest(CASE WHEN "
    "silent_until_at <= clock_now() + ?2 THEN silent_until_at ELSE 0 END, clock_now() + ?1) WHERE "
    "owner NOT IN (SELECT owner FROM member)";
// Nobody knows which of them were asked before their owner was gone, and when: as if all were now.
constexpr char kPutOffAsked[] =
    "UPDATE feed f SET next_check_at = clock_now() + ?1, next_check_reason = 'it was asked by a "
    "crawler that was lost' FROM asked a WHERE a.feed_id = f.feed_id AND a.owner NOT IN (SELECT "
    "owner FROM member) AND f.next_check_at < clock_now() + ?1 AND coalesce(f.checked_at, 0) <= "
    "a.asked_at";
constexpr char kForgetOrphansAsked[] =
    "DELETE FROM asked WHERE owner NOT IN (SELECT owner FROM member)";
constexpr char kForgetAsked[] = "DELETE FROM asked WHERE owner = ?";
constexpr char kForgetAskedOf[] =
    "DELETE FROM asked a USING feed f WHERE f.feed_id = a.feed_id AND a.owner = ?1 AND f.shard = "
    "ANY (string_to_array(?2, ',')::bigint[])";
constexpr char kGiveBack[] =
    "UPDATE shard SET owner = NULL, is_leaving = 0, silent_until_at = greatest(silent_until_at, "
    "clock_now() + ?2) WHERE owner = ?1 AND is_leaving = 1 AND shard = ANY (string_to_array(?3, "
    "',')::bigint[])";
// Alone it goes on with the pauses that it has noted; another's clock may differ.
constexpr char kGiveBackAll[] =
    "UPDATE shard SET owner = NULL, is_leaving = 0, silent_until_at = greatest(silent_until_at, "
    "CASE WHEN EXISTS (SELECT 1 FROM member WHERE owner <> ?1) THEN clock_now() + ?2 ELSE 0 END) "
    "WHERE owner = ?1";
constexpr char kSetLeaving[] =
    "UPDATE shard SET is_leaving = ?2 WHERE owner = ?1 AND shard = ANY (string_to_array(?3, "
    "',')::bigint[])";
constexpr char kTakeShards[] =
    "UPDATE shard SET owner = ?1, epoch = ?2, is_leaving = 0 WHERE owner IS NULL AND shard = ANY "
    "(string_to_array(?3, ',')::bigint[])";

std::string ShardList(const std::vector<int>& shards) {
  std::string list;
  for (const int shard : shards) list.append(list.empty() ? "" : ",").append(std::to_string(shard));
  return list;
}

std::vector<int> NumbersOf(const ShardSet& set) {
  std::vector<int> numbers;
  for (std::size_t i = 0; i < set.size(); ++i) {
    if (set.test(i)) numbers.push_back(static_cast<int>(i));
  }
  return numbers;
}

HeldShards HeldBy(Id owner, const shards::Holdings& holdings,
                  const std::array<std::int64_t, shards::kShards>& epochs) {
  HeldShards held;
  held.lease.owner = owner;
  for (std::size_t i = 0; i < holdings.size(); ++i) {
    if (holdings[i].owner != owner) continue;
    held.lease.epoch = std::max(held.lease.epoch, epochs.at(i));
    held.held.set(i);
    held.leaving.set(i, holdings[i].is_leaving);
  }
  return held;
}

// Rolled back unless it is committed.
class Turn {
 public:
  explicit Turn(Database& database) : database_(database) { database_.BeginWriting(); }
  ~Turn() {
    if (!committed_) database_.Rollback();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  void Commit() {
    database_.Commit(Database::Durability::kNormal);
    committed_ = true;
  }

 private:
  Database& database_;
  bool committed_ = false;
};

}  // namespace

LeaseTimes TimesOf(const schemas::Settings& settings) {
  const auto gap_s = (settings.fetch.host_gap_max_ms + 999) / 1000;
  return {.lease_s = settings.store.lease_s + kRounding,
          .silence_s = gap_s == 0 ? 0 : gap_s + kRounding,
          .interval_min_s = settings.schedule.interval_min_s};
}

Leases::Leases(std::unique_ptr<Database> database, const LeaseTimes& times)
    : database_(std::move(database)), times_(times) {}
Leases::~Leases() = default;

schemas::UnixSeconds Leases::ClockNow() { return database_->QueryInt("SELECT clock_now()"); }

Id Leases::Join(const std::string& name) {
  return Use(*database_, kJoin).Text(name).Int(times_.lease_s).RunReturning().value_or(0);
}

bool Leases::NoteAlive(Id owner) {
  Use(*database_, kNoteAlive).Int(owner).Int(times_.lease_s).Int(kLeaseMaxS).Run();
  return database_->Changes() > 0;
}

Leases::Rows Leases::ReadRows() {
  Rows rows;
  Use members(*database_, kListMembers);
  members.Int(kLeaseMaxS);
  while (members.Step()) {
    if (members.GetInt(1) != 0) {
      rows.owners.push_back(members.GetInt(0));
    } else {
      ++rows.overdue;
    }
  }
  Use shards(*database_, kListShards);
  while (shards.Step()) {
    const auto shard = static_cast<std::size_t>(shards.GetInt(0));
    rows.holdings.at(shard) = {.owner = shards.GetInt(1), .is_leaving = shards.GetInt(3) != 0};
    rows.epochs.at(shard) = shards.GetInt(2);
    const auto silent_s = shards.GetInt(4);
    rows.silent_s.at(shard) = silent_s > kLeaseMaxS ? 0 : silent_s;
  }
  rows.has_orphans = database_->QueryInt(kHasOrphans) != 0;
  return rows;
}

std::optional<HeldShards> Leases::Renew(Id owner, const ShardSet& clear) {
  if (!NoteAlive(owner)) return std::nullopt;
  auto rows = ReadRows();
  std::int64_t removed = 0;
  const auto moves = shards::MovesOf(owner, rows.holdings, rows.owners);
  if (!moves.Empty() || clear.any() || rows.has_orphans || rows.overdue > 0) {
    try {
      rows = PutInOrder(owner, clear, removed);
    } catch (const StoreError& error) {
      // It lives, and that is noted; the rest is for when it is its turn.
      if (error.kind() != StoreErrorKind::kBusy && error.kind() != StoreErrorKind::kInterrupted) {
        throw;
      }
    }
  }
  if (std::ranges::find(rows.owners, owner) == rows.owners.end()) return std::nullopt;
  auto held = HeldBy(owner, rows.holdings, rows.epochs);
  for (std::size_t i = 0; i < rows.silent_s.size(); ++i) {
    if (held.held.test(i)) held.silent_s = std::max(held.silent_s, rows.silent_s.at(i));
  }
  held.crawlers = std::ssize(rows.owners);
  held.removed = removed;
  return held;
}

Leases::Rows Leases::PutInOrder(Id owner, const ShardSet& clear, std::int64_t& removed) {
  Turn turn(*database_);
  const auto removed_now = RemoveOverdue(owner);
  SettleOrphans();
  GiveBack(owner, clear);
  auto rows = ReadRows();
  Move(owner, shards::MovesOf(owner, rows.holdings, rows.owners), rows);
  turn.Commit();
  removed = removed_now;
  return rows;
}

std::int64_t Leases::RemoveOverdue(Id self) {
  Use(*database_, kRemoveOverdue).Int(self).Int(kLeaseMaxS).Run();
  return database_->Changes();
}

void Leases::SettleOrphans() {
  Use(*database_, kFreeOrphans).Int(times_.silence_s).Int(kLeaseMaxS).Run();
  Use(*database_, kPutOffAsked).Int(times_.interval_min_s).Run();
  Use(*database_, kForgetOrphansAsked).Run();
}

void Leases::GiveBack(Id owner, const ShardSet& clear) {
  if (clear.none()) return;
  const auto list = ShardList(NumbersOf(clear));
  Use(*database_, kForgetAskedOf).Int(owner).Text(list).Run();
  Use(*database_, kGiveBack).Int(owner).Int(times_.silence_s).Text(list).Run();
}

void Leases::SetLeaving(Id owner, const std::vector<int>& shards, int is_leaving) {
  if (shards.empty()) return;
  const auto list = ShardList(shards);
  Use(*database_, kSetLeaving).Int(owner).Int(is_leaving).Text(list).Run();
}

void Leases::Move(Id owner, const shards::Moves& moves, Rows& rows) {
  SetLeaving(owner, moves.leave, 1);
  SetLeaving(owner, moves.stay, 0);
  const auto at = [&](int shard) -> shards::Holding& {
    return rows.holdings.at(static_cast<std::size_t>(shard));
  };
  for (const int shard : moves.leave) at(shard).is_leaving = true;
  for (const int shard : moves.stay) at(shard).is_leaving = false;
  if (moves.take.empty()) return;
  const auto epoch = *std::ranges::max_element(rows.epochs) + 1;
  const auto list = ShardList(moves.take);
  Use(*database_, kTakeShards).Int(owner).Int(epoch).Text(list).Run();
  for (const int shard : moves.take) {
    at(shard) = {.owner = owner};
    rows.epochs.at(static_cast<std::size_t>(shard)) = epoch;
  }
}

void Leases::Leave(Id owner, Departure departure) {
  Turn turn(*database_);
  switch (departure) {
    case Departure::kDone:
      Use(*database_, kForgetAsked).Int(owner).Run();
      Use(*database_, kGiveBackAll).Int(owner).Int(times_.silence_s).Run();
      Use(*database_, kRemoveMember).Int(owner).Run();
      break;
    case Departure::kUnfinished:
      Use(*database_, kRemoveMember).Int(owner).Run();
      SettleOrphans();
      break;
  }
  turn.Commit();
}

OpenedLeases OpenLeases(const schemas::Settings& settings) {
  try {
    auto database = std::make_unique<Database>(
        settings.store.url, Database::Access::kReadWrite, ConnectionName("saunter-crawler leases"),
        settings.store.lease_renewal_s * 1000, settings.store.busy_timeout_ms);
    const auto identity = Identify(*database);
    if (identity.status != OpenStatus::kOk) return {identity.status, identity.detail, nullptr};
    return {OpenStatus::kOk, {}, std::make_unique<Leases>(std::move(database), TimesOf(settings))};
  } catch (const StoreError& error) {
    return {OpenStatus::kUnavailable, error.what(), nullptr};
  }
}

}  // namespace saunter::store::postgres
