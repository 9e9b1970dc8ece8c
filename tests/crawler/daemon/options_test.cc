#include "crawler/daemon/options.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/files.h"

namespace saunter::crawler::daemon {
namespace {

class OptionsTest : public testing::Test {
 protected:
  OptionsTest() { std::ofstream(folder_.File("saunter.toml")); }

  std::optional<ExitCode> Read(std::vector<const char*> arguments) {
    config_ = folder_.File("saunter.toml");
    arguments.insert(arguments.begin(), {"saunter-crawler", "--config", config_.c_str()});
    return ReadOptions(static_cast<int>(arguments.size()), arguments.data(), options_);
  }

  support::TemporaryDirectory folder_;
  std::string config_;
  Options options_;
  schemas::Settings settings_;
};

TEST_F(OptionsTest, TakeOnceAndSettings) {
  EXPECT_EQ(Read({"--once", "--fetch.transfers_max", "9"}), std::nullopt);
  EXPECT_TRUE(options_.once);
  EXPECT_EQ(LoadSettings(options_, settings_), std::nullopt);
  EXPECT_EQ(settings_.fetch.transfers_max, 9);
}

TEST_F(OptionsTest, NameAContactThatCannotStandInAHeader) {
  EXPECT_EQ(Read({"--fetch.contact_url", "https://a.example/über uns"}), std::nullopt);
  const auto problem = LoadSettings(options_, settings_);
  ASSERT_TRUE(problem);
  EXPECT_NE(problem->find("fetch.contact_url"), std::string::npos) << *problem;
}

TEST_F(OptionsTest, EndTheProgramWhereTheyAreWrong) {
  EXPECT_EQ(Read({"--twice"}), ExitCode::kUsage);
}

TEST_F(OptionsTest, EndTheProgramAfterTheHelp) { EXPECT_EQ(Read({"--help"}), ExitCode::kOk); }

TEST_F(OptionsTest, NameNetworksAndPortsThatAreNone) {
  EXPECT_EQ(Read({"--fetch.allow_networks", "127.0.0.0/99"}), std::nullopt);
  EXPECT_TRUE(LoadSettings(options_, settings_));
  Options others;
  const char* const arguments[] = {"saunter-crawler", "--config", config_.c_str(),
                                   "--metrics.listen", "0.0.0.0:9464"};
  EXPECT_EQ(ReadOptions(5, arguments, others), std::nullopt);
  schemas::Settings settings;
  const auto problem = LoadSettings(others, settings);
  ASSERT_TRUE(problem);
  EXPECT_NE(problem->find("metrics.listen"), std::string::npos) << *problem;
}

}  // namespace
}  // namespace saunter::crawler::daemon
