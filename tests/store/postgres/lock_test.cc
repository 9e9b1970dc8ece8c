#include "store/postgres/lock.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "tests/store/postgres/fixture.h"

namespace saunter::store::postgres {
namespace {

using WriterLockTest = PostgresTest;

TEST_F(WriterLockTest, IsHeldByOneAndNamesIt) {
  auto holder = std::make_unique<Database>(cluster().UrlOf(name_), Database::Access::kReadWrite,
                                           ConnectionName("saunter-crawler"), 0, 0);
  EXPECT_EQ(TakeWriterLock(*holder), std::nullopt);
  const auto other = Connect();
  const auto held = TakeWriterLock(*other);
  ASSERT_TRUE(held);
  EXPECT_TRUE(held->starts_with("saunter-crawler, process " + std::to_string(getpid()))) << *held;
  holder.reset();
  // The server needs a moment to see that a connection has ended.
  EXPECT_TRUE(
      support::WaitUntil([&] { return !TakeWriterLock(*other); }, std::chrono::seconds(30)));
}

TEST_F(WriterLockTest, IsOneForEachDatabase) {
  const auto first = Connect();
  const auto model = name_;
  name_ = cluster().MakeDatabase();
  const auto second = Connect();
  EXPECT_EQ(TakeWriterLock(*first), std::nullopt);
  EXPECT_EQ(TakeWriterLock(*second), std::nullopt);
  cluster().DropDatabase(model);
}

}  // namespace
}  // namespace saunter::store::postgres
