#include "schemas/site.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace saunter::schemas {
namespace {

TEST(DeadShare, IsAbsentWithoutEvidence) {
  SiteTally tally;
  tally.links_unchecked = 5;
  tally.links_unknown = 7;
  EXPECT_EQ(CheckedLinks(tally), 0);
  EXPECT_EQ(DeadShare(tally), std::nullopt);
}

TEST(DeadShare, CountsDeadLinksAmongThoseWithEvidence) {
  SiteTally tally;
  tally.links_unchecked = 5;
  tally.links_alive = 1;
  tally.links_doubtful = 2;
  tally.links_dead = 1;
  EXPECT_EQ(CheckedLinks(tally), 4);
  EXPECT_EQ(DeadShare(tally), 0.25);
}

TEST(SiteListing, IsShownWithItsDeadShareBehindItsLinks) {
  std::vector<std::string> names;
  VisitShown(SiteListing(),
             [&](std::string_view name, const auto&, auto...) { names.emplace_back(name); });
  const std::vector<std::string> expected = {"site_id",
                                             "host",
                                             "registrable_domain",
                                             "feeds",
                                             "links_in_pool",
                                             "links_unchecked",
                                             "links_alive",
                                             "links_unknown",
                                             "links_doubtful",
                                             "links_dead",
                                             "dead_share",
                                             "blacklisted",
                                             "blacklisted_at",
                                             "blacklisted_until_at",
                                             "blacklist_pattern",
                                             "blacklist_reason"};
  EXPECT_EQ(names, expected);
}

}  // namespace
}  // namespace saunter::schemas
