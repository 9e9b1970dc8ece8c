#include "schemas/settings_check.h"

#include <gtest/gtest.h>

#include <functional>

#include "schemas/settings_file.h"

namespace saunter::schemas {
namespace {

TEST(ParseEndpoint, TakesHostAndPort) {
  EXPECT_EQ(ParseEndpoint("127.0.0.1:80")->port, 80);
  EXPECT_EQ(ParseEndpoint("localhost:0")->host, "localhost");
  EXPECT_EQ(ParseEndpoint("[::1]:8080")->host, "::1");
  for (const auto* bad : {"", ":", "80", "localhost", ":80", "::1:80", "[::1]", "[a]:80", "a:b",
                          "a:65536", "a:-1", "a:", "a:80x"}) {
    EXPECT_FALSE(ParseEndpoint(bad)) << bad;
  }
}

// The keys that CheckSettings complains of after this change.
std::vector<std::string> Complaints(const std::function<void(Settings&)>& change) {
  Settings settings;
  change(settings);
  std::vector<std::string> keys;
  for (const auto& problem : CheckSettings(settings)) {
    EXPECT_EQ(problem.message.find(problem.key), 0U) << problem.message;
    keys.push_back(problem.key);
  }
  return keys;
}

using Keys = std::vector<std::string>;

TEST(CheckSettings, FindsNothingWrongWithTheDefaults) {
  EXPECT_EQ(Complaints([](Settings&) {}), Keys{});
}

TEST(CheckSettings, FindsEachValueOfAWrongForm) {
  EXPECT_EQ(Complaints([](Settings& s) { s.log.level = "loud"; }), Keys{"log.level"});
  EXPECT_EQ(Complaints([](Settings& s) { s.store.path = ""; }), Keys{"store.path"});
  EXPECT_EQ(Complaints([](Settings& s) { s.fetch.contact_url = "https://a/über uns"; }),
            Keys{"fetch.contact_url"});
  EXPECT_EQ(Complaints([](Settings& s) { s.api.listen = "8080"; }), Keys{"api.listen"});
  for (const auto* listen : {"9464", "0.0.0.0:9464", "[::]:9464", "192.0.2.1:1", "localhost:1"}) {
    EXPECT_EQ(Complaints([&](Settings& s) { s.metrics.listen = listen; }), Keys{"metrics.listen"})
        << listen;
  }
  for (const auto* listen : {"", "127.0.0.1:9464", "[::1]:9464", "127.9.9.9:0"}) {
    EXPECT_EQ(Complaints([&](Settings& s) { s.metrics.listen = listen; }), Keys{}) << listen;
  }
}

TEST(CheckSettings, RefusesAnAddressThatIsNoDatabasesAndDoesNotRepeatIt) {
  Settings settings;
  settings.store.url = "postgresql://ann@db.example/saunter";
  EXPECT_TRUE(CheckSettings(settings).empty());
  settings.store.url = "mysql://ann:secret@db.example/saunter";
  const auto problems = CheckSettings(settings);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].key, "store.url");
  EXPECT_EQ(problems[0].message.find("secret"), std::string::npos) << problems[0].message;
}

TEST(CheckSettings, LetsNoAddressBeLongerThanPostgresqlIndexes) {
  const auto complaints = [](const std::string& url, std::int64_t bytes) {
    return Complaints([&](Settings& s) {
      s.store.url = url;
      s.feed.url_bytes_max = bytes;
    });
  };
  EXPECT_EQ(complaints("postgresql://ann@db.example/saunter", 2600), Keys{});
  EXPECT_EQ(complaints("postgresql://ann@db.example/saunter", 2601), Keys{"feed.url_bytes_max"});
  EXPECT_EQ(complaints("", 2601), Keys{});
}

TEST(CheckSettings, FindsBlocksOfAddressesThatAreNone) {
  for (const auto* block : {"", "lan", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/8x",
                            "fd00::/129", "10.0.0/8", "10.0.0.1/8/8"}) {
    EXPECT_EQ(Complaints([&](Settings& s) { s.fetch.allow_networks = {"::1", block}; }),
              Keys{"fetch.allow_networks"})
        << block;
    EXPECT_EQ(Complaints([&](Settings& s) { s.api.trusted_proxies = {"::1", block}; }),
              Keys{"api.trusted_proxies"})
        << block;
  }
  // A proxy's block may be named by any address in it; a network that is opened must not be.
  EXPECT_EQ(Complaints([](Settings& s) { s.api.trusted_proxies = {"10.1.2.3/8"}; }), Keys{});
  EXPECT_EQ(Complaints([](Settings& s) { s.fetch.allow_networks = {"10.1.2.3/8"}; }),
            Keys{"fetch.allow_networks"});
  EXPECT_EQ(Complaints([](Settings& s) {
              s.fetch.allow_networks = {"10.0.0.0/8", "::/0", "0.0.0.0/0", "127.0.0.1/32"};
            }),
            Keys{});
}

TEST(CheckSettings, FindsBoundsThatContradictEachOther) {
  EXPECT_EQ(Complaints([](Settings& s) { s.fetch.host_gap_min_ms = 60000; }),
            Keys{"fetch.host_gap_max_ms"});
  EXPECT_EQ(Complaints([](Settings& s) { s.schedule.interval_min_s = 90000; }),
            Keys{"schedule.interval_max_s"});
  EXPECT_EQ(Complaints([](Settings& s) { s.health.alive_interval_max_s = 1; }),
            Keys{"health.alive_interval_max_s"});
  EXPECT_EQ(Complaints([](Settings& s) { s.store.wal_probes_bytes_max = 4096; }),
            Keys{"store.wal_probes_bytes_max"});
  EXPECT_EQ(Complaints([](Settings& s) { s.schedule.interval_min_s = 86400; }), Keys{});
}

TEST(CheckSettings, SaysTheLineThatTheValueStandsIn) {
  Settings settings;
  auto findings = ReadSettings(settings, "[log]\n\nlevel = \"loud\"\n", "test.toml");
  EXPECT_FALSE(findings.FirstProblem());
  AddCheck(findings, settings);
  ASSERT_EQ(findings.problems.size(), 1U);
  EXPECT_EQ(findings.problems[0].line, 3);
  EXPECT_EQ(findings.FirstProblem()->find("test.toml:3: log.level takes"), 0U);
}

}  // namespace
}  // namespace saunter::schemas
