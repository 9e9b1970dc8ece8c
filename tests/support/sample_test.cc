// The sample sites as `./dev up --sample` has them: imported, crawled, judged by the built
// programs.
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/client.h"
#include "tests/support/files.h"
#include "tests/support/process.h"

namespace saunter::support {
namespace {

using nlohmann::json;

constexpr std::chrono::milliseconds kDeadline = std::chrono::seconds(120);

// Of the site whose folder begins with this number.
std::string Host(int site) {
  for (const auto& entry : std::filesystem::directory_iterator(TestData("sample"))) {
    const std::string name = entry.path().filename();
    if (std::stoi(name) == site) return name.substr(3) + ".localhost";
  }
  throw std::runtime_error("no sample site " + std::to_string(site));
}

// The sites, their origin, and a database in a directory of its own.
class Walk {
 public:
  Walk()
      : origin_({Built("tests/support/sample-origin"),
                 {TestData("sample"), directory_.File("sample.opml"), "0"},
                 {},
                 {},
                 {}}) {
    const auto line = origin_.WaitForLine("sample sites from", kDeadline);
    if (!line) throw std::runtime_error(origin_.Errors());
    std::string port = line->substr(line->rfind(':') + 1);
    port = port.substr(0, port.find('/'));
    config_ =
        directory_.Write("saunter.toml", "[store]\npath = \"" + directory_.File("saunter.db") +
                                             "\"\n[schedule]\nstart_spread_s = 0\n"
                                             "[fetch]\nallow_networks = [\"127.0.0.1\", \"::1\"]\n"
                                             "allow_names = [\"localhost\"]\nallow_ports = [" +
                                             port +
                                             "]\nhost_gap_min_ms = 0\nhost_gap_max_ms = 1\n"
                                             "[health]\nprobe_spacing_s = 0\ndead_gap_s = 0\n");
  }

  [[nodiscard]] Completed Saunter(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"--config", config_});
    return RunToEnd({Built("crawler/cli/saunter"), arguments, {}, {}, {}}, kDeadline);
  }

  [[nodiscard]] json SaunterJson(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "--json");
    const auto completed = Saunter(std::move(arguments));
    EXPECT_EQ(completed.exit_code, 0) << completed.output << completed.errors;
    return json::parse(completed.output);
  }

  void Import() const {
    const auto imported = Saunter({"import", directory_.File("sample.opml")});
    EXPECT_EQ(imported.exit_code, 0) << imported.output << imported.errors;
  }

  void CrawlUntilJudged() const {
    Process crawler({Built("crawler/saunter-crawler"), {"--config", config_}, {}, {}, {}});
    const auto judged = [&] {
      const json stats = SaunterJson({"stats"});
      return stats["sites_blacklisted"] == 1 && stats["links_unchecked"] == 0 &&
             stats["feeds_never_fetched"] == 0;
    };
    EXPECT_TRUE(WaitUntil(judged, kDeadline)) << Saunter({"stats"}).output << crawler.Errors();
    crawler.Signal(SIGTERM);
    EXPECT_EQ(crawler.WaitForExit(kDeadline), 0) << crawler.Errors();
  }

 private:
  TemporaryDirectory directory_;
  Process origin_;
  std::string config_;
};

// Crawled once, asked by every test.
class SampleSites : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    walk = std::make_unique<Walk>();
    walk->Import();
    walk->CrawlUntilJudged();
  }
  static void TearDownTestSuite() { walk.reset(); }

  // By host; of a host's two feeds, one.
  static std::map<std::string, json> Feeds() {
    std::map<std::string, json> feeds;
    const json list = walk->SaunterJson({"feed", "list"});
    for (const auto& feed : list["feeds"]) feeds[feed["host"]] = feed;
    return feeds;
  }

  static json Site(int site) { return walk->SaunterJson({"site", "show", Host(site)}); }

  static inline std::unique_ptr<Walk> walk;
};

TEST_F(SampleSites, AreReadWhateverTheirFormatAndCharset) {
  auto feeds = Feeds();
  ASSERT_EQ(feeds.size(), 30U);
  const auto expect_feed = [&](int site, const char* title, const char* format, int links) {
    EXPECT_EQ(feeds[Host(site)]["title"], title);
    EXPECT_EQ(feeds[Host(site)]["format"], format) << title;
    EXPECT_EQ(feeds[Host(site)]["links"], links) << title;
  };
  expect_feed(1, "Bread on Sundays", "rss 2.0", 5);
  expect_feed(2, "Heron Watch", "atom 1.0", 4);
  expect_feed(3, "Slow Lanes", "json feed 1.1", 5);
  expect_feed(4, "Harbour Streets", "rss 1.0", 4);
  expect_feed(5, "胡同里的猫", "rss 2.0", 4);
  expect_feed(6, "Le petit marché", "rss 2.0", 4);
  expect_feed(7, "The Crooked Fence", "rss 2.0", 3);
  expect_feed(8, "Lighthouse Letters", "atom 1.0", 3);
  expect_feed(10, "Slow River", "rss 2.0", 4);
  expect_feed(25, "Small Museums", "atom 1.0", 3);
  expect_feed(28, "Дворовые заметки", "rss 2.0", 3);
  expect_feed(30, "The Blank Notebook", "rss 2.0", 0);
}

TEST_F(SampleSites, HaveNamesAndShareAnAddress) {
  auto feeds = Feeds();
  const std::string url = feeds["bread.localhost"]["url"];
  ASSERT_TRUE(url.starts_with("http://bread.localhost:")) << url;
  const int port = std::stoi(url.substr(url.rfind(':') + 1));
  const auto status_of = [&](const std::string& host) {
    const auto answer = Get(port, "/", "Host: " + host + "\r\n", kDeadline);
    return answer ? answer->status : 0;
  };
  EXPECT_EQ(status_of("bread.localhost"), 200);
  EXPECT_EQ(status_of("heron-watch.localhost:" + std::to_string(port)), 200);
  EXPECT_EQ(status_of("nobody.localhost"), 404);
  EXPECT_EQ(status_of("127.0.0.1"), 404);
}

TEST_F(SampleSites, ShowEachKindOfTrouble) {
  auto feeds = Feeds();
  const auto expect_outcome = [&](int site, int status, const char* outcome) {
    EXPECT_EQ(feeds[Host(site)]["last_status"], status);
    EXPECT_EQ(feeds[Host(site)]["last_outcome"], outcome) << Host(site);
  };
  expect_outcome(9, 410, "gone");
  expect_outcome(12, 403, "refused_by_server");
  expect_outcome(14, 200, "not_a_feed");
  expect_outcome(15, 404, "not_found");
}

TEST_F(SampleSites, KeepOneRowOfAPostThatTwoFeedsTellInThreeWays) {
  EXPECT_EQ(Site(13)["links_alive"], 3);
}

TEST_F(SampleSites, LoseTheSiteWhosePostsHaveVanishedAndNoOther) {
  const json vanished = Site(11);
  EXPECT_EQ(vanished["blacklisted"], true);
  EXPECT_EQ(vanished["links_in_pool"], 0);
  const json half = Site(29);
  EXPECT_EQ(half["blacklisted"], false);
  EXPECT_EQ(half["links_in_pool"], 4);
}

}  // namespace
}  // namespace saunter::support
