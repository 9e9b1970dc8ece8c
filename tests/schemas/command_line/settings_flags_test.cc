#include "schemas/command_line/settings_flags.h"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <fstream>

#include "tests/support/files.h"

namespace saunter::schemas::command_line {
namespace {

class SettingsFlagsTest : public testing::Test {
 protected:
  SettingsFlagsTest() { flags_.AddTo(app_); }

  void Parse(std::vector<std::string> arguments) {
    std::ranges::reverse(arguments);  // as CLI11 wants them
    app_.parse(std::move(arguments));
  }
  std::string File(const std::string& text) {
    const auto path = folder_.File("saunter.toml");
    std::ofstream(path) << text;
    return path;
  }

  support::TemporaryDirectory folder_;
  CLI::App app_;
  SettingsFlags flags_;
  Settings settings_;
};

TEST_F(SettingsFlagsTest, GoBeforeWhatTheFileSays) {
  Parse({"--config", File("[fetch]\ntransfers_max = 7\nhost_gap_min_ms = 8\n"),
         "--fetch.transfers_max", "9"});
  EXPECT_EQ(flags_.Load(settings_), std::nullopt);
  EXPECT_EQ(settings_.fetch.transfers_max, 9);
  EXPECT_EQ(settings_.fetch.host_gap_min_ms, 8);
}

TEST_F(SettingsFlagsTest, TakeWhatIsSetLast) {
  Parse({"--config", File(""), "--api.listen", "127.0.0.1:1"});
  flags_.Set("api.listen", "127.0.0.1:2");
  EXPECT_EQ(flags_.Load(settings_), std::nullopt);
  EXPECT_EQ(settings_.api.listen, "127.0.0.1:2");
}

TEST_F(SettingsFlagsTest, AreOneForEachSetting) {
  for (const auto& info : ListSettings()) {
    EXPECT_NE(app_.get_option_no_throw("--" + info.key), nullptr) << info.key;
  }
}

TEST_F(SettingsFlagsTest, SayWhichValueIsWrong) {
  Parse({"--config", File(""), "--fetch.transfers_max", "many"});
  const auto problem = flags_.Load(settings_);
  ASSERT_TRUE(problem);
  EXPECT_NE(problem->find("fetch.transfers_max"), std::string::npos) << *problem;
}

TEST_F(SettingsFlagsTest, SayWhatIsWrongWithTheFile) {
  Parse({"--config", File("[fetch]\ntransfer_max = 7\n"), "--fetch.transfers_max", "9"});
  const auto problem = flags_.Load(settings_);
  ASSERT_TRUE(problem);
  EXPECT_NE(problem->find("transfer_max"), std::string::npos) << *problem;
}

}  // namespace
}  // namespace saunter::schemas::command_line
