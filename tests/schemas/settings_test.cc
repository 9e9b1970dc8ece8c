#include "schemas/settings.h"

#include <gtest/gtest.h>

#include <set>

#include "schemas/settings_file.h"

namespace saunter::schemas {
namespace {

TEST(Settings, TakesEveryKindOfValueFromToml) {
  Settings settings;
  const auto problem = ReadSettings(settings,
                                    "[fetch]\n"
                                    "contact_url = \"https://a.example/\"\n"
                                    "transfers_max = 7\n"
                                    "allow_networks = [\"127.0.1.0/24\"]\n"
                                    "allow_ports = [80, 8080]\n"
                                    "allow_names = [\"lan\"]\n",
                                    "test.toml")
                           .FirstProblem();
  ASSERT_FALSE(problem) << *problem;
  EXPECT_EQ(settings.fetch.contact_url, "https://a.example/");
  EXPECT_EQ(settings.fetch.transfers_max, 7);
  EXPECT_EQ(settings.fetch.allow_networks, std::vector<std::string>{"127.0.1.0/24"});
  EXPECT_EQ(settings.fetch.allow_ports, (std::vector<std::int64_t>{80, 8080}));
  EXPECT_EQ(settings.fetch.allow_names, std::vector<std::string>{"lan"});
}

TEST(Settings, NamesAnUnknownKeyAndItsLine) {
  Settings settings;
  const auto problem =
      ReadSettings(settings, "[fetch]\ncontact_ulr = \"x\"\n", "test.toml").FirstProblem();
  ASSERT_TRUE(problem);
  EXPECT_NE(problem->find("test.toml:2"), std::string::npos) << *problem;
  EXPECT_NE(problem->find("fetch.contact_ulr"), std::string::npos) << *problem;
}

TEST(Settings, NamesAnUnknownSection) {
  Settings settings;
  const auto problem =
      ReadSettings(settings, "[fecth]\ncontact_url = \"x\"\n", "test.toml").FirstProblem();
  ASSERT_TRUE(problem);
  EXPECT_NE(problem->find("fecth.contact_url"), std::string::npos) << *problem;
}

TEST(Settings, RefusesAValueOutOfBoundsOrOfAnotherType) {
  for (const auto* toml :
       {"[api]\nthreads = 5\n", "[api]\nthreads = 0\n", "[api]\nthreads = \"2\"\n",
        "[api]\nthreads = 2.5\n", "[api]\nthreads = true\n", "[api]\nfeedback = \"true\"\n",
        "[api]\nfeedback = 1\n", "[fetch]\nallow_ports = 80\n", "[fetch]\nallow_ports = [\"80\"]\n",
        "threads = 2\n"}) {
    Settings settings;
    EXPECT_TRUE(ReadSettings(settings, toml, "test.toml").FirstProblem()) << toml;
  }
}

TEST(Settings, NamesTheLineOfBrokenToml) {
  Settings settings;
  const auto problem =
      ReadSettings(settings, "[api]\n\nthreads = = 2\n", "test.toml").FirstProblem();
  ASSERT_TRUE(problem);
  EXPECT_NE(problem->find("test.toml:3"), std::string::npos) << *problem;
}

TEST(Settings, TakesEveryKeyAsAFlagWithItsOwnDefault) {
  Settings settings;
  std::set<std::string> keys;
  for (const auto& info : ListSettings()) {
    EXPECT_TRUE(keys.insert(info.key).second) << info.key;
    const auto problem = SetSetting(settings, info.key, info.default_text);
    EXPECT_FALSE(problem) << *problem;
  }
  EXPECT_TRUE(SetSetting(settings, "api.thread", "2"));
  EXPECT_TRUE(SetSetting(settings, "api.threads", "2x"));
  EXPECT_TRUE(SetSetting(settings, "api.feedback", "yes"));
}

TEST(Settings, TakesTrueAndFalseFromFileAndFlag) {
  Settings settings;
  EXPECT_FALSE(ReadSettings(settings, "[api]\nfeedback = false\n", "test.toml").FirstProblem());
  EXPECT_FALSE(settings.api.feedback);
  EXPECT_FALSE(SetSetting(settings, "api.feedback", "true"));
  EXPECT_TRUE(settings.api.feedback);
}

TEST(Settings, TellsWhatEachSays) {
  Settings settings;
  for (const auto& info : ListSettings()) {
    EXPECT_EQ(GetSetting(settings, info.key), info.default_text) << info.key;
  }
  settings.fetch.allow_ports = {80, 8080};
  EXPECT_EQ(GetSetting(settings, "fetch.allow_ports"), "80,8080");
}

TEST(Settings, NamesTheSettingThatWasMeant) {
  Settings settings;
  const auto problem = SetSetting(settings, "fetch.transfer_max", "3");
  ASSERT_TRUE(problem);
  EXPECT_NE(problem->find("did you mean fetch.transfers_max?"), std::string::npos) << *problem;
  EXPECT_EQ(SetSetting(settings, "nonsense", "3")->find("did you mean"), std::string::npos);
}

}  // namespace
}  // namespace saunter::schemas
