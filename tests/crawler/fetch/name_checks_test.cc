#include "crawler/fetch/name_checks.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <latch>

#include "tests/support/files.h"

namespace saunter::crawler::fetch {
namespace {

// A file of ours at descriptor 0, which is what a resolver that was never used takes for its own.
class NameChecksTest : public testing::Test {
 protected:
  void SetUp() override {
    before_ = dup(STDIN_FILENO);
    const int file = open(folder_.Write("mine", "").c_str(), O_RDONLY | O_CLOEXEC);
    ASSERT_GE(file, 0);
    struct stat facts{};
    ASSERT_EQ(fstat(file, &facts), 0);
    mine_ = facts.st_ino;
    ASSERT_EQ(dup2(file, STDIN_FILENO), STDIN_FILENO);
    if (file != STDIN_FILENO) close(file);
  }
  void TearDown() override {
    if (before_ < 0) return;
    dup2(before_, STDIN_FILENO);
    close(before_);
  }
  [[nodiscard]] bool IsMineStillOpen() const {
    struct stat facts{};
    return fstat(STDIN_FILENO, &facts) == 0 && facts.st_ino == mine_;
  }

 private:
  support::TemporaryDirectory folder_;
  int before_ = -1;
  ino_t mine_ = 0;
};

TEST_F(NameChecksTest, CloseNoDescriptorOfOthersWhenTheyEnd) {
  {
    const NameChecks checks(1000, [] {});
  }
  EXPECT_TRUE(IsMineStillOpen());
}

TEST_F(NameChecksTest, CloseNoDescriptorOfOthersWhenTheyLookANameUp) {
  std::latch found(1);
  NameChecks checks(60000, [&] { found.count_down(); });
  ASSERT_TRUE(checks.Ask("localhost"));
  found.wait();
  EXPECT_TRUE(IsMineStillOpen());
  EXPECT_EQ(checks.Take().size(), 1U);
}

}  // namespace
}  // namespace saunter::crawler::fetch
