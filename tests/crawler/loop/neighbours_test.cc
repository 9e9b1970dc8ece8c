// Who waits for whom: the streams over a real database, beside hosts that never answer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "crawler/judge/judge.h"
#include "crawler/loop/feed_stream.h"
#include "crawler/loop/probe_stream.h"
#include "tests/store/fixture.h"

namespace saunter::crawler::loop {
namespace {

using store::kNow;

constexpr const char* kSlowHost = "slow.example";

class Neighbours : public store::StoreTest {
 protected:
  Neighbours() {
    settings_all_.schedule.start_spread_s = 0;
    // One feed lists all, and one site has most of it.
    settings_.feed_links_first_max = settings_.site_links_max = settings_.source_sites_max = 100000;
    OpenWriter();
  }

  static schemas::AddFeed FeedAt(const std::string& host, int number) {
    return {.url = "https://" + host + "/feed" + std::to_string(number),
            .host = host,
            .registrable_domain = host,
            .title = {},
            .site_url = {},
            .category = {},
            .added_at = kNow,
            .next_check_at = kNow};
  }
  // The slow host's feeds were due first.
  void AddFeeds(int slow, int quick) {
    schemas::WriteBatch batch;
    for (int i = 0; i < slow; ++i) {
      auto feed = FeedAt(kSlowHost, i);
      feed.next_check_at = kNow - 1000;
      batch.changes.emplace_back(feed);
    }
    for (int i = 0; i < quick; ++i) {
      batch.changes.emplace_back(FeedAt("quick" + std::to_string(i) + ".example", 0));
    }
    Write(batch);
  }
  void AddLinks(int slow, int quick) {
    const auto feed_id = AddFeed("https://list.example/feed", "list.example");
    std::vector<schemas::EntryIntake> entries;
    for (int i = 0; i < slow + quick; ++i) {
      const auto host = i < slow ? kSlowHost : "quick" + std::to_string(i) + ".example";
      entries.push_back(store::Entry(host, i));
      entries.back().next_check_at = i < slow ? kNow - 1000 : kNow;
    }
    Crawl(feed_id, std::move(entries));
  }

  // One turn of the crawl at `now`: reads what the stream wants, and every host but the slow one
  // answers what it is asked.
  void TurnFeeds(schemas::UnixSeconds now) {
    stream_.Tick(now, settings_all_.schedule);
    if (const auto query = stream_.Want(now, settings_all_.schedule)) {
      stream_.TakeDue(std::get<DueFeeds>(ReadDue(*reader_, *query)), settings_all_.schedule);
    }
    std::vector<schemas::CrawlResult> skipped;
    while (const auto request = stream_.Next(*blacklist_, now, skipped)) {
      ++asked_[request->url.find(kSlowHost) == std::string::npos ? "quick" : "slow"];
      if (request->url.find(kSlowHost) == std::string::npos) requests_.push_back(*request);
    }
    for (auto& request : std::exchange(requests_, {})) Answer(request, now);
    CommitFeeds(now);
  }
  void CommitFeeds(schemas::UnixSeconds now) {
    for (const auto& answered : stream_.TakeAnswered(blacklist_)) {
      auto feed = answered.feed;
      feed.next_check_at = now + 3600;
      feed.checked_at = now;
      batch_.crawls.push_back({.feed = feed, .fetch = {}, .entries = {}});
    }
    Write(batch_);
    for (const auto& crawl : batch_.crawls) stream_.Forget(crawl.feed.feed_id);
    batch_ = {};
  }
  void Answer(const fetch::Request& request, schemas::UnixSeconds now) {
    fetch::Response response;
    response.ticket = request.ticket;
    response.kind = request.kind;
    response.status = 200;
    response.effective_url = request.url;
    stream_.Take(std::move(response), watch_, now);
  }
  void TurnLinks(schemas::UnixSeconds now) {
    if (const auto query = probes_.Want(now, now, settings_all_.health)) {
      probes_.TakeDue(std::get<DueLinks>(ReadDue(*reader_, *query)));
    }
    std::vector<ProbeOutput> results;
    while (const auto request = probes_.Next(*blacklist_, now, settings_all_.health, results)) {
      ++asked_[request->url.find(kSlowHost) == std::string::npos ? "quick" : "slow"];
      if (request->url.find(kSlowHost) == std::string::npos) requests_.push_back(*request);
    }
    const judge::JudgeInputs inputs{.settings = settings_all_,
                                    .blacklist = *blacklist_,
                                    .now = now,
                                    .random = 0.5,
                                    .outage = false};
    for (const auto& request : std::exchange(requests_, {})) {
      fetch::Response response;
      response.ticket = request.ticket;
      response.kind = request.kind;
      response.outcome = schemas::FetchOutcome::kNotFound;
      response.status = 404;
      response.effective_url = request.url;
      probes_.Take(response, watch_, inputs, results);
    }
    for (auto& result : results) {
      batch_.probes.push_back(std::get<schemas::ProbeResult>(std::move(result)));
    }
    Write(batch_);
    for (const auto& probe : batch_.probes) probes_.Forget(probe.link_id);
    batch_ = {};
  }

