// Inside store/sqlite/ only: check and backup of an SQLite file.
#pragma once

#include <string>
#include <vector>

#include "store/sqlite/connection.h"
#include "store/upkeep.h"

namespace saunter::store::sqlite {

class Upkeep : public virtual store::Upkeep {
 public:
  explicit Upkeep(Database& database) : database_(database) {}

  std::vector<Finding> Check() override;
  void Backup(const std::string& path) override;

 private:
  Database& database_;
};

}  // namespace saunter::store::sqlite
