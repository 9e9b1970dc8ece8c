#include "crawler/cli/doctor_checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/crawler/cli/doctor_installation.h"

namespace saunter::crawler::cli {
namespace {

using schemas::FetchOutcome;
using ::testing::IsEmpty;

TEST_F(Doctor, FindsNothingWhereAllIsWell) {
  const auto findings = JudgeAll(facts);
  EXPECT_EQ(findings.size(), 14U);
  for (const auto& finding : findings) {
    EXPECT_EQ(finding.state, FindingState::kOk) << finding.name << ": " << finding.found;
    EXPECT_THAT(finding.advice, IsEmpty()) << finding.name;
    EXPECT_FALSE(finding.found.empty()) << finding.name;
  }
  EXPECT_EQ(ExitCodeOf(findings), ExitCode::kDone);
}

TEST_F(Doctor, EndsWithOneIfAnythingIsWrongAndWithThreeIfItIsTheDatabase) {
  facts.backup.presence = FilePresence::kAbsent;
  EXPECT_EQ(ExitCodeOf(JudgeAll(facts)), ExitCode::kDone) << "a warning alone";
  facts.api.connected = false;
  EXPECT_EQ(ExitCodeOf(JudgeAll(facts)), ExitCode::kPartlyFailed);
  facts.database.status = store::OpenStatus::kCorrupt;
  EXPECT_EQ(ExitCodeOf(JudgeAll(facts)), ExitCode::kNoDatabase);
}

TEST_F(Doctor, NamesWhatIsWrongWithTheSettings) {
  facts.settings_file.problems = {"saunter.toml:2: unknown setting", "saunter.toml:5: too large"};
  Expect(JudgeSettings(facts), FindingState::kWrong, "saunter.toml:2: unknown setting (and 1 more)",
         "saunter config check");
  facts.settings_file.problems.clear();
  facts.settings_file.presence = FilePresence::kAbsent;
  Expect(JudgeSettings(facts), FindingState::kOk, "the defaults hold");
  facts.settings.fetch.contact_url = schemas::FetchSettings().contact_url;
  Expect(JudgeSettings(facts), FindingState::kWarning, "contact_url", "a page of yours");
}

TEST_F(Doctor, TellsSettingsThatTheCrawlerCannotReadFromThoseThatOnlyThisUserCannot) {
  facts.user = {.name = "ann", .is_root = false};
  facts.settings_file.presence = FilePresence::kHidden;
  Expect(JudgeSettings(facts), FindingState::kUnknown, "ann may not read", "sudo saunter doctor");
  facts.user.name = "saunter-crawler";
  Expect(JudgeSettings(facts), FindingState::kWrong, "may not read", "chmod 644");
}

TEST_F(Doctor, NamesFilesThatTheCrawlerCannotWrite) {
  facts.database.beside.push_back(File("/var/lib/saunter-crawler/saunter.db.lock", "root"));
  Expect(JudgePermissions(facts), FindingState::kWrong, "saunter.db.lock belongs to root",
         "sudo chown saunter-crawler:saunter-crawler /var/lib/saunter-crawler/saunter.db.lock");
}

TEST_F(Doctor, WarnsAUserWhoMayWriteBeforeHeMakesFilesOfHisOwn) {
  facts.user = {.name = "ann", .is_root = false};
  Expect(JudgePermissions(facts), FindingState::kOk, "ann may not write there");
  facts.database.folder.may_write = true;
  Expect(JudgePermissions(facts), FindingState::kWarning, "ann may write there too",
         "sudo -u saunter-crawler saunter");
}

TEST_F(Doctor, SaysWhereTheFolderIsMissingOrHidden) {
  facts.database.folder.presence = FilePresence::kAbsent;
  Expect(JudgePermissions(facts), FindingState::kWrong, "does not exist", "systemd-tmpfiles");
  facts.database.folder.presence = FilePresence::kPresent;
  facts.database.file.presence = FilePresence::kHidden;
  facts.database.status = store::OpenStatus::kUnavailable;
  facts.user = {.name = "ann", .is_root = false};
  Expect(JudgePermissions(facts), FindingState::kUnknown, "ann may not look into",
         "sudo saunter doctor");
  EXPECT_EQ(JudgeDatabase(facts).state, FindingState::kUnknown);
  EXPECT_EQ(JudgeWal(facts).state, FindingState::kUnknown);
}

TEST_F(Doctor, WarnsOfAFolderThatNoServiceMayWrite) {
  facts.database.folder.owner = facts.database.file.owner = "root";
  for (auto& file : facts.database.beside) file.owner = "root";
  Expect(JudgePermissions(facts), FindingState::kWarning, "belongs to root", "chown");
  facts.has_systemd = false;
  EXPECT_EQ(JudgePermissions(facts).state, FindingState::kOk) << "a container's root";
}

TEST_F(Doctor, WarnsOfAKeyThatOthersMayRead) {
  facts.receipt_key = File("/var/lib/saunter-api/receipt.key", "saunter-api");
  Expect(JudgePermissions(facts), FindingState::kWarning, "its mode is 640", "chmod 600");
  facts.receipt_key->mode = 0600;
  EXPECT_EQ(JudgePermissions(facts).state, FindingState::kOk);
}

TEST_F(Doctor, KnowsWhatToDoAboutEveryDatabaseThatCannotBeUsed) {
  const std::vector<std::pair<store::OpenStatus, std::string>> cases = {
      {store::OpenStatus::kMissing, "saunter import"},
      {store::OpenStatus::kNotADatabase, "saunter db restore"},
      {store::OpenStatus::kForeign, "store.path"},
      {store::OpenStatus::kOlderSchema, "saunter db migrate"},
      {store::OpenStatus::kNewerSchema, "install the release"},
      {store::OpenStatus::kCorrupt, "saunter db restore"},
      {store::OpenStatus::kUnavailable, "try again"}};
  facts.database.status_detail = "what the store says";
  for (const auto& [status, advice] : cases) {
    facts.database.status = status;
    Expect(JudgeDatabase(facts), FindingState::kWrong, "what the store says", advice);
  }
  facts.database.file.may_read = false;
  Expect(JudgeDatabase(facts), FindingState::kUnknown, "may not read", "sudo saunter doctor");
}

TEST_F(Doctor, LeavesACopyAloneThatNobodyHasOpened) {
  facts.database.left_alone = true;
  Expect(JudgeDatabase(facts), FindingState::kUnknown, "would make files", "saunter db check");
}

TEST_F(Doctor, SaysWhatFailedWhileTheDatabaseWasRead) {
  facts.database.problem = "database disk image is malformed";
  Expect(JudgeDatabase(facts), FindingState::kWrong, "malformed", "saunter db check");
}

TEST_F(Doctor, DoesNotMindALockFileThatNobodyHolds) {
  facts.lock.state = LockFacts::State::kFree;
  Expect(JudgeLock(facts), FindingState::kOk, "saunter-crawler, process 812 ended without a word");
  facts.lock.text.clear();
  Expect(JudgeLock(facts), FindingState::kOk, "nobody writes");
}

TEST_F(Doctor, SaysWhoWrites) {
  Expect(JudgeLock(facts), FindingState::kOk, "saunter-crawler, process 812 writes the database");
  facts.lock.text = "saunter, process 900";
  Expect(JudgeLock(facts), FindingState::kOk, "a command, for a moment");
  facts.lock.text = "rsync";
  Expect(JudgeLock(facts), FindingState::kWarning, "is not Saunter", "ps 812");
  facts.lock.state = LockFacts::State::kUnseen;
  Expect(JudgeLock(facts), FindingState::kUnknown, "cannot see", "sudo saunter doctor");
}

TEST_F(Doctor, WeighsTheRoomAgainstTheDatabase) {
  facts.database.file.bytes = 30 * kGiB;
  Expect(JudgeDisk(facts), FindingState::kWarning, "40.0 GiB free of 50.0 GiB", "make room");
  facts.places[0].bytes_free = 1024;
  Expect(JudgeDisk(facts), FindingState::kWrong, "only 1.0 KiB free", "stops fetching");
  facts.places[0].bytes_free = 45 * kGiB;
  facts.places[0].inodes_free = 3;
  Expect(JudgeDisk(facts), FindingState::kWrong, "only 3 more files fit", "df -i");
  facts.places[0].inodes_total = 0;
  facts.database.file.bytes = 1024;
  Expect(JudgeDisk(facts), FindingState::kOk, "45.0 GiB free");
  facts.places.clear();
  EXPECT_EQ(JudgeDisk(facts).state, FindingState::kUnknown);
}

TEST_F(Doctor, LooksAtTheDiskOfTheBackupsToo) {
  auto place = facts.places[0];
  place.what = "its backups";
  place.path = "/var/lib/saunter-backup";
  place.bytes_free = 0;
  facts.places.push_back(place);
  Expect(JudgeDisk(facts), FindingState::kWrong, "/var/lib/saunter-backup", "make room there");
}

TEST_F(Doctor, WarnsOfABackupThatIsOldOrMissing) {
  facts.backup.newest_at = kDoctorNow - 3 * 86400;
  Expect(JudgeBackup(facts), FindingState::kWarning, "3 days ago",
         "systemctl status saunter-backup");
  facts.backup.newest_at.reset();
  Expect(JudgeBackup(facts), FindingState::kWarning, "holds no backup", "start saunter-backup");
  facts.backup.presence = FilePresence::kAbsent;
  Expect(JudgeBackup(facts), FindingState::kWarning, "no folder", "saunter-backup.timer");
  facts.backup.presence = FilePresence::kHidden;
  EXPECT_EQ(JudgeBackup(facts).state, FindingState::kUnknown);
}

TEST_F(Doctor, SeesAClockThatIsWrong) {
  facts.fetch.clock_ahead_s = 3600;
  Expect(JudgeClock(facts), FindingState::kWrong, "60 min ahead of the clock of https://a.example",
         "timedatectl set-ntp true");
  facts.fetch.clock_ahead_s = -90;
  Expect(JudgeClock(facts), FindingState::kWrong, "90 s behind");
  facts.crawl->stats.last_batch_at = kDoctorNow + 86400;
  Expect(JudgeClock(facts), FindingState::kWrong, "the clock was set back");
  facts.now = 1000000000;
  Expect(JudgeClock(facts), FindingState::kWrong, "before this release was made");
}

TEST_F(Doctor, TakesAServersWordForAClockThatNothingKeepsRight) {
  facts.clock.sync = ClockFacts::Sync::kNo;
  Expect(JudgeClock(facts), FindingState::kOk, "as a server of the web has it");
  facts.fetch.clock_ahead_s.reset();
  Expect(JudgeClock(facts), FindingState::kWarning, "no time service", "set-ntp");
  facts.clock.sync = ClockFacts::Sync::kUnknown;
  EXPECT_EQ(JudgeClock(facts).state, FindingState::kOk);
}

TEST_F(Doctor, NamesWhoKeepsALargeLogFromBeingEmptied) {
  facts.database.held_open_by = {"saunter-api (900)", "sqlite3 (901)"};
  auto& wal = facts.database.beside[0];
  wal.bytes = facts.settings.store.wal_warn_bytes;
  Expect(JudgeWal(facts), FindingState::kWarning, "64.0 MiB", "sqlite3 (901)");
  wal.bytes = facts.settings.store.wal_probes_bytes_max;
  Expect(JudgeWal(facts), FindingState::kWrong, "looks at no links");
  wal.bytes = facts.settings.store.wal_feeds_bytes_max;
  Expect(JudgeWal(facts), FindingState::kWrong, "fetches nothing");
  facts.lock.state = LockFacts::State::kFree;
  Expect(JudgeWal(facts), FindingState::kWrong, "1.0 GiB", "the crawler empties it");
}

TEST_F(Doctor, TellsAResolverThatIsSilentFromANameThatIsNotThere) {
  auto& name = facts.dns.names[0];
  name.answer = NameFacts::Answer::kFailed;
  name.detail = "Temporary failure in name resolution";
  Expect(JudgeDns(facts), FindingState::kWrong, "a.example: Temporary failure", "/etc/resolv.conf");
  name.answer = NameFacts::Answer::kNoSuchName;
  Expect(JudgeDns(facts), FindingState::kWarning, "a.example: no such name", "resolvectl query");
  facts.dns.names.push_back(
      {.host = "b.example", .answer = NameFacts::Answer::kFound, .detail = {}, .duration_ms = 9});
  Expect(JudgeDns(facts), FindingState::kOk, "1 of 2 names found");
  facts.dns.names[1].duration_ms = 3000;
  Expect(JudgeDns(facts), FindingState::kWarning, "3000 ms", "resolver");
  facts.dns.ended = false;
  Expect(JudgeDns(facts), FindingState::kWrong, "no name is found");
}

TEST_F(Doctor, KnowsThatTheCrawlersUnitMayNotAskAResolverNearby) {
  facts.crawl->stats.crawler->outage_at = kDoctorNow - 60;
  EXPECT_EQ(JudgeDns(facts).state, FindingState::kOk);
  facts.dns.servers = {"192.168.1.1"};
  Expect(JudgeDns(facts), FindingState::kWarning, "private address", "IPAddressAllow");
}

TEST_F(Doctor, SaysThatNoServerIsNamed) {
  facts.dns.servers.clear();
  facts.dns.names[0].answer = NameFacts::Answer::kFailed;
  Expect(JudgeDns(facts), FindingState::kWrong, "/etc/resolv.conf names no server");
}

TEST_F(Doctor, AsksNothingBeyondThisMachineOffline) {
  facts.reach = DoctorReach::kThisMachine;
  Expect(JudgeDns(facts), FindingState::kUnknown, "--offline");
  Expect(JudgeOutbound(facts), FindingState::kUnknown, "--offline");
}

TEST_F(Doctor, TakesAnyAnswerForAWayOut) {
  facts.fetch.outcome = FetchOutcome::kNotFound;
  facts.fetch.status = 404;
  Expect(JudgeOutbound(facts), FindingState::kOk, "answered 404 in 80 ms");
}

TEST_F(Doctor, KnowsWhatToDoWhereNothingComesBack) {
  facts.fetch.status = 0;
  facts.fetch.detail = "the host did not answer";
  const std::vector<std::pair<FetchOutcome, std::string>> cases = {
      {FetchOutcome::kTimeout, "firewall"},
      {FetchOutcome::kTlsUntrusted, "ca-certificates"},
      {FetchOutcome::kTlsExpired, "clock"},
      {FetchOutcome::kResolverFailure, "dns"}};
  for (const auto& [outcome, advice] : cases) {
    facts.fetch.outcome = outcome;
    Expect(JudgeOutbound(facts), FindingState::kWrong, "the host did not answer", advice);
  }
  facts.fetch.outcome = FetchOutcome::kDnsFailure;
  Expect(JudgeOutbound(facts), FindingState::kUnknown, "there is no such host");
  facts.fetch.ended = false;
  Expect(JudgeOutbound(facts), FindingState::kWrong, "before the time was up");
  facts.fetch.ca_bundle_bytes.reset();
  Expect(JudgeOutbound(facts), FindingState::kWrong, "no certificate is trusted",
         "apt install ca-certificates");
}

TEST_F(Doctor, TellsACrawlerThatWasStoppedFromOneThatDied) {
  facts.lock.state = LockFacts::State::kFree;
  Expect(JudgeCrawler(facts), FindingState::kWrong, "ended without a word", "journalctl");
  facts.crawl->stats.crawler->stopped_at = kDoctorNow - 7200;
  Expect(JudgeCrawler(facts), FindingState::kWarning, "it was stopped", "start saunter-crawler");
  facts.crawl->stats.crawler.reset();
  Expect(JudgeCrawler(facts), FindingState::kWrong, "never has", "enable --now saunter-crawler");
  facts.lock.state = LockFacts::State::kHeld;
  facts.lock.text = "saunter, process 900";
  Expect(JudgeCrawler(facts), FindingState::kWrong, "it does not run");
}

TEST_F(Doctor, TakesTheCrawlersOwnWordForWhatIsWrong) {
  auto& crawler = *facts.crawl->stats.crawler;
  crawler.problem = "the disk is full";
  Expect(JudgeCrawler(facts), FindingState::kWrong, "it says: the disk is full");
  crawler.problem.clear();
  crawler.outage_at = kDoctorNow - 600;
  Expect(JudgeCrawler(facts), FindingState::kWrong, "no host has answered since");
  crawler.outage_at.reset();
  crawler.reported_at = kDoctorNow - 3600;
  Expect(JudgeCrawler(facts), FindingState::kWrong, "written nothing since", "restart");
  crawler.reported_at = kDoctorNow;
  crawler.version = "0.9";
  Expect(JudgeCrawler(facts), FindingState::kWarning, "it is 0.9, this program 1.0", "restart");
  facts.lock.control = LockFacts::Control::kRefuses;
  Expect(JudgeCrawler(facts), FindingState::kWarning, "control socket", "try again");
}

TEST_F(Doctor, HandsOnWhyTheApiHasNothingToGive) {
  facts.api.status = 503;
  facts.api.reason = "no_feeds";
  facts.api.detail = "There are no feeds yet; add some with `saunter import FILE`.";
  Expect(JudgeApi(facts), FindingState::kWrong, "(no_feeds): There are no feeds yet");
  facts.api.status = 0;
  Expect(JudgeApi(facts), FindingState::kWrong, "no answer in time", "restart saunter-api");
  facts.api.status = 404;
  Expect(JudgeApi(facts), FindingState::kWrong, "another program");
  facts.api.connected = false;
  Expect(JudgeApi(facts), FindingState::kWrong, "nothing listens at 127.0.0.1:8080",
         "start saunter-api");
}

TEST_F(Doctor, SeesAnApiThatReadsAnotherDatabase) {
  facts.api.batches = 3;
  Expect(JudgeApi(facts), FindingState::kWrong, "over another database", "restart saunter-api");
  facts.api.batches = 501;
  facts.api.schema_version = 12;
  Expect(JudgeApi(facts), FindingState::kWrong, "over another database");
}

TEST_F(Doctor, CountsFailingFeedsByCauseTheMostFirst) {
  facts.crawl->feed_counts = Asked({{FetchOutcome::kOk, 80},
                                    {FetchOutcome::kNotModified, 10},
                                    {FetchOutcome::kDnsFailure, 3},
                                    {FetchOutcome::kTimeout, 7}});
  const auto finding = JudgeFeeds(facts);
  Expect(finding, FindingState::kOk, "10 of 100 that were asked failed last time (10 %)");
  ASSERT_EQ(finding.causes.size(), 2U);
  EXPECT_EQ(finding.causes[0].outcome, FetchOutcome::kTimeout);
  EXPECT_EQ(finding.causes[0].feeds, 7);
  EXPECT_DOUBLE_EQ(finding.causes[0].share, 0.07);
  EXPECT_EQ(finding.causes[0].command,
            "saunter feed list --state active --failing --outcome timeout");
}

TEST_F(Doctor, CountsNoFeedThatIsNotAsked) {
  facts.crawl->feed_counts = Asked({{FetchOutcome::kOk, 80}, {FetchOutcome::kTimeout, 20}});
  facts.crawl->feed_counts.push_back({.state = schemas::FeedState::kPaused,
                                      .last_outcome = FetchOutcome::kTimeout,
                                      .is_failing = true,
                                      .feeds = 50});
  facts.crawl->feed_counts.push_back({.state = schemas::FeedState::kGone,
                                      .last_outcome = FetchOutcome::kGone,
                                      .is_failing = true,
                                      .feeds = 50});
  facts.crawl->feed_counts.push_back({.last_outcome = {}, .is_failing = false, .feeds = 50});
  const auto finding = JudgeFeeds(facts);
  Expect(finding, FindingState::kOk, "20 of 100 that were asked failed");
  ASSERT_EQ(finding.causes.size(), 1U);
  EXPECT_EQ(finding.causes[0].feeds, 20);
}

TEST_F(Doctor, SaysThatSoManyFailuresAreRarelyThePublishersFault) {
  facts.crawl->feed_counts = Asked({{FetchOutcome::kOk, 60}, {FetchOutcome::kTlsExpired, 40}});
  Expect(JudgeFeeds(facts), FindingState::kWarning, "40 of 100", "check this machine's clock");
  facts.crawl->feed_counts = Asked({{FetchOutcome::kOk, 6}, {FetchOutcome::kTlsExpired, 94}});
  Expect(JudgeFeeds(facts), FindingState::kWrong, "94 of 100");
  facts.crawl->feed_counts = Asked({{FetchOutcome::kTimeout, 3}});
  Expect(JudgeFeeds(facts), FindingState::kOk, "3 of 3");
}

TEST_F(Doctor, KnowsAdviceForEveryWayInWhichAFetchEnds) {
  for (int i = 0; i < schemas::kFetchOutcomeCount; ++i) {
    const auto outcome = static_cast<FetchOutcome>(i);
    facts.crawl->feed_counts = Asked({{outcome, 1}});
    const auto finding = JudgeFeeds(facts);
    const bool is_good = outcome == FetchOutcome::kOk || outcome == FetchOutcome::kNotModified;
    ASSERT_EQ(finding.causes.size(), is_good ? 0U : 1U) << i;
    for (const auto& cause : finding.causes) EXPECT_NE(cause.advice, "") << cause.command;
  }
}

TEST_F(Doctor, SeesACrawlThatCannotGoOn) {
  auto& stats = facts.crawl->stats;
  facts.crawl->earliest_due_at = kDoctorNow - 5 * 3600;
  facts.crawl->feeds_due = 5000;
  Expect(JudgeCrawl(facts), FindingState::kWarning, "5000 due", "does not keep up");
  facts.crawl->feeds_due = 3;
  EXPECT_EQ(JudgeCrawl(facts).state, FindingState::kOk);
  stats.sites_blacklisted = 300;
  Expect(JudgeCrawl(facts), FindingState::kWarning, "300 of 400 sites", "saunter blacklist list");
  stats.links_in_pool = 7;
  Expect(JudgeCrawl(facts), FindingState::kWarning, "7 links to give", "add feeds");
  stats.feeds_paused = stats.feeds;
  Expect(JudgeCrawl(facts), FindingState::kWarning, "", "saunter feed resume");
  stats.feeds = 0;
  Expect(JudgeCrawl(facts), FindingState::kWarning, "there are no feeds", "saunter import");
}

TEST_F(Doctor, KnowsNothingOfFeedsWithoutADatabase) {
  facts.crawl.reset();
  EXPECT_EQ(JudgeCrawl(facts).state, FindingState::kUnknown);
  EXPECT_EQ(JudgeFeeds(facts).state, FindingState::kUnknown);
  facts.lock.state = LockFacts::State::kFree;
  Expect(JudgeCrawler(facts), FindingState::kWrong, "it does not run", "start saunter-crawler");
}

}  // namespace
}  // namespace saunter::crawler::cli
