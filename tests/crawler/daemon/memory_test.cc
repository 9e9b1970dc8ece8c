#include "crawler/daemon/memory.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

namespace saunter::crawler::daemon {
namespace {

constexpr std::int64_t kMebibyte = 1048576;

std::int64_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  std::int64_t all = 0;
  std::int64_t resident = 0;
  statm >> all >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

// This program is linked with tcmalloc, as the crawler is.
TEST(Memory, GoesBackToTheSystemWhenLargeDocumentsAreDone) {
  KeepNoFreedPages();
  const auto before = ResidentBytes();
  std::vector<std::string> documents;
  for (int i = 0; i < 64; ++i) documents.emplace_back(kMebibyte, 'x');
  ASSERT_GT(ResidentBytes(), before + 60 * kMebibyte);
  documents.clear();
  EXPECT_LT(ResidentBytes(), before + 8 * kMebibyte);
}

}  // namespace
}  // namespace saunter::crawler::daemon
