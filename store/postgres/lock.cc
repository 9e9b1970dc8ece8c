#include "store/postgres/lock.h"

#include <unistd.h>

#include <array>

namespace saunter::store::postgres {
namespace {

// The number is "SNTR".
constexpr char kTake[] = "SELECT pg_try_advisory_lock(1397642322)";
// The server shows one lock of 64 bits as two numbers; of a role that is not ours it hides the
// name.
constexpr char kHolder[] =
    "SELECT coalesce(nullif(a.application_name, ''), 'another program') || CASE WHEN a.client_addr "
    "IS "
    "NULL THEN '' ELSE ', from ' || host(a.client_addr) END FROM pg_locks l LEFT JOIN "
    "pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory' AND l.granted AND l.classid = 0 "
    "AND "
    "l.objid = 1397642322 AND l.objsubid = 1 AND l.database = (SELECT oid FROM pg_database WHERE "
    "datname = current_database())";
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

std::optional<std::string> TakeWriterLock(Database& database) {
  if (database.QueryInt(kTake) != 0) return std::nullopt;
  auto holder = database.QueryText(kHolder);
  return holder.empty() ? "another program" : holder;
}

}  // namespace saunter::store::postgres
