// Inside store/postgres/ only: one read-only connection with all windows.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "store/postgres/connection.h"
#include "store/reader.h"
#include "store/sql/windows.h"

namespace saunter::store::postgres {

class Reader final : public sql::Windows {
 public:
  explicit Reader(std::unique_ptr<Database> database);
  ~Reader() override;
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  schemas::Stats ReadStats() override;
  bool IsCurrent() override;
  std::vector<Finding> Check() override;
  void Backup(const std::string& path) override;

 private:
  const std::unique_ptr<Database> database_;
};

}  // namespace saunter::store::postgres
