// A database of its own on the test program's PostgreSQL.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "store/postgres/connection.h"
#include "tests/support/cluster.h"

namespace saunter::store::postgres {

class PostgresTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const auto why = support::Cluster::WhyNone(); !why.empty()) GTEST_SKIP() << why;
    name_ = cluster().MakeDatabase();
  }
  void TearDown() override {
    if (!name_.empty()) cluster().DropDatabase(name_);
  }

  static support::Cluster& cluster() { return support::Cluster::Own(); }
  std::unique_ptr<Database> Connect(Database::Access access = Database::Access::kReadWrite,
                                    std::int64_t query_ms_max = 0) {
    return std::make_unique<Database>(cluster().UrlOf(name_), access, "test", query_ms_max, 100);
  }
  // What the call throws; kOther and no text if it throws nothing.
  template <typename Call>
  static StoreError ErrorOf(Call call) {
    try {
      call();
    } catch (const StoreError& error) {
      return error;
    }
    ADD_FAILURE() << "nothing was thrown";
    return {StoreErrorKind::kOther, ""};
  }

  std::string name_;
};

}  // namespace saunter::store::postgres
