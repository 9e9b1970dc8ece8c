#include "store/sql/migration_run.h"

namespace saunter::store::sql {
namespace {

// Reports while a statement runs, for as long as it lives.
class Beat {
 public:
  Beat(Database& database, const MigrationReport& report, const MigrationProgress& progress)
      : database_(database) {
    if (!report) return;
    report(progress);
    database_.CallWhileRunning([&] { report(progress); });
  }
  ~Beat() { database_.CallWhileRunning({}); }
  Beat(const Beat&) = delete;
  Beat& operator=(const Beat&) = delete;

 private:
  Database& database_;
};

}  // namespace

void RunStatements(Database& database, const std::vector<std::string>& statements,
                   MigrationProgress script, const MigrationReport& report) {
  script.statements = static_cast<int>(statements.size());
  for (const auto& statement : statements) {
    ++script.statement;
    const Beat beat(database, report, script);
    database.Execute(statement.c_str());
  }
}

}  // namespace saunter::store::sql
