// Inside store/postgres/ only: a connection that writes to a database.
#pragma once

#include <cstdint>
#include <memory>

#include "schemas/settings.h"
#include "store/postgres/connection.h"
#include "store/sql/batch_work.h"
#include "store/writer.h"

namespace saunter::store::postgres {

// There is no write-ahead log of ours: PostgreSQL keeps its own, and makes its own checkpoints.
class Writer final : public store::Writer {
 public:
  Writer(std::unique_ptr<Database> database, const schemas::StoreSettings& settings);
  ~Writer() override;
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  std::unique_ptr<store::WriteTransaction> Begin(schemas::UnixSeconds now) override;
  bool IsRemoving() override;
  bool IsSettling() override;
  void Renew(const schemas::StoreSettings& settings) override;
  Checkpoint CheckpointPassive() override { return {}; }
  void CheckpointTruncate() override {}
  // Counts anew what is kept as a sum. Room is given back by the server itself.
  void Compact() override;
  [[nodiscard]] std::int64_t WalBytes() const override { return 0; }
  [[nodiscard]] std::int64_t StatementsRun() const override;

 private:
  const std::unique_ptr<Database> database_;
  sql::WriteConnection connection_;
};

}  // namespace saunter::store::postgres
