#include "schemas/feed.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace saunter::schemas {
namespace {

template <typename Record>
std::set<std::string> FieldNames() {
  std::set<std::string> names;
  const Record record;
  VisitFields(record, [&](std::string_view name, const auto&, auto...) {
    EXPECT_TRUE(names.emplace(name).second) << name << " stands twice";
  });
  return names;
}

TEST(DueFeed, HasItsAddressItsProgressItsSiteAndTheOperatorsWord) {
  auto names = FieldNames<FeedAddress>();
  names.merge(FieldNames<FeedProgress>());
  names.insert({"added_at", "category", "site_id"});
  EXPECT_EQ(FieldNames<DueFeed>(), names);
}

// But what is counted for it, and what an operator alone says of it.
TEST(FeedListing, CallsEachFieldAsTheCrawlerDoes) {
  auto due = FieldNames<DueFeed>();
  due.merge(FieldNames<FeedIntake>());
  for (const auto& name : FieldNames<FeedListing>()) {
    EXPECT_TRUE(name == "links" || name == "given_title" || due.contains(name)) << name;
  }
}

TEST(VisitFields, WritesWhatItVisits) {
  DueFeed feed;
  VisitFields(feed, [](std::string_view name, auto& field, auto...) {
    if constexpr (std::is_same_v<decltype(field), std::string&>) field = name;
  });
  EXPECT_EQ(feed.url, "url");
  EXPECT_EQ(feed.redirect_url, "redirect_url");
  EXPECT_EQ(feed.category, "category");
}

}  // namespace
}  // namespace saunter::schemas
