#include <gtest/gtest.h>

#include <stdexcept>

#include "store/postgres/connection.h"
#include "store/postgres/open.h"
#include "store/sql/copy_file.h"
#include "tests/store/replica/source.h"
#include "tests/support/cluster.h"

namespace saunter::store::replica {
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

class PostgresSource final : public ReplicaSource {
 public:
  explicit PostgresSource(schemas::StoreSettings settings)
      : settings_(std::move(settings)), name_(Cluster::Own().MakeDatabase()) {
    settings_.url = Cluster::Own().UrlOf(name_);
    auto opened = postgres::OpenWriter(settings_, "test", {});
    if (!opened.writer) throw std::runtime_error(opened.detail);
    writer_ = std::move(opened.writer);
  }
  ~PostgresSource() override {
    writer_.reset();
    Cluster::Own().DropDatabase(name_);
  }

  Writer& writer() override { return *writer_; }
  std::unique_ptr<Reader> OpenReader() override { return postgres::OpenReader(settings_).reader; }
  std::unique_ptr<sql::Database> Connect() override {
    auto opened = sql::OpenSource(settings_, "test");
    EXPECT_EQ(opened.status, OpenStatus::kOk) << opened.detail;
    return std::move(opened.database);
  }
  void Execute(const std::string& sql) override {
    Database(settings_.url, Database::Access::kReadWrite, "test", 0, 0).Execute(sql.c_str());
  }

 private:
  schemas::StoreSettings settings_;
  const std::string name_;
  std::unique_ptr<Writer> writer_;
};

}  // namespace

std::unique_ptr<ReplicaSource> MakeReplicaSource(const std::string&,
                                                 const schemas::StoreSettings& settings) {
  return std::make_unique<PostgresSource>(settings);
}

}  // namespace saunter::store::replica
