#include "crawler/health/site.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/moment.h"

namespace saunter::crawler::health {
namespace {

using schemas::DeadListing;
using schemas::DecisionKind;
using schemas::HealthSettings;
using ::testing::SizeIs;

using support::kNow;

// The formula of Wilson (1927), computed in decimal arithmetic of 40 digits.
TEST(WilsonLowerBound, GivesTheKnownValues) {
  EXPECT_DOUBLE_EQ(WilsonLowerBound(0, 0), 0.0);
  EXPECT_NEAR(WilsonLowerBound(0, 10), 0.0, 1e-12);
  EXPECT_NEAR(WilsonLowerBound(1, 1), 0.206549314, 1e-8);
  EXPECT_NEAR(WilsonLowerBound(10, 10), 0.722467200, 1e-8);
  EXPECT_NEAR(WilsonLowerBound(15, 20), 0.531299122, 1e-8);
  EXPECT_NEAR(WilsonLowerBound(14, 20), 0.481027182, 1e-8);
  EXPECT_NEAR(WilsonLowerBound(500, 1000), 0.469069600, 1e-8);
}

schemas::SiteTally Tally(std::int64_t alive, std::int64_t doubtful, std::int64_t dead) {
  return {.site_id = 3,
          .host = "example.com",
          .links_unchecked = 1000,
          .links_alive = alive,
          .links_unknown = 1000,
          .links_doubtful = doubtful,
          .links_dead = dead};
}

// Dead links number `first` to `first + count - 1`, as a feed of `domain` lists them.
std::vector<DeadListing> Listed(std::int64_t first, std::int64_t count, const std::string& domain) {
  std::vector<DeadListing> listings;
  for (std::int64_t i = first; i < first + count; ++i) {
    listings.push_back({.link_id = i,
                        .url = "https://example.com/" + std::to_string(i),
                        .struck_at = kNow - i * 60,
                        .alive_at = kNow - 1000000,
                        .feed_host = domain,
                        .feed_domain = domain});
  }
  return listings;
}

std::vector<DeadListing> Together(std::vector<std::vector<DeadListing>> parts) {
  std::vector<DeadListing> all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& a, const auto& b) { return a.link_id < b.link_id; });
  return all;
}

std::optional<SiteVerdict> JudgeOwn(std::int64_t alive, std::int64_t doubtful, std::int64_t dead) {
  return JudgeSite(Tally(alive, doubtful, dead), Listed(0, dead, "example.com"), kNow,
                   HealthSettings());
}

TEST(JudgeSite, BlacklistsWhenTheLowerBoundPassesAHalf) {
  EXPECT_FALSE(JudgeOwn(6, 0, 14));
  const auto verdict = JudgeOwn(5, 0, 15);
  ASSERT_TRUE(verdict && verdict->entry);
  EXPECT_EQ(verdict->entry->pattern, "example.com");
  EXPECT_EQ(verdict->entry->source, schemas::BlacklistSource::kRule);
  EXPECT_EQ(verdict->entry->added_at, kNow);
  EXPECT_EQ(verdict->entry->until_at, kNow + HealthSettings().parole_s);
  EXPECT_EQ(verdict->entry->reason,
            "15 of 20 checked links are dead (at least 53 % with 95 % confidence)");
}

TEST(JudgeSite, KeepsItsEvidence) {
  const auto decision = JudgeOwn(5, 0, 15)->decision;
  EXPECT_EQ(decision.kind, DecisionKind::kDeadShare);
  EXPECT_EQ(decision.site_id, 3);
  EXPECT_EQ(decision.decided_at, kNow);
  EXPECT_EQ(decision.links_checked, 20);
  EXPECT_EQ(decision.links_dead, 15);
  EXPECT_EQ(decision.links_discarded, 0);
  EXPECT_EQ(decision.first_dead_at, kNow - 14 * 60);
  EXPECT_EQ(decision.last_dead_at, kNow);
  EXPECT_THAT(decision.sample_urls, SizeIs(5));
  EXPECT_EQ(decision.sample_urls.front(), "https://example.com/0");
}

TEST(JudgeSite, NeedsTwentyCheckedLinks) {
  EXPECT_FALSE(JudgeOwn(0, 0, 19));
  EXPECT_TRUE(JudgeOwn(0, 0, 20));
}

TEST(JudgeSite, CountsDoubtfulLinksAsCheckedButNotAsDead) {
  EXPECT_FALSE(JudgeOwn(0, 15, 15));
  EXPECT_TRUE(JudgeOwn(0, 5, 15));
}

TEST(JudgeSite, LeavesABlacklistedSiteAlone) {
  auto tally = Tally(0, 0, 100);
  tally.blacklisted = true;
  EXPECT_FALSE(MayCondemn(tally, HealthSettings()));
  EXPECT_FALSE(JudgeSite(tally, Listed(0, 100, "example.com"), kNow, HealthSettings()));
}

