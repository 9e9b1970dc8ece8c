// Rows in memory for the rules of a batch, as an engine would have read them.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "schemas/link.h"
#include "schemas/settings.h"
#include "store/intake.h"
#include "store/links.h"
#include "store/rows.h"

namespace saunter::store {

class RowsTest : public ::testing::Test {
 protected:
  static constexpr schemas::UnixSeconds kToday = 1700000000;
  static constexpr schemas::Id kOwnFeed = 11;
  static constexpr schemas::Id kStranger = 12;

  RowsTest() {
    AddKnownSite(1, "blog.example");
    AddKnownSite(2, "planet.example");
    rows_.names.sites.at("blog.example").has_feed = true;
    rows_.next_link_id = 100;
    rows_.next_site_id = 10;
    rows_.next_category_id = 50;
    rows_.removals_left = 1000;
  }

  void AddKnownSite(schemas::Id site_id, const std::string& name) {
    names_.sites[name] = {.site_id = site_id};
    rows_.sites_named[site_id] = 0;
  }
  static schemas::EntryIntake Post(const std::string& site, int number) {
    schemas::EntryIntake entry;
    entry.guid_key = number;
    entry.url_key = 1000 + number;
    entry.url = "https://" + site + "/" + std::to_string(number);
    entry.host = entry.registrable_domain = site;
    entry.title = "Post " + std::to_string(number);
    entry.content_key = number;
    return entry;
  }
  static Lister OwnFeed() { return {.feed_id = kOwnFeed, .site_id = 1, .host = "blog.example"}; }
  static Lister Stranger() {
    return {.feed_id = kStranger, .site_id = 2, .host = "planet.example"};
  }
  // A link that the stranger brought of the blog, which lists it by its entry of that number.
  LinkRow& AddStanding(schemas::Id link_id, int number) {
    auto& link = rows_.links[link_id];
    link.link_id = link_id;
    link.site_id = 1;
    link.site = link.registrable_domain = "blog.example";
    link.url_key = 1000 + number;
    link.source_id = 1;
    link.feed_id = kStranger;
    link.lister_site_id = 2;
    link.is_listed = true;
    link.site_has_feed = true;
    link.absent = {.author = true, .summary = true};
    link.was_in_pool = true;
    rows_.link_ids[{1, link.url_key}] = link_id;
    ++names_.sites.at("blog.example").links;
    rows_.entries[kStranger][number] = {.link_id = link_id, .content_key = 0};
    return link;
  }
  // What the feed has added after these entries.
  schemas::FeedIntake Take(const Lister& lister, const std::vector<schemas::EntryIntake>& entries,
                           const schemas::FeedIntake& before = {}) {
    rows_.feed_names.try_emplace(lister.feed_id);
    Intake intake(rows_, lister, before);
    links_new_ = intake.Take(entries);
    return intake.intake();
  }

  Names names_;
  schemas::StoreSettings settings_;
  Rows rows_{names_, settings_, kToday};
  int links_new_ = 0;
};

}  // namespace saunter::store
