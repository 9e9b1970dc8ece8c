// A copy whose source is a standby. One that says so is as good as a real one here: what differs is
// what it says of itself, and how far its log reaches.
#include <gmock/gmock.h>

#include "schemas/settings.h"
#include "store/sql/copy_file.h"
#include "tests/store/replica/copy.h"
#include "tests/store/replica/source.h"
#include "tests/support/cluster.h"
#include "tests/support/files.h"

namespace saunter::store::replica {
namespace {

using support::Cluster;
using ::testing::HasSubstr;
using ::testing::Not;

class CopyOfAStandby : public ::testing::Test {
 protected:
  // For who connects from now on.
  void BecomeStandby() {
    source_->Execute(
        "CREATE FUNCTION pg_is_in_recovery() RETURNS boolean LANGUAGE sql AS 'SELECT true'");
    source_->Execute(
        "DO 'BEGIN EXECUTE format(''ALTER DATABASE %I SET search_path = public, pg_catalog'', "
        "current_database()); END'");
  }

  support::TemporaryDirectory directory_;
  std::string folder_ = directory_.path().string();
  std::unique_ptr<ReplicaSource> source_ = MakeReplicaSource(folder_, {});
};

TEST_F(CopyOfAStandby, WaitsForOneThatIsBehind) {
  source_->AddPosts("a.example", 2);
  Copy copy(folder_ + "/copy.db");
  copy.CatchUp(*source_, kStart);
  source_->Execute("DELETE FROM change WHERE change_id > 3");
  BecomeStandby();
  try {
    static_cast<void>(copy.CatchUp(*source_, kStart));
    FAIL() << "it did not wait";
  } catch (const StoreError& error) {
    EXPECT_THAT(error.what(), HasSubstr("standby which has not come as far as the copy"));
  }
  EXPECT_FALSE(copy.file().HasNew());
}

TEST_F(CopyOfAStandby, IsAsOldAsTheNewestBatchThere) {
  source_->AddPosts("a.example", 2);
  BecomeStandby();
  Copy copy(folder_ + "/copy.db");
  copy.CatchUp(*source_, kStart + 500);
  EXPECT_EQ(copy.State()->current_at, kStart);
  const auto report = copy.Step(*source_->Connect(), kStart + 600);
  EXPECT_EQ(report.kind, StepKind::kCurrent);
  EXPECT_EQ(report.as_of, kStart);
}

// PostgreSQL takes a server on which nobody can write by default for none that is "read-write".
TEST(SourceOfACopy, IsAServerThatCanBeWrittenUnlessTheAddressSaysOtherwise) {
  const auto name = Cluster::Own().MakeDatabase();
  Cluster::Own().Ask(name, "ALTER DATABASE " + name + " SET default_transaction_read_only = on");
  schemas::StoreSettings settings;
  settings.url = Cluster::Own().UrlOf(name);
  auto opened = sql::OpenSource(settings, "test");
  EXPECT_THAT(opened.detail, HasSubstr("read-only"));
  settings.url += " target_session_attrs=any";
  opened = sql::OpenSource(settings, "test");
  EXPECT_THAT(opened.detail, Not(HasSubstr("read-only")));  // but that it is empty
  Cluster::Own().DropDatabase(name);
}

}  // namespace
}  // namespace saunter::store::replica