TEST(JudgeSite, TakesNoStrangersWord) {
  const auto judge = [](const schemas::SiteTally& tally, const std::vector<DeadListing>& listings) {
    return JudgeSite(tally, listings, kNow, HealthSettings());
  };
  EXPECT_FALSE(judge(Tally(0, 0, 10000), Listed(0, 10000, "slander.example")));
  EXPECT_FALSE(
      judge(Tally(0, 0, 40), Together({Listed(0, 40, "a.example"), Listed(0, 40, "b.example")})))
      << "two domains are too few";
  EXPECT_FALSE(judge(Tally(0, 0, 10002),
                     Together({Listed(0, 10000, "slander.example"), Listed(10000, 1, "b.example"),
                               Listed(10001, 1, "c.example")})))
      << "two who list one dead link each do not make the third credible";
  const auto verdict = judge(
      Tally(5, 0, 30), Together({Listed(0, 12, "slander.example"), Listed(12, 18, "example.com")}));
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->decision.links_dead, 18);
  EXPECT_EQ(verdict->decision.links_discarded, 12);
  EXPECT_EQ(verdict->decision.sample_urls.front(), "https://example.com/12");
}

TEST(JudgeSite, TakesTheWordOfThreeOtherDomains) {
  const auto judge = [](std::int64_t dead, std::vector<std::vector<DeadListing>> parts) {
    return JudgeSite(Tally(0, 0, dead), Together(std::move(parts)), kNow, HealthSettings());
  };
  EXPECT_TRUE(judge(
      20, {Listed(0, 20, "a.example"), Listed(0, 20, "b.example"), Listed(0, 20, "c.example")}));
  EXPECT_TRUE(judge(
      21, {Listed(0, 7, "a.example"), Listed(7, 7, "b.example"), Listed(14, 7, "c.example")}));
  EXPECT_FALSE(judge(
      20, {Listed(0, 20, "a.example"), Listed(0, 20, "b.example"), Listed(0, 6, "c.example")}))
      << "no domain counts for more than the third of them";
}

// Anyone can list addresses that never were.
TEST(JudgeSite, CountsNoLinkThatOnlyStrangersListAndNobodyHasSeenAlive) {
  auto listings = Together(
      {Listed(0, 40, "a.example"), Listed(0, 40, "b.example"), Listed(0, 40, "c.example")});
  const auto tally = Tally(0, 0, 40);
  EXPECT_TRUE(JudgeSite(tally, listings, kNow, HealthSettings()));
  for (auto& listing : listings) listing.alive_at.reset();
  EXPECT_FALSE(JudgeSite(tally, listings, kNow, HealthSettings()));
  for (auto& listing : listings) listing.feed_host = listing.feed_domain = "example.com";
  EXPECT_TRUE(JudgeSite(tally, listings, kNow, HealthSettings())) << "its own feed knows its posts";
}

TEST(JudgeSite, SaysHowManyInventedLinksItDiscarded) {
  auto invented = Listed(0, 12, "slander.example");
  for (auto& listing : invented) listing.alive_at.reset();
  const auto verdict = JudgeSite(
      Tally(5, 0, 30), Together({invented, Listed(12, 18, "example.com")}), kNow, HealthSettings());
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->decision.links_dead, 18);
  EXPECT_EQ(verdict->decision.links_discarded, 12);
}

std::vector<DeadListing> ListedBy(const std::vector<std::string>& hosts,
                                  const std::string& registrable_domain) {
  std::vector<std::vector<DeadListing>> parts;
  for (const auto& host : hosts) {
    auto& part = parts.emplace_back(Listed(0, 40, registrable_domain));
    for (auto& listing : part) {
      listing.feed_host = host;
      if (registrable_domain.empty()) listing.feed_domain = host;
    }
  }
  return Together(std::move(parts));
}

// A person may have any number of places there.
TEST(JudgeSite, TakesTheTenantsOfAPlatformForOneStranger) {
  const auto judge = [](const std::vector<DeadListing>& listings) {
    return JudgeSite(Tally(0, 0, 40), listings, kNow, HealthSettings()).has_value();
  };
  // The public suffix list tells these apart, and these not.
  EXPECT_FALSE(judge(ListedBy({"a.github.io", "b.github.io", "c.github.io", "d.github.io"}, {})));
  EXPECT_FALSE(
      judge(ListedBy({"a.bearblog.dev", "b.bearblog.dev", "c.bearblog.dev"}, "bearblog.dev")));
  EXPECT_FALSE(judge(
      ListedBy({"tilde.example/~a", "tilde.example/~b", "tilde.example/~c"}, "tilde.example")));
  EXPECT_TRUE(judge(ListedBy({"a.github.io", "b.neocities.org", "c.example"}, {})));
}

TEST(JudgeSite, TakesNoWordOfItsOwnPlatformsTenants) {
  auto tally = Tally(0, 0, 40);
  tally.host = "victim.github.io";
  const auto judge = [&](const std::vector<std::string>& hosts) {
    return JudgeSite(tally, ListedBy(hosts, {}), kNow, HealthSettings()).has_value();
  };
  EXPECT_FALSE(judge({"a.github.io", "b.neocities.org", "c.example"}));
  EXPECT_TRUE(judge({"d.example", "b.neocities.org", "c.example"}));
}

