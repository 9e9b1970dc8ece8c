#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/crawler/cli/filled_database.h"

namespace saunter::crawler::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class SiteCommands : public FilledDatabase {
 protected:
  // a.example has two links to give, one of them below, and a dead one; z.example is blacklisted.
  void Fill() {
    AddFeed("a.example", {Post("a.example", 1), Post("a.example", 2), Post("blog.a.example", 3)});
    AddFeed("z.example", {Post("z.example", 4)});
    ASSERT_EQ(Run({"blacklist", "add", "z.example"}).exit_code, 0);
    schemas::WriteBatch batch;
    auto& probe = batch.probes.emplace_back();
    probe.link_id = 2;
    probe.state = schemas::LinkState::kDead;
    probe.checked_at = 1700000000;
    probe.next_check_at = 1700000000;
    Write(batch);
  }

  std::vector<std::string> List(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"site", "list"});
    std::vector<std::string> hosts;
    const auto list = RunJson(std::move(arguments));
    for (const auto& site : list["sites"]) hosts.push_back(site["host"]);
    return hosts;
  }
};

TEST_F(SiteCommands, ListAllWithTheirLinks) {
  Fill();
  EXPECT_THAT(List({}), UnorderedElementsAre("a.example", "blog.a.example", "z.example"));
  const auto sites = RunJson({"site", "list", "--sort", "host"})["sites"];
  EXPECT_EQ(sites[0]["feeds"], 1);
  EXPECT_EQ(sites[0]["links_in_pool"], 1);
  EXPECT_EQ(sites[0]["links_dead"], 1);
  EXPECT_EQ(sites[2]["links_in_pool"], 0);
  EXPECT_THAT(Run({"site", "list"}).output, HasSubstr("blacklisted  z.example"));
}

TEST_F(SiteCommands, ListThoseThatFit) {
  Fill();
  EXPECT_THAT(List({"--blacklisted"}), ElementsAre("z.example"));
  EXPECT_THAT(List({"--state=blacklisted"}), ElementsAre("z.example"));
  EXPECT_THAT(List({"--state=parole"}), IsEmpty());
  EXPECT_THAT(List({"--state=fine"}), UnorderedElementsAre("a.example", "blog.a.example"));
  EXPECT_THAT(List({"--state=empty"}), IsEmpty());
  EXPECT_THAT(List({"--no-feeds"}), ElementsAre("blog.a.example"));
  EXPECT_THAT(List({"--domain=www.A.example"}),
              UnorderedElementsAre("a.example", "blog.a.example"));
  EXPECT_THAT(List({"--domain=example"}).size(), 3U);
  EXPECT_THAT(List({"--domain=g.a.example"}), IsEmpty());
  EXPECT_THAT(List({"--dead-share-over=40"}), ElementsAre("a.example"));
  EXPECT_THAT(List({"--domain=a.example", "--no-feeds", "--dead-share-over=40"}), IsEmpty());
}

TEST_F(SiteCommands, SortCutAndCount) {
  Fill();
  EXPECT_THAT(List({"--sort=host"}), ElementsAre("a.example", "blog.a.example", "z.example"));
  EXPECT_THAT(List({"--sort=feeds"}), ElementsAre("a.example", "z.example", "blog.a.example"));
  EXPECT_THAT(List({"--sort=dead-share", "--limit=1"}), ElementsAre("a.example"));
  EXPECT_THAT(List({"--sort=blacklisted", "--limit=1"}), ElementsAre("z.example"));
  EXPECT_EQ(List({"--limit=2"}).size(), 2U);
  EXPECT_EQ(Run({"site", "list", "--count"}).output, "3\n");
  EXPECT_EQ(RunJson({"site", "list", "--count", "--no-feeds"})["count"], 1);
  EXPECT_EQ(Run({"site", "list", "--sort=age"}).exit_code, 2);
  EXPECT_EQ(Run({"site", "list", "--state=good"}).exit_code, 2);
}

TEST_F(SiteCommands, ShowASiteByAnyAddressOnIt) {
  Fill();
  for (const auto* name : {"a.example", "www.a.example", "https://a.example/x?y#z"}) {
    EXPECT_EQ(RunJson({"site", "show", name})["host"], "a.example") << name;
  }
  EXPECT_EQ(Run({"site", "show", "nobody.example"}).exit_code, 1);
  EXPECT_EQ(Run({"site", "show", "no host"}).exit_code, 2);
}

TEST_F(SiteCommands, NameTheFeedsOfASite) {
  Fill();
  ASSERT_EQ(Run({"feed", "add", "https://www.a.example/2", "--title", "The other"}).exit_code, 0);
  EXPECT_THAT(Run({"site", "show", "https://a.example/x"}).output,
              AllOf(HasSubstr("https://a.example/feed\n"),
                    HasSubstr("https://www.a.example/2  The other")));
  const auto feeds = RunJson({"site", "show", "a.example"})["feed_list"];
  ASSERT_EQ(feeds.size(), 2U);
  EXPECT_EQ(feeds[1]["url"], "https://www.a.example/2");
  EXPECT_EQ(feeds[1]["title"], "The other");
}

}  // namespace
}  // namespace saunter::crawler::cli
