// A PostgreSQL database with links, and saunter-replica's copies of it.
//
// Thread safety: one thread at a time for each object. Errors: std::runtime_error, StoreError,
// SQLite::Exception.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <memory>
#include <string>

#include "schemas/settings.h"
#include "schemas/units.h"
#include "store/writer.h"
#include "tests/support/cluster.h"
#include "tests/support/process.h"

namespace saunter::bench {

// On a server as Debian sets it up.
class LinkSource {
 public:
  // With so many feeds, the first of which have brought their links.
  LinkSource(int feeds, int feeds_crawled);

  [[nodiscard]] store::Writer& writer() { return *writer_; }
  [[nodiscard]] std::string Url() const { return cluster_.UrlOf(name_); }
  [[nodiscard]] pid_t server_id() const { return cluster_.id(); }
  std::string Ask(const std::string& sql) { return cluster_.Ask(name_, sql); }
  [[nodiscard]] double seconds() const { return seconds_; }  // that the links took
  // An empty batch.
  schemas::Id Touch();

 private:
  support::Cluster cluster_{support::Cluster::Keeping::kOnDisk};
  const std::string name_;
  std::unique_ptr<store::Writer> writer_;
  double seconds_ = 0;
};

struct ReplicaCommand {
  std::string url;
  std::string path;  // of the copy
  int nice = 0;
};
[[nodiscard]] std::unique_ptr<support::Process> StartReplica(const ReplicaCommand& command);

// What readers of a copy see.
class CopyView {
 public:
  explicit CopyView(const std::string& path);

  [[nodiscard]] schemas::Id NewestBatch() { return Number(newest_batch_); }
  [[nodiscard]] std::int64_t LinksInPool() { return Number(links_in_pool_); }
  [[nodiscard]] bool WaitForBatch(schemas::Id batch_id);

 private:
  static std::int64_t Number(SQLite::Statement& statement);

  SQLite::Database database_;
  SQLite::Statement newest_batch_;
  SQLite::Statement links_in_pool_;
};

}  // namespace saunter::bench
