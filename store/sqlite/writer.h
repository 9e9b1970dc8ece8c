// Inside store/sqlite/ only: the one read-write connection to a file.
#pragma once

#include <cstdint>
#include <memory>

#include "store/sql/batch_work.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/lock.h"
#include "store/writer.h"

namespace saunter::store::sqlite {

class Writer final : public store::Writer {
 public:
  Writer(std::unique_ptr<WriterLock> lock, std::unique_ptr<Database> database,
         const schemas::StoreSettings& settings);
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
  const std::unique_ptr<WriterLock> lock_;  // released last
  const std::unique_ptr<Database> database_;
  sql::WriteConnection connection_;
};

}  // namespace saunter::store::sqlite