// Anybody may have the name "rss" on a platform, and list what never was on its own host.
TEST(JudgeSite, TakesNoTenantForItsPlatformWhateverItIsCalled) {
  auto tally = Tally(0, 0, 60);
  tally.host = "tumblr.com";
  auto listings = Listed(1, 60, "rss.tumblr.com");
  for (auto& listing : listings) {
    listing.feed_domain = "tumblr.com";
    listing.alive_at.reset();
  }
  EXPECT_FALSE(JudgeSite(tally, listings, kNow, {}));
  // A host of feeds of one owner does speak for the rest of it.
  tally.host = "example.com";
  for (auto& listing : listings) {
    listing.feed_host = "rss.example.com";
    listing.feed_domain = "example.com";
  }
  EXPECT_TRUE(JudgeSite(tally, listings, kNow, {}));
}

TEST(JudgeSite, BlacklistsATenantByThePrefixOfItsPages) {
  auto tally = Tally(0, 0, 30);
  tally.host = "tilde.example/~ann";
  auto listings = Listed(1, 30, "tilde.example/~ann");
  for (auto& listing : listings) listing.feed_domain = "tilde.example";
  const auto verdict = JudgeSite(tally, listings, kNow, {});
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->entry->pattern, "tilde.example/~ann/");
  // Another tenant is of the same registrable domain, so it is no stranger whose word counts.
  for (auto& listing : listings) listing.feed_host = "tilde.example/~bob";
  EXPECT_FALSE(JudgeSite(tally, listings, kNow, {}));
}

TEST(JudgeParked, NeedsTwoCountedLooks) {
  schemas::SiteLook look;
  look.site_id = 3;
  look.answer = schemas::SiteAnswer::kParked;
  look.reason = "its pages are those of a parked domain";
  look.parked_count = 1;
  EXPECT_FALSE(JudgeParked(Tally(30, 0, 0), look, kNow, HealthSettings()));
  look.parked_count = 2;
  const auto verdict = JudgeParked(Tally(30, 0, 0), look, kNow, HealthSettings());
  ASSERT_TRUE(verdict && verdict->entry);
  EXPECT_EQ(verdict->decision.kind, DecisionKind::kParked);
  EXPECT_EQ(verdict->entry->reason, "parked: its pages are those of a parked domain");
  look.answer = schemas::SiteAnswer::kHonest;
  EXPECT_FALSE(JudgeParked(Tally(30, 0, 0), look, kNow, HealthSettings()));
}

schemas::BlacklistEntry RuleEntry(schemas::UnixSeconds until_at) {
  schemas::BlacklistEntry entry;
  entry.pattern = "example.com";
  entry.source = schemas::BlacklistSource::kRule;
  entry.added_at = until_at - HealthSettings().parole_s;
  entry.until_at = until_at;
  return entry;
}

TEST(JudgeParole, WaitsForItsTimeAndItsSample) {
  const auto tally = Tally(0, 0, 100);
  const auto judge = [&](const schemas::BlacklistEntry& entry, schemas::ParoleTally sample) {
    return JudgeParole(entry, tally, sample, kNow, HealthSettings());
  };
  EXPECT_FALSE(judge(RuleEntry(kNow + 1), {100, 20, 20}));
  EXPECT_FALSE(judge(RuleEntry(kNow), {100, 19, 19}));
  EXPECT_TRUE(judge(RuleEntry(kNow), {100, 20, 20}));
  EXPECT_TRUE(judge(RuleEntry(kNow), {7, 7, 7})) << "no more links than these";
  auto operators = RuleEntry(kNow);
  operators.source = schemas::BlacklistSource::kOperator;
  EXPECT_FALSE(judge(operators, {100, 20, 20}));
}

TEST(JudgeParole, LetsARecoveredSiteGoAndKeepsADeadOne) {
  const auto judge = [](std::int64_t alive) {
    return JudgeParole(RuleEntry(kNow), Tally(0, 0, 100), {100, 20, alive}, kNow, HealthSettings());
  };
  const auto back = judge(10);
  ASSERT_TRUE(back);
  EXPECT_FALSE(back->entry);
  EXPECT_EQ(back->decision.kind, DecisionKind::kReturned);
  EXPECT_EQ(back->decision.reason, "10 of 20 links looked at again are alive");
  const auto kept = judge(9);
  ASSERT_TRUE(kept && kept->entry);
  EXPECT_EQ(kept->decision.kind, DecisionKind::kKept);
  EXPECT_EQ(kept->entry->until_at, kNow + HealthSettings().parole_again_s);
  EXPECT_EQ(kept->entry->added_at, RuleEntry(kNow).added_at);
}

}  // namespace
}  // namespace saunter::crawler::health
