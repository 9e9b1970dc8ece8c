// The crawler's metrics, as Prometheus would read them from the running daemon.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <charconv>
#include <csignal>

#include "tests/end_to_end/house.h"

namespace saunter::end_to_end {
namespace {

using ::testing::HasSubstr;

constexpr int kGoodSites = 3;
constexpr int kPosts = 2;

// Posts on every site but the last, where nothing is found.
support::OriginAnswer AnswerSite(const support::OriginRequest& request) {
  support::OriginAnswer answer;
  if (request.address == SiteAddress(kGoodSites)) {
    answer.status = 404;
  } else if (request.target == "/feed") {
    answer.headers = {{"Content-Type", "application/rss+xml"}};
    answer.body = RssFeed("http://" + std::string(request.Header("Host")), 1, kPosts);
  }
  return answer;
}

class MetricsTest : public ::testing::Test {
 protected:
  // Returns once the port is known.
  void Start() {
    crawler_ = house_.StartCrawler({"--metrics.listen", "127.0.0.1:0"});
    constexpr std::string_view kSays = "metrics on port ";
    const auto line = crawler_->WaitForLine(kSays, kDeadline);
    ASSERT_TRUE(line) << crawler_->Errors();
    const auto* digits = line->data() + line->find(kSays) + kSays.size();
    std::from_chars(digits, line->data() + line->size(), port_);
  }
  std::string Scrape() const {
    const auto answer = support::Get(port_, "/metrics", {}, kDeadline);
    return answer && answer->status == 200 ? answer->body : std::string();
  }
  // The value of that sample, -1 if there is none.
  static double Value(const std::string& scrape, const std::string& sample) {
    const auto at = scrape.find("\n" + sample + " ");
    if (at == std::string::npos) return -1;
    return std::strtod(scrape.c_str() + at + sample.size() + 2, nullptr);
  }

  House house_{AnswerSite};
  std::unique_ptr<support::Process> crawler_;
  int port_ = 0;
};

TEST_F(MetricsTest, SayWhatTheCrawlerHasDone) {
  std::vector<std::string> urls;
  for (int i = 0; i <= kGoodSites; ++i)
    urls.push_back(house_.origin().Url(SiteAddress(i), "/feed"));
  ASSERT_EQ(house_.Import(urls).exit_code, 0);
  Start();
  const auto done = [&] {
    const auto scrape = Scrape();
    return Value(scrape, "saunter_feeds_fetched_total{outcome=\"ok\"}") == kGoodSites &&
           Value(scrape, "saunter_probes_total{verdict=\"alive\"}") == kGoodSites * kPosts &&
           Value(scrape, "saunter_in_flight") == 0 && Value(scrape, "saunter_queue_results") == 0;
  };
  ASSERT_TRUE(support::WaitUntil(done, kDeadline)) << Scrape() << crawler_->Errors();
  const auto scrape = Scrape();
  EXPECT_EQ(Value(scrape, "saunter_feeds_fetched_total{outcome=\"not_found\"}"), 1) << scrape;
  EXPECT_EQ(Value(scrape, "saunter_entries_total"), kGoodSites * kPosts);
  EXPECT_EQ(Value(scrape, "saunter_feeds_due"), 0);
  EXPECT_EQ(Value(scrape, "saunter_links_due"), 0);
  EXPECT_EQ(Value(scrape, "saunter_outage"), 0);
  EXPECT_EQ(Value(scrape, "saunter_writes_held_up"), 0);
  EXPECT_EQ(Value(scrape, "saunter_sites_blacklisted"), 0);
  EXPECT_EQ(Value(scrape, "saunter_sites_blacklisted_by_rule_total"), 0);
  EXPECT_EQ(Value(scrape, "saunter_queue_bytes"), 0);
  EXPECT_GT(Value(scrape, "saunter_wal_bytes"), 0);
  EXPECT_GT(Value(scrape, "saunter_database_bytes"), 0);
  EXPECT_GT(Value(scrape, "saunter_disk_free_bytes"), 0);
  EXPECT_GE(Value(scrape, "saunter_disk_bytes"), Value(scrape, "saunter_disk_free_bytes"));
  EXPECT_GT(Value(scrape, "saunter_last_commit_timestamp_seconds"), 0);
  EXPECT_THAT(scrape, HasSubstr("# TYPE saunter_commit_failures_total counter\n"));
  const auto body_bytes = Value(scrape, "saunter_body_bytes_total");
  EXPECT_GT(body_bytes, 3 * 300);
  EXPECT_EQ(Value(scrape, "saunter_wire_bytes_total"), body_bytes);  // nothing was compressed
  const auto batches = Value(scrape, "saunter_batch_rows_count");
  EXPECT_GE(batches, 1);
  EXPECT_GE(Value(scrape, "saunter_batch_rows_sum"), (kGoodSites + 1) + 2 * kGoodSites * kPosts);
  EXPECT_EQ(Value(scrape, "saunter_commit_seconds_count"), batches);
  EXPECT_EQ(Value(scrape, "saunter_commit_seconds_bucket{le=\"+Inf\"}"), batches);

  ASSERT_EQ(house_.Saunter({"blacklist", "add", SiteAddress(0), "--reason", "a test"}).exit_code,
            0);
  const auto blacklisted = [&] { return Value(Scrape(), "saunter_sites_blacklisted") == 1; };
  EXPECT_TRUE(support::WaitUntil(blacklisted, kDeadline)) << Scrape();
  crawler_->Signal(SIGTERM);
  EXPECT_EQ(crawler_->WaitForExit(kDeadline), 0) << crawler_->Errors();
}

TEST_F(MetricsTest, AreServedOnLoopbackAlone) {
  for (const auto* listen : {"0.0.0.0:9464", "192.168.1.1:9464", "[::]:9464", "localhost", "9464",
                             "127.0.0.1", "127.0.0.1:x", "127.0.0.1:65536", "[::1:9464"}) {
    auto crawler = house_.StartCrawler({"--metrics.listen", listen});
    EXPECT_EQ(crawler->WaitForExit(kDeadline), 2) << listen;
    EXPECT_THAT(crawler->Errors(), HasSubstr("metrics.listen takes a loopback address"));
  }
}

TEST_F(MetricsTest, AreNotServedUnlessAskedFor) {
  auto crawler = house_.StartCrawler();
  ASSERT_TRUE(crawler->WaitForLine("writes", kDeadline));
  EXPECT_THAT(crawler->Errors(), ::testing::Not(HasSubstr("metrics on")));
  crawler->Signal(SIGTERM);
  EXPECT_EQ(crawler->WaitForExit(kDeadline), 0);
}

}  // namespace
}  // namespace saunter::end_to_end
