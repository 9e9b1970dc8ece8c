#include "api/receipt/key_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <thread>
#include <vector>

#include "tests/support/files.h"

namespace saunter::api::receipt {
namespace {

using testing::HasSubstr;

class KeyFileTest : public testing::Test {
 protected:
  [[nodiscard]] std::string Path() const { return folder_.File("receipt.key"); }
  [[nodiscard]] std::size_t FilesInFolder() const {
    const std::filesystem::directory_iterator files(folder_.path());
    return static_cast<std::size_t>(std::distance(begin(files), end(files)));
  }

  support::TemporaryDirectory folder_;
};

TEST_F(KeyFileTest, IsMadeOnceForItsOwnerAlone) {
  const auto made = ReadOrMakeKey(Path());
  ASSERT_TRUE(made.key) << made.problem;
  EXPECT_EQ(ReadOrMakeKey(Path()).key, made.key);
  EXPECT_EQ(std::filesystem::status(Path()).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_EQ(support::ReadFile(Path()).size(), 65U);
  EXPECT_EQ(FilesInFolder(), 1U);
  std::filesystem::remove(Path());
  EXPECT_NE(ReadOrMakeKey(Path()).key, made.key);
}

TEST_F(KeyFileTest, IsReadAsItWasCopied) {
  std::string digits;
  Key key{};
  for (std::size_t i = 0; i < key.size(); ++i) {
    key[i] = static_cast<unsigned char>(0xa0 + i);
    digits += "0123456789abcdef"[key[i] >> 4];
    digits += "0123456789abcdef"[key[i] & 0xf];
  }
  for (const auto* end : {"", "\n", "\r\n", " \n\n"}) {
    folder_.Write("receipt.key", digits + end);
    EXPECT_EQ(ReadOrMakeKey(Path()).key, key) << digits << end;
  }
  for (char& c : digits) c = static_cast<char>(std::toupper(c));
  folder_.Write("receipt.key", digits);
  EXPECT_EQ(ReadOrMakeKey(Path()).key, key);
}

TEST_F(KeyFileTest, LeavesWhatIsNoKeyAsItIs) {
  for (const auto& text :
       {std::string(), std::string("\n"), std::string(63, 'a'), std::string(65, 'a'),
        std::string(63, 'a') + "g", std::string(64, 'a') + "\nb", std::string(300, 'a')}) {
    folder_.Write("receipt.key", text);
    const auto read = ReadOrMakeKey(Path());
    EXPECT_FALSE(read.key) << text;
    EXPECT_THAT(read.problem, HasSubstr(Path()));
    EXPECT_EQ(support::ReadFile(Path()), text);
  }
}

TEST_F(KeyFileTest, SaysWhatStandsInItsWay) {
  const auto missing = ReadOrMakeKey(folder_.File("nowhere/receipt.key"));
  EXPECT_FALSE(missing.key);
  EXPECT_THAT(missing.problem, HasSubstr("nowhere/receipt.key: cannot make"));
  EXPECT_FALSE(ReadOrMakeKey(folder_.path().string()).key) << "a folder";
  ASSERT_EQ(mkfifo(Path().c_str(), 0600), 0);
  EXPECT_FALSE(ReadOrMakeKey(Path()).key) << "a pipe that nobody writes to";
  std::filesystem::remove(Path());
  std::filesystem::create_symlink(folder_.File("no-such-file"), Path());
  EXPECT_FALSE(ReadOrMakeKey(Path()).key) << "a link to nothing";
  EXPECT_FALSE(ReadOrMakeKey("").key);
}

TEST_F(KeyFileTest, IsOneForAllWhoMakeItAtOnce) {
  std::vector<KeyRead> reads(8);
  {
    std::vector<std::jthread> makers;
    for (auto& read : reads) makers.emplace_back([&] { read = ReadOrMakeKey(Path()); });
  }
  for (const auto& read : reads) {
    EXPECT_TRUE(read.key) << read.problem;
    EXPECT_EQ(read.key, reads.front().key);
  }
  EXPECT_EQ(FilesInFolder(), 1U);
}

}  // namespace
}  // namespace saunter::api::receipt
