#include "store/postgres/lock.h"

#include <unistd.h>

#include <array>

namespace saunter::store::postgres {
namespace {

// The server shows one lock of 64 bits as two numbers; of a role that is not ours it hides the
// name.
constexpr char kHolder[] =
    "SELECT coalesce(nullif(a.application_name, ''), 'another program') || CASE WHEN a.client_addr "
    "IS NULL THEN '' ELSE ', from ' || host(a.client_addr) END FROM pg_locks l LEFT JOIN "
    "pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory' AND l.granted AND l.classid = 0 "
    "AND l.objsubid = 1 AND l.database = (SELECT oid FROM pg_database WHERE datname = "
    "current_database()) AND l.objid = ";
// Healthy ones wait for nobody but the server. Of a role that is not ours the times are hidden.
constexpr char kEndSleeper[] =
    "SELECT count(pg_terminate_backend(l.pid)) FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
    "WHERE l.locktype = 'advisory' AND l.granted AND l.classid = 0 AND l.objsubid = 1 AND "
    "l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND "
    "a.xact_start IS NOT NULL AND a.wait_event_type = 'Client' AND pg_has_role(a.usesysid, "
    "'MEMBER') AND l.objid = ";
// A longer name would be cut by the server, which logs that it did.
constexpr std::size_t kNameBytesMax = 63;

}  // namespace

std::string ConnectionName(std::string_view program) {
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
  auto name = std::string(program) + ", process " + std::to_string(getpid());
  if (host[0] != '\0') name.append(" on ").append(host.data());
  return name.substr(0, kNameBytesMax);
}

std::string HolderOf(Database& database, std::int64_t lock) {
  auto holder = database.QueryText((kHolder + std::to_string(lock)).c_str());
  return holder.empty() ? "another program" : holder;
}

void EndSleeper(Database& database, std::int64_t lock, std::int64_t waited_s) {
  const auto sql = kEndSleeper + std::to_string(lock) +
                   " AND a.query_start <= clock_timestamp() - make_interval(secs => " +
                   std::to_string(waited_s) + ")";
  static_cast<void>(database.QueryInt(sql.c_str()));
}

std::optional<std::string> TakeMigrationLock(Database& database) {
  try {
    database.Execute(("SELECT pg_advisory_lock(" + std::to_string(kMigrationLock) + ")").c_str());
    return std::nullopt;
  } catch (const StoreError& error) {
    if (error.kind() != StoreErrorKind::kBusy) throw;
    return HolderOf(database, kMigrationLock);
  }
}

void LeaveMigrationLock(Database& database) {
  database.Execute(("SELECT pg_advisory_unlock(" + std::to_string(kMigrationLock) + ")").c_str());
}

}  // namespace saunter::store::postgres
