#include "crawler/daemon/migration_news.h"

#include <gtest/gtest.h>

#include "tests/support/notify_socket.h"

namespace saunter::crawler::daemon {
namespace {

using std::chrono::milliseconds;

TEST(MigrationNews, AsksForMoreTimeOnceASecondAndSaysHowFarItIs) {
  const support::NotifySocket manager;
  MigrationNews news;
  const MigrationNews::Time start{};
  store::MigrationProgress progress{.script = 4, .scripts = 8, .statement = 2, .statements = 9};
  news.Note(progress, start);
  EXPECT_EQ(manager.Received(), "EXTEND_TIMEOUT_USEC=600000000");
  EXPECT_EQ(manager.Received(), "STATUS=migrating the database to schema 4 of 8: step 2 of 9");
  news.Note(progress, start + milliseconds(999));
  EXPECT_EQ(manager.Received(), "nothing") << "a statement that runs calls thousands of times";
  progress.statement = 3;
  news.Note(progress, start + milliseconds(1000));
  EXPECT_EQ(manager.Received(), "EXTEND_TIMEOUT_USEC=600000000");
  EXPECT_EQ(manager.Received(), "STATUS=migrating the database to schema 4 of 8: step 3 of 9");
  EXPECT_EQ(manager.Received(), "nothing");
}

}  // namespace
}  // namespace saunter::crawler::daemon