  schemas::Settings settings_all_;
  std::shared_ptr<const health::Blacklist> blacklist_ =
      std::make_shared<const health::Blacklist>(std::vector<schemas::BlacklistEntry>());
  std::unique_ptr<store::Reader> reader_;
  OutageWatch watch_;
  FeedStream stream_{1};
  ProbeStream probes_{2};
  std::vector<fetch::Request> requests_;
  schemas::WriteBatch batch_;
  std::map<std::string, int> asked_;
};

TEST_F(Neighbours, OfASlowHostKeepNoFeedWaiting) {
  AddFeeds(3000, 6000);
  reader_ = OpenReader();
  for (int second = 0; second < 10; ++second) TurnFeeds(kNow + second);
  EXPECT_EQ(asked_["quick"], 6000);
  EXPECT_EQ(asked_["slow"], 2) << "one connection that is worth keeping";
  EXPECT_LE(stream_.Known(), 20U) << "the rest is in the database";
}

TEST_F(Neighbours, OfASlowHostKeepNoProbeWaiting) {
  AddLinks(12000, 3000);
  reader_ = OpenReader();
  for (int second = 0; second < 20; ++second) TurnLinks(kNow + second);
  EXPECT_EQ(asked_["quick"], 3000);
  EXPECT_EQ(asked_["slow"], 2);
  EXPECT_LE(probes_.Known(), 20U);
}

TEST_F(Neighbours, OfASlowHostAreKeptAtThePaceOfALongStop) {
  settings_all_.schedule.start_spread_s = 3600;
  AddFeeds(3000, 600);
  reader_ = OpenReader();
  for (int second = 0; second < 90; ++second) TurnFeeds(kNow + second);
  EXPECT_GE(asked_["quick"], 590) << "ten a second, less what the slow host had";
}

TEST_F(Neighbours, AreAllReadWhereARunEnds) {
  AddFeeds(300, 50);
  reader_ = OpenReader();
  stream_.LimitTo(kNow);
  int asked = 0;
  while (!stream_.WasReadToEnd() || stream_.Known() > 0 || stream_.Crowded() > 0) {
    stream_.Tick(kNow, settings_all_.schedule);
    if (const auto query = stream_.Want(kNow, settings_all_.schedule)) {
      stream_.TakeDue(std::get<DueFeeds>(ReadDue(*reader_, *query)), settings_all_.schedule);
    }
    std::vector<schemas::CrawlResult> skipped;
    while (const auto request = stream_.Next(*blacklist_, kNow, skipped)) {
      ++asked;
      Answer(*request, kNow);
    }
    CommitFeeds(kNow);
    ASSERT_LE(asked, 350);
  }
  EXPECT_EQ(asked, 350);
}

// The backlog of a host is walked once, not at every read.
TEST_F(Neighbours, WalkABacklogOnce) {
  AddFeeds(3000, 10);
  reader_ = OpenReader();
  TurnFeeds(kNow);
  schemas::WriteBatch batch;
  batch.changes.emplace_back(FeedAt("later.example", 0));
  Write(batch);
  const auto query = stream_.Want(kNow + 1, settings_all_.schedule);
  ASSERT_TRUE(query);
  const auto due = std::get<DueFeeds>(ReadDue(*reader_, *query));
  EXPECT_EQ(due.feeds.size(), 1U) << "what became due since";
  EXPECT_TRUE(due.read_to_end);
}

// A host's backlog goes on as fast as the host does, those that waited longest first.
TEST_F(Neighbours, HaveTheirOwnBacklogTakenInTurn) {
  AddFeeds(100, 0);
  reader_ = OpenReader();
  std::vector<std::string> urls;
  for (int second = 0; second < 120; ++second) {
    const auto now = kNow + second;
    if (const auto query = stream_.Want(now, settings_all_.schedule)) {
      stream_.TakeDue(std::get<DueFeeds>(ReadDue(*reader_, *query)), settings_all_.schedule);
    }
    std::vector<schemas::CrawlResult> skipped;
    while (auto request = stream_.Next(*blacklist_, now, skipped)) {
      requests_.push_back(*std::move(request));
    }
    if (requests_.empty()) continue;
    urls.push_back(requests_.front().url);
    Answer(requests_.front(), now);
    requests_.erase(requests_.begin());
    CommitFeeds(now);
    EXPECT_LE(stream_.Known(), 20U);
  }
  EXPECT_EQ(urls.size(), 100U);
  EXPECT_EQ(std::set<std::string>(urls.begin(), urls.end()).size(), 100U);
}

}  // namespace
}  // namespace saunter::crawler::loop
