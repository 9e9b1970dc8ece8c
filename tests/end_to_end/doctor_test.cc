// saunter doctor over a house whose parts start, run and die.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/end_to_end/house.h"

namespace saunter::end_to_end {
namespace {

using ::testing::HasSubstr;

class DoctorHouse : public ::testing::Test {
 protected:
  DoctorHouse()
      : house_([](const support::OriginRequest& request) {
          support::OriginAnswer answer;
          answer.headers = {{"Content-Type", "application/rss+xml"}};
          answer.body = RssFeed("http://" + std::string(request.Header("Host")), 1, 5);
          return answer;
        }) {}

  nlohmann::json Examine(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"doctor", "--json"};
    std::ranges::move(more, std::back_inserter(arguments));
    if (house_.api_port() != 0) {
      arguments.push_back("--api.listen=127.0.0.1:" + std::to_string(house_.api_port()));
    }
    completed_ = house_.Saunter(arguments);
    auto json = nlohmann::json::parse(completed_.output, nullptr, false);
    EXPECT_FALSE(json.is_discarded()) << completed_.output << completed_.errors;
    return json;
  }

  static nlohmann::json Of(const nlohmann::json& report, const std::string& name) {
    for (const auto& finding : report["findings"]) {
      if (finding["name"] == name) return finding;
    }
    ADD_FAILURE() << name << " is not among the findings";
    return {};
  }

  static void Expect(const nlohmann::json& report, const std::string& name,
                     const std::string& state) {
    const auto finding = Of(report, name);
    EXPECT_EQ(finding["state"], state) << finding;
  }

  [[nodiscard]] std::set<std::string> Files() const {
    std::set<std::string> names;
    const auto folder = std::filesystem::path(house_.DatabasePath()).parent_path();
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      names.insert(entry.path().filename().string());
    }
    return names;
  }

  House house_;
  support::Completed completed_;
};

TEST_F(DoctorHouse, MakesNothingWhereThereIsNoDatabase) {
  const auto before = Files();
  const auto report = Examine();
  EXPECT_EQ(completed_.exit_code, 3);
  EXPECT_EQ(report["ok"], false);
  Expect(report, "database", "wrong");
  Expect(report, "crawler", "wrong");
  Expect(report, "lock", "ok");
  Expect(report, "feeds", "unknown");
  EXPECT_EQ(Files(), before);
}

TEST_F(DoctorHouse, MakesNoFilesBesideACopy) {
  ASSERT_EQ(house_.Import({house_.origin().Url(SiteAddress(0), "/feed")}).exit_code, 0);
  std::filesystem::copy_file(house_.DatabasePath(), house_.File("copy.db"));
  const auto before = Files();
  Expect(Examine({"--offline", "--store.path=" + house_.File("copy.db")}), "database", "unknown");
  EXPECT_EQ(Files(), before);
}

TEST_F(DoctorHouse, FollowsTheDaemonsThroughTheirLives) {
  ASSERT_EQ(house_.Import({house_.origin().Url(SiteAddress(0), "/feed")}).exit_code, 0);
  const auto before = Files();
  auto report = Examine();
  Expect(report, "database", "ok");
  Expect(report, "crawler", "wrong");
  EXPECT_EQ(Files(), before);
  // The feed was never asked and no crawler runs: its host can be asked for its robots.txt.
  EXPECT_THAT(Of(report, "outbound")["found"].get<std::string>(), HasSubstr("/robots.txt"));

  const auto crawler = house_.StartCrawler({"--health.probes_in_flight_max", "0"});
  const auto api = house_.StartApi();
  ASSERT_TRUE(support::WaitUntil([&] { return house_.Stat("links") == 5; }, kDeadline));
  const auto requests = house_.origin().requests();
  report = Examine({"--offline"});
  EXPECT_EQ(house_.origin().requests(), requests) << "--offline asks nobody";
  Expect(report, "lock", "ok");
  EXPECT_THAT(Of(report, "lock")["found"].get<std::string>(),
              HasSubstr("saunter-crawler, process " + std::to_string(crawler->id())));
  Expect(report, "crawler", "ok");
  Expect(report, "dns", "unknown");
  Expect(report, "feeds", "ok");
  Expect(report, "wal", "ok");

  crawler->Signal(SIGKILL);
  ASSERT_TRUE(crawler->WaitForExit(kDeadline));
  report = Examine({"--offline"});
  EXPECT_EQ(completed_.exit_code, 1);
  EXPECT_THAT(Of(report, "crawler")["found"].get<std::string>(), HasSubstr("ended without a word"));
  Expect(report, "lock", "ok");
  EXPECT_THAT(Of(report, "lock")["found"].get<std::string>(), HasSubstr("nobody writes"));
}

TEST_F(DoctorHouse, SeesWhetherTheApiReadsTheSameDatabase) {
  ASSERT_EQ(house_.Import({house_.origin().Url(SiteAddress(0), "/feed")}).exit_code, 0);
  const auto api = house_.StartApi();
  auto report = Examine({"--offline"});
  EXPECT_THAT(Of(report, "api")["found"].get<std::string>(), HasSubstr("(never_crawled)"));
  const auto once = house_.StartCrawler({"--once"});
  ASSERT_EQ(once->WaitForExit(kDeadline), 0) << once->Errors();
  ASSERT_TRUE(support::WaitUntil(
      [&] {
        const auto ready = house_.Ask("/readyz");
        return ready && ready->status == 200;
      },
      kDeadline));
  report = Examine({"--offline"});
  Expect(report, "api", "ok");
  Expect(report, "crawler", "warning");
  api->Signal(SIGKILL);
  ASSERT_TRUE(api->WaitForExit(kDeadline));
  EXPECT_THAT(Of(Examine({"--offline"}), "api")["found"].get<std::string>(),
              HasSubstr("nothing listens at"));
}

TEST_F(DoctorHouse, GoesOnWithSettingsThatAreRefused) {
  const auto report = Examine({"--fetch.transfers_max=many"});
  Expect(report, "settings", "wrong");
  EXPECT_THAT(Of(report, "settings")["found"].get<std::string>(),
              HasSubstr("--fetch.transfers_max takes"));
  Expect(report, "database", "wrong");
}

}  // namespace
}  // namespace saunter::end_to_end
