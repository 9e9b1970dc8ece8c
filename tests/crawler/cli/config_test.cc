#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schemas/settings.h"
#include "tests/crawler/cli/saunter_program.h"

namespace saunter::crawler::cli {
namespace {

using ::testing::HasSubstr;

class Config : public SaunterTest {
 protected:
  nlohmann::json Shown(const std::string& key, std::vector<std::string> flags = {}) {
    flags.insert(flags.begin(), {"config", "show"});
    const auto shown = RunJson(std::move(flags));
    for (const auto& setting : shown["settings"]) {
      if (setting["key"] == key) return setting;
    }
    ADD_FAILURE() << key << " is not shown";
    return {};
  }
};

TEST_F(Config, FindsNothingWrongWithAGoodFile) {
  config_ = directory_.Write("saunter.toml", "[fetch]\ntransfers_max = 3\n");
  const auto completed = Run({"config", "check"});
  EXPECT_EQ(completed.exit_code, 0) << completed.errors;
  EXPECT_THAT(completed.output, HasSubstr("no problem was found"));
  EXPECT_EQ(RunJson({"config", "check"})["ok"], true);
}

TEST_F(Config, SaysAllThatIsWrongWithKeyAndLine) {
  config_ = directory_.Write("saunter.toml",
                             "[fetch]\ntransfer_max = 3\n\n[api]\nthreads = 99\n"
                             "listen = \"8080\"\ntrusted_proxies = [\"me\"]\n"
                             "[metrics]\nlisten = \"0.0.0.0:1\"\n");
  const auto completed = Run({"config", "check"});
  EXPECT_EQ(completed.exit_code, 2);
  EXPECT_EQ(completed.output, "");
  EXPECT_THAT(completed.errors, HasSubstr("saunter.toml:2: unknown setting "
                                          "\"fetch.transfer_max\"; did you mean "
                                          "fetch.transfers_max?"));
  EXPECT_THAT(completed.errors, HasSubstr("saunter.toml:5: api.threads takes a whole number"));
  EXPECT_THAT(completed.errors, HasSubstr("saunter.toml:6: api.listen takes HOST:PORT"));
  EXPECT_THAT(completed.errors, HasSubstr("saunter.toml:7: api.trusted_proxies takes"));
  EXPECT_THAT(completed.errors, HasSubstr("saunter.toml:9: metrics.listen takes a loopback"));

  const auto json = RunJson({"config", "check"});
  EXPECT_EQ(json["ok"], false);
  ASSERT_EQ(json["problems"].size(), 5U);
  EXPECT_EQ(json["problems"][0]["key"], "fetch.transfer_max");
  EXPECT_EQ(json["problems"][0]["line"], 2);
}

TEST_F(Config, RefusesAFileThatCannotBeRead) {
  config_ = directory_.path().string();
  for (const auto& command :
       std::vector<std::vector<std::string>>{{"config", "check"}, {"config", "show"}, {"stats"}}) {
    const auto completed = Run(command);
    EXPECT_EQ(completed.exit_code, 2) << command.back();
    EXPECT_THAT(completed.errors, HasSubstr("cannot be read")) << command.back();
  }
}

TEST_F(Config, RefusesFlagsToo) {
  const auto completed = Run({"config", "check", "--fetch.transfers_max", "many"});
  EXPECT_EQ(completed.exit_code, 2);
  EXPECT_THAT(completed.errors, HasSubstr("--fetch.transfers_max takes"));
}

TEST_F(Config, SaysWhereEachValueComesFrom) {
  config_ = directory_.Write("saunter.toml",
                             "[fetch]\ntransfers_max = 3\nhost_gap_min_ms = 8\n"
                             "allow_ports = [80, 8080]\n");
  auto setting = Shown("fetch.transfers_max");
  EXPECT_EQ(setting["value"], 3);
  EXPECT_EQ(setting["default"], 64);
  EXPECT_EQ(setting["source"], "file");
  EXPECT_EQ(setting["line"], 2);
  setting = Shown("fetch.host_gap_min_ms", {"--fetch.host_gap_min_ms", "9"});
  EXPECT_EQ(setting["value"], 9);
  EXPECT_EQ(setting["source"], "flag");
  EXPECT_TRUE(setting["line"].is_null());
  EXPECT_EQ(Shown("fetch.allow_ports")["value"], nlohmann::json({80, 8080}));
  EXPECT_EQ(Shown("api.feedback")["value"], true);
  EXPECT_EQ(Shown("api.threads")["source"], "default");
}

TEST_F(Config, ShowsNoPassword) {
  config_ = directory_.Write("saunter.toml",
                             "[store]\nurl = \"postgresql://ann:secret@db.example/saunter\"\n");
  EXPECT_EQ(Shown("store.url")["value"], "postgresql://ann:***@db.example/saunter");
  EXPECT_THAT(Run({"config", "show"}).output,
              HasSubstr("url = \"postgresql://ann:***@db.example/saunter\"  # file, line 2\n"));
}

TEST_F(Config, ShowsEverySettingInTheFormOfTheFile) {
  config_ = directory_.Write("saunter.toml", "[fetch]\ntransfers_max = 3\n");
  const auto shown = Run({"config", "show", "--api.threads", "3"});
  ASSERT_EQ(shown.exit_code, 0) << shown.errors;
  for (const auto& info : schemas::ListSettings()) {
    const auto name = "\n" + info.key.substr(info.key.find('.') + 1) + " = ";
    EXPECT_THAT("\n" + shown.output, HasSubstr(name));
  }
  EXPECT_THAT(shown.output, HasSubstr("transfers_max = 3  # file, line 2\n"));
  EXPECT_THAT(shown.output, HasSubstr("threads = 3  # flag\n"));
  EXPECT_THAT(shown.output, HasSubstr("allow_ports = [80, 443]  # default\n"));
  // What is shown can be read again.
  config_ = directory_.Write("again.toml", shown.output);
  const auto again = RunJson({"config", "check"});
  EXPECT_EQ(again["problems"], nlohmann::json::array()) << again.dump();
}

}  // namespace
}  // namespace saunter::crawler::cli
