#include "tests/store/engine.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "store/postgres/connection.h"
#include "store/postgres/open.h"
#include "tests/support/cluster.h"

namespace saunter::store {
namespace {

using postgres::Database;
using support::Cluster;

// Without PostgreSQL there is nothing to test.
class NeedsPostgres final : public ::testing::Environment {
 public:
  void SetUp() override {
    if (const auto why = Cluster::WhyNone(); !why.empty()) GTEST_SKIP() << "SKIPPED: " << why;
  }
};
const auto* const kNeedsPostgres =
    ::testing::AddGlobalTestEnvironment(std::make_unique<NeedsPostgres>().release());

// The name of a database with the tables, from which those of the tests are copied.
const std::string& Model() {
  static const std::string name = [] {
    auto made = Cluster::Own().MakeDatabase();
    const auto opened = postgres::OpenWriter({.url = Cluster::Own().UrlOf(made)}, "test", {});
    if (!opened.writer) throw std::runtime_error(opened.detail);
    return made;
  }();
  return name;
}

class PostgresEngine final : public StoreEngine {
 public:
  PostgresEngine() : name_(Cluster::Own().MakeDatabase(Model())) {}
  ~PostgresEngine() override { Cluster::Own().DropDatabase(name_); }

  void NameIn(schemas::StoreSettings& settings) const override {
    settings.url = Cluster::Own().UrlOf(name_);
  }
  OpenedWriter OpenWriter(const schemas::StoreSettings& settings) override {
    return postgres::OpenWriter(settings, "test", {});
  }
  OpenedReader OpenReader(const schemas::StoreSettings& settings) override {
    return postgres::OpenReader(settings);
  }

  void Execute(const std::string& sql) override { Connect().Execute(sql.c_str()); }
  std::int64_t QueryInt(const std::string& sql) override { return Connect().QueryInt(sql.c_str()); }
  double QueryReal(const std::string& sql) override {
    return std::stod(Connect().QueryText(sql.c_str()));
  }

 private:
  [[nodiscard]] Database Connect() const {
    return {Cluster::Own().UrlOf(name_), Database::Access::kReadWrite, "test", 0, 0};
  }

  const std::string name_;
};

}  // namespace

std::unique_ptr<StoreEngine> MakeStoreEngine(const std::string&) {
  return std::make_unique<PostgresEngine>();
}

}  // namespace saunter::store
