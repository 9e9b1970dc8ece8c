// An installation in which all is well, for the tests of what doctor makes of it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "crawler/cli/doctor_checks.h"

namespace saunter::crawler::cli {

inline constexpr schemas::UnixSeconds kDoctorNow = 1800000000;
inline constexpr std::int64_t kGiB = 1024LL * 1024 * 1024;

inline FileFacts File(const std::string& path, const std::string& owner = "saunter-crawler") {
  return {.path = path,
          .presence = FilePresence::kPresent,
          .owner = owner,
          .group = "saunter-crawler",
          .mode = 0640,
          .bytes = 4096,
          .may_read = true,
          .may_write = false};
}

// An installation in which all is well, as root sees it.
class Doctor : public testing::Test {
 protected:
  Doctor() {
    facts.now = kDoctorNow;
    facts.version = "1.0";
    facts.settings.fetch.contact_url = "https://walk.example/bot";
    facts.settings_file = {.path = "/etc/saunter/saunter.toml",
                           .presence = FilePresence::kPresent,
                           .problems = {},
                           .given = 3};
    facts.user = {.name = "root", .is_root = true};
    facts.database.folder = File("/var/lib/saunter-crawler");
    facts.database.file = File("/var/lib/saunter-crawler/saunter.db");
    facts.database.beside = {File("/var/lib/saunter-crawler/saunter.db-wal")};
    facts.database.status = store::OpenStatus::kOk;
    facts.lock = {.state = LockFacts::State::kHeld,
                  .process_id = 812,
                  .text = "saunter-crawler, process 812",
                  .control = LockFacts::Control::kAnswers};
    facts.places = {{.what = "the database",
                     .path = "/var/lib/saunter-crawler",
                     .bytes_free = 40 * kGiB,
                     .bytes_total = 50 * kGiB,
                     .inodes_free = 100000,
                     .inodes_total = 200000}};
    facts.backup = {.folder = "/var/lib/saunter-backup",
                    .presence = FilePresence::kPresent,
                    .count = 7,
                    .newest_at = kDoctorNow - 3600};
    facts.clock = {ClockFacts::Sync::kYes};
    facts.dns = {.servers = {"127.0.0.53"},
                 .names = {{.host = "a.example",
                            .answer = NameFacts::Answer::kFound,
                            .detail = {},
                            .duration_ms = 12}},
                 .ended = true};
    facts.fetch = {.url = "https://a.example/robots.txt",
                   .ended = true,
                   .outcome = schemas::FetchOutcome::kOk,
                   .status = 200,
                   .detail = {},
                   .duration_ms = 80,
                   .clock_ahead_s = 0,
                   .ca_bundle_bytes = 200000};
    facts.api = {.listen = "127.0.0.1:8080",
                 .connected = true,
                 .status = 200,
                 .reason = {},
                 .detail = {},
                 .schema_version = 13,
                 .batches = 500};
    facts.crawl.emplace();
    auto& stats = facts.crawl->stats;
    stats.schema_version = 13;
    stats.feeds = 300;
    stats.sites = 400;
    stats.links_in_pool = 9000;
    stats.batches = 501;
    stats.last_batch_at = kDoctorNow - 2;
    stats.crawler.emplace();
    stats.crawler->version = "1.0";
    stats.crawler->reported_at = kDoctorNow - 4;
    facts.crawl->feed_counts =
        Asked({{schemas::FetchOutcome::kOk, 290}, {schemas::FetchOutcome::kTimeout, 10}});
  }

  // Active feeds by the outcome of their last fetch.
  static std::vector<store::FeedCount> Asked(
      const std::vector<std::pair<schemas::FetchOutcome, std::int64_t>>& by_outcome) {
    std::vector<store::FeedCount> counts;
    counts.reserve(by_outcome.size());
    for (const auto& [outcome, feeds] : by_outcome) {
      const bool is_good =
          outcome == schemas::FetchOutcome::kOk || outcome == schemas::FetchOutcome::kNotModified;
      counts.push_back({.last_outcome = outcome, .is_failing = !is_good, .feeds = feeds});
    }
    return counts;
  }

  // A finding of this state that says these words and gives this advice.
  static void Expect(const DoctorFinding& finding, FindingState state, const std::string& found,
                     const std::string& advice = {}) {
    EXPECT_EQ(finding.state, state) << finding.found;
    EXPECT_THAT(finding.found, ::testing::HasSubstr(found));
    if (!advice.empty()) {
      EXPECT_THAT(finding.advice, ::testing::Contains(::testing::HasSubstr(advice)));
    }
    // Who is told that something is wrong is told what to do.
    if (state == FindingState::kWrong || state == FindingState::kWarning) {
      EXPECT_THAT(finding.advice, ::testing::Not(::testing::IsEmpty())) << finding.found;
    }
  }

  DoctorFacts facts;
};

}  // namespace saunter::crawler::cli
