// The checks of the machine: settings, permissions, database, lock, disk, backup, clock, log.

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <string>
#include <utility>

#include "crawler/cli/doctor_advice.h"
#include "crawler/cli/doctor_checks.h"
#include "crawler/cli/print.h"
#include "crawler/write/wal_level.h"

namespace saunter::crawler::cli {
namespace {

constexpr std::int64_t kMiB = 1024LL * 1024;
constexpr std::int64_t kFreeBytesMin = 100 * kMiB;  // below it the next hours may fill the disk
constexpr std::int64_t kFreeInodesMin = 100;
constexpr schemas::UnixSeconds kBackupAgeMax = 2 * 86400;
// Earlier than this release: no clock that is right says so.
constexpr schemas::UnixSeconds kReleasedAt = 1793491200;
constexpr std::int64_t kClockToleranceS = 60;
constexpr std::string_view kServiceUser = "saunter-crawler";

const FileFacts* Beside(const DatabaseFacts& database, std::string_view ending) {
  for (const auto& file : database.beside) {
    if (file.path.ends_with(ending)) return &file;
  }
  return nullptr;
}

// Files that another user made: the crawler may be unable to write them.
std::vector<const FileFacts*> Strangers(const DatabaseFacts& database) {
  std::vector<const FileFacts*> strangers;
  const auto look = [&](const FileFacts& file) {
    if (file.presence == FilePresence::kPresent && file.owner != database.folder.owner) {
      strangers.push_back(&file);
    }
  };
  look(database.file);
  std::ranges::for_each(database.beside, look);
  return strangers;
}

std::string Name(const FileFacts& file) { return file.path.substr(file.path.rfind('/') + 1); }

// Whether this user may not even see whether there is a database.
bool IsHidden(const DatabaseFacts& database) {
  return database.folder.presence == FilePresence::kHidden ||
         database.file.presence == FilePresence::kHidden;
}

// What is wrong with the folder itself; its state stays kOk if nothing is.
void JudgeFolder(const DoctorFacts& facts, DoctorFinding& finding) {
  const auto& folder = facts.database.folder;
  if (folder.presence == FilePresence::kAbsent) {
    finding.state = FindingState::kWrong;
    finding.found =
        folder.path + (facts.settings.store.url.empty()
                           ? ", the folder of the database, does not exist"
                           : ", where the crawler keeps its sockets and notes, does not exist");
    finding.advice = {AsRoot(facts,
                             "systemd-tmpfiles --create saunter.conf makes it; or set "
                             "store.path to a folder that there is")};
  } else if (IsHidden(facts.database)) {
    finding.state = FindingState::kUnknown;
    finding.found = facts.user.name + " may not look into " + folder.path;
    finding.advice = {"sudo saunter doctor sees all"};
  } else if (folder.owner == "root" && (facts.has_systemd || !facts.user.is_root)) {
    finding.state = FindingState::kWarning;
    finding.found = folder.path + " belongs to root, so that no crawler but root's can write there";
    finding.advice = {fmt::format("sudo chown {0}:{0} {1}", kServiceUser, folder.path)};
  }
}

}  // namespace

DoctorFinding JudgeSettings(const DoctorFacts& facts) {
  DoctorFinding finding{.name = "settings", .found = {}, .advice = {}, .causes = {}};
  const auto& file = facts.settings_file;
  if (file.presence == FilePresence::kHidden) {
    const bool is_crawlers = facts.user.name == facts.database.folder.owner;
    finding.state = is_crawlers ? FindingState::kWrong : FindingState::kUnknown;
    finding.found = fmt::format("{} may not read {}; what follows goes by the defaults",
                                facts.user.name, file.path);
    finding.advice = {is_crawlers ? "sudo chmod 644 " + file.path
                                  : std::string("sudo saunter doctor reads it")};
    return finding;
  }
  if (!file.problems.empty()) {
    finding.state = FindingState::kWrong;
    finding.found = file.problems.front();
    if (file.problems.size() > 1) {
      finding.found += fmt::format(" (and {} more)", file.problems.size() - 1);
    }
    finding.advice = {"saunter config check names all that is wrong; mend it, then " +
                      UnitCommand(facts, "restart", "saunter-crawler")};
    return finding;
  }
  finding.found =
      file.presence == FilePresence::kAbsent
          ? file.path + " is not there; the defaults hold"
          : fmt::format("{}: {} given, all others have their defaults", file.path, file.given);
  if (facts.settings.fetch.contact_url == schemas::FetchSettings().contact_url) {
    finding.state = FindingState::kWarning;
    finding.found += "; fetch.contact_url is still the example";
    finding.advice = {
        "set fetch.contact_url to a page of yours that says who asks: without it "
        "publishers block what they do not know"};
  }
  return finding;
}

DoctorFinding JudgePermissions(const DoctorFacts& facts) {
  DoctorFinding finding{.name = "permissions", .found = {}, .advice = {}, .causes = {}};
  const auto& database = facts.database;
  JudgeFolder(facts, finding);
  if (finding.state != FindingState::kOk) return finding;
  const auto& folder = database.folder;
  if (const auto strangers = Strangers(database); !strangers.empty()) {
    finding.state = FindingState::kWrong;
    std::string paths;
    for (const auto* file : strangers) {
      finding.found += (finding.found.empty() ? "" : ", ") + Name(*file);
      paths += " " + file->path;
    }
    finding.found +=
        fmt::format(" {} to {}, but the folder to {}, whose crawler cannot write {}",
                    strangers.size() == 1 ? "belongs" : "belong", strangers.front()->owner,
                    folder.owner, strangers.size() == 1 ? "it" : "them");
    finding.advice = {fmt::format("sudo chown {}:{}{}", folder.owner, folder.group, paths)};
    return finding;
  }
  if (const auto& key = facts.receipt_key; key && (key->mode & 077) != 0) {
    finding.state = FindingState::kWarning;
    finding.found = fmt::format("others than {} may use the key of receipts, {}: its mode is {:o}",
                                key->owner, key->path, key->mode);
    finding.advice = {AsRoot(facts, "chmod 600 " + key->path)};
    return finding;
  }
  finding.found = fmt::format("{} and all in it belong to {}", folder.path, folder.owner);
  const bool is_stranger = !facts.user.is_root && facts.user.name != folder.owner;
  if (is_stranger && folder.may_write) {
    finding.state = FindingState::kWarning;
    finding.found += fmt::format(
        ", but {} may write there too: what {} makes, the crawler may be unable to write",
        facts.user.name, facts.user.name);
    finding.advice = {"change the database as its owner: " + AsOwner(facts, "saunter …")};
  } else if (is_stranger) {
    finding.found += fmt::format("; {} may not write there: {} may", facts.user.name,
                                 AsOwner(facts, "saunter …"));
  } else if (facts.user.is_root && folder.owner != "root") {
    finding.found += "; what root makes there is given to that user";
  }
  return finding;
}

DoctorFinding JudgeDatabase(const DoctorFacts& facts) {
  DoctorFinding finding{
      .name = "database", .state = FindingState::kWrong, .found = {}, .advice = {}, .causes = {}};
  const auto& database = facts.database;
  if (database.left_alone) {
    finding.state = FindingState::kUnknown;
    finding.found =
        database.file.path +
        " is a copy that nobody has opened yet: a look inside would make files beside it";
    finding.advice = {UnitCommand(facts, "start", "saunter-crawler") +
                      " opens it; saunter db check looks at it whole"};
    return finding;
  }
  finding.found = database.status_detail;
  switch (database.status) {
    case store::OpenStatus::kOk:
      if (database.problem) {
        finding.found = database.file.path + " cannot be read whole: " + *database.problem;
        finding.advice = {"saunter db check says what is damaged and what to do"};
        return finding;
      }
      finding.state = FindingState::kOk;
      finding.found =
          fmt::format("{}: {}, schema {}", database.file.path, HumanBytes(database.file.bytes),
                      facts.crawl ? facts.crawl->stats.schema_version : 0);
      return finding;
    case store::OpenStatus::kMissing:
      finding.advice = {AsOwner(facts, "saunter import FILE makes it")};
      return finding;
    case store::OpenStatus::kOlderSchema:
      finding.advice = {UnitCommand(facts, "restart", "saunter-crawler") +
                        " migrates it; without a "
                        "crawler, saunter db migrate does"};
      return finding;
    case store::OpenStatus::kNewerSchema:
      finding.advice = {"install the release that last wrote it; nothing was touched"};
      return finding;
    case store::OpenStatus::kNotADatabase:
    case store::OpenStatus::kCorrupt:
      finding.advice = {"stop the crawler, then restore a backup: saunter db restore FILE"};
      return finding;
    case store::OpenStatus::kForeign:
      finding.advice = {"set store.path to a file of Saunter's own"};
      return finding;
    case store::OpenStatus::kLocked:
    case store::OpenStatus::kUnavailable:
      break;
  }
  const bool is_hidden = IsHidden(database) || (database.file.presence == FilePresence::kPresent &&
                                                !database.file.may_read);
  if (is_hidden) {
    finding.state = FindingState::kUnknown;
    finding.found = fmt::format("{} may not read {}", facts.user.name, database.file.path);
    finding.advice = {"sudo saunter doctor sees all; or become one of the group that may read it"};
  } else {
    finding.advice = {
        "try again in a moment; if it stays so, see the checks of disk and "
        "permissions"};
  }
  return finding;
}

DoctorFinding JudgeLock(const DoctorFacts& facts) {
  DoctorFinding finding{.name = "lock", .found = {}, .advice = {}, .causes = {}};
  const auto& lock = facts.lock;
  switch (lock.state) {
    case LockFacts::State::kUnseen:
      finding.state = FindingState::kUnknown;
      finding.found = "this user cannot see who writes the database";
      finding.advice = {"sudo saunter doctor sees it"};
      return finding;
    case LockFacts::State::kFree:
      finding.found = lock.text.empty()
                          ? "nobody writes the database"
                          : "nobody writes the database; " + lock.text +
                                " ended without a word, so the next writer looks it over first";
      return finding;
    case LockFacts::State::kHeld:
      break;
  }
  const auto holder = lock.text.empty() ? fmt::format("process {}", lock.process_id) : lock.text;
  finding.found = holder + " writes the database";
  if (!holder.starts_with("saunter")) {
    finding.state = FindingState::kWarning;
    finding.found += ", and is not Saunter";
    finding.advice = {fmt::format("ps {} says what it is; two programs must not write one database",
                                  lock.process_id)};
  } else if (!holder.starts_with("saunter-crawler")) {
    finding.found += ": a command, for a moment; the crawler waits for it";
  }
  return finding;
}

DoctorFinding JudgeDisk(const DoctorFacts& facts) {
  DoctorFinding finding{.name = "disk", .found = {}, .advice = {}, .causes = {}};
  if (facts.places.empty()) {
    finding.state = FindingState::kUnknown;
    finding.found = "the folder of the database cannot be looked at";
    return finding;
  }
  const auto worsen = [&](FindingState state, std::string found, std::string advice) {
    if (finding.state == FindingState::kWrong) return;
    finding.state = state;
    finding.found = std::move(found);
    finding.advice = {std::move(advice)};
  };
  finding.found =
      fmt::format("{} free of {} at {}", HumanBytes(facts.places.front().bytes_free),
                  HumanBytes(facts.places.front().bytes_total), facts.places.front().path);
  const auto database_bytes = facts.database.file.bytes;
  for (const auto& place : facts.places) {
    const auto free = fmt::format("{} free of {} at {} ({})", HumanBytes(place.bytes_free),
                                  HumanBytes(place.bytes_total), place.path, place.what);
    if (place.inodes_total > 0 && place.inodes_free < kFreeInodesMin) {
      worsen(FindingState::kWrong,
             fmt::format("only {} more files fit at {} ({})", place.inodes_free, place.path,
                         place.what),
             "remove files that nobody needs: df -i " + place.path + " shows how many there are");
    } else if (place.bytes_free < kFreeBytesMin) {
      const bool is_database = &place == &facts.places.front();
      worsen(is_database || place.bytes_free < kMiB ? FindingState::kWrong : FindingState::kWarning,
             "only " + free,
             is_database ? "make room: without it the crawler stops fetching until there is some; "
                           "du -xh " +
                               place.path + " shows what takes it"
                         : "make room there: du -xh " + place.path + " shows what takes it");
    } else if (place.bytes_free < 2 * database_bytes && finding.state == FindingState::kOk) {
      worsen(FindingState::kWarning,
             free + fmt::format("; the database has {}", HumanBytes(database_bytes)),
             "db restore and a new release need up to two and a half times the database beside it; "
             "make room before the next of these");
    }
  }
  return finding;
}

DoctorFinding JudgeBackup(const DoctorFacts& facts) {
  DoctorFinding finding{.name = "backup", .found = {}, .advice = {}, .causes = {}};
  const auto& backup = facts.backup;
  const auto one_now = UnitCommand(facts, "start", "saunter-backup") + " makes one now";
  switch (backup.presence) {
    case FilePresence::kAbsent:
      finding.state = FindingState::kWarning;
      finding.found = "there is no folder " + backup.folder + ": the timer has made no backup";
      finding.advice = {UnitCommand(facts, "enable --now", "saunter-backup.timer") +
                        ", unless you make backups in another way"};
      return finding;
    case FilePresence::kHidden:
      finding.state = FindingState::kUnknown;
      finding.found = facts.user.name + " may not look into " + backup.folder;
      finding.advice = {"sudo saunter doctor sees it"};
      return finding;
    case FilePresence::kPresent:
      break;
  }
  if (!backup.newest_at) {
    finding.state = FindingState::kWarning;
    finding.found = backup.folder + " holds no backup";
    finding.advice = {one_now};
    return finding;
  }
  finding.found = fmt::format("{} in {}, the newest of {}", backup.count, backup.folder,
                              HumanTime(backup.newest_at, facts.now));
  if (facts.now - *backup.newest_at > kBackupAgeMax) {
    finding.state = FindingState::kWarning;
    finding.advice = {one_now,
                      "systemctl status saunter-backup.timer saunter-backup says why none came"};
  }
  return finding;
}

DoctorFinding JudgeClock(const DoctorFacts& facts) {
  DoctorFinding finding{.name = "clock", .found = {}, .advice = {}, .causes = {}};
  const auto now = HumanTime(facts.now, facts.now);
  const auto stamp = now.substr(0, now.find(" ("));
  const auto set_right = AsRoot(facts, "timedatectl set-ntp true sets it, and keeps it right");
  // 0: none.
  const auto batch_at = facts.crawl ? facts.crawl->stats.last_batch_at.value_or(0) : 0;
  const auto ahead_s = facts.fetch.clock_ahead_s;
  finding.found = stamp;
  if (facts.now < kReleasedAt) {
    finding.state = FindingState::kWrong;
    finding.found += ": before this release was made";
    finding.advice = {set_right};
  } else if (batch_at > facts.now + kClockToleranceS) {
    finding.state = FindingState::kWrong;
    finding.found += fmt::format(", but the newest batch is of {} from now: the clock was set back",
                                 HumanDuration(batch_at - facts.now));
    finding.advice = {set_right};
  } else if (ahead_s && (*ahead_s > kClockToleranceS || *ahead_s < -kClockToleranceS)) {
    finding.state = FindingState::kWrong;
    finding.found += fmt::format(": {} {} of the clock of {}",
                                 HumanDuration(*ahead_s > 0 ? *ahead_s : -*ahead_s),
                                 *ahead_s > 0 ? "ahead" : "behind", facts.fetch.url);
    finding.advice = {set_right};
  } else if (facts.clock.sync == ClockFacts::Sync::kYes) {
    finding.found += ", kept right over the network";
  } else if (ahead_s) {
    finding.found += ", as a server of the web has it";
  } else if (facts.clock.sync == ClockFacts::Sync::kNo) {
    finding.state = FindingState::kWarning;
    finding.found += ", and no time service keeps it right";
    finding.advice = {set_right};
  }
  return finding;
}

DoctorFinding JudgeWal(const DoctorFacts& facts) {
  DoctorFinding finding{.name = "wal", .found = {}, .advice = {}, .causes = {}};
  const auto* wal = Beside(facts.database, "-wal");
  if (IsHidden(facts.database)) {
    finding.state = FindingState::kUnknown;
    finding.found = "this user cannot see the write-ahead log";
    return finding;
  }
  const auto bytes = wal == nullptr ? 0 : wal->bytes;
  const auto level = write::WalLevelOf(bytes, facts.settings.store);
  finding.found = fmt::format("the write-ahead log has {}", HumanBytes(bytes));
  if (level == write::WalLevel::kFine) return finding;
  finding.state = level == write::WalLevel::kWarn ? FindingState::kWarning : FindingState::kWrong;
  if (level == write::WalLevel::kNoFeeds) finding.found += ": the crawler fetches nothing";
  if (level == write::WalLevel::kNoProbes) finding.found += ": the crawler looks at no links";
  if (facts.lock.state == LockFacts::State::kFree) {
    finding.advice = {"the crawler empties it when it starts: " +
                      UnitCommand(facts, "start", "saunter-crawler")};
    return finding;
  }
  std::string holders;
  for (const auto& holder : facts.database.held_open_by) {
    holders += (holders.empty() ? "" : ", ") + holder;
  }
  finding.advice = {
      "a program that stays in one read keeps it from being emptied: end such a "
      "shell, backup or API" +
      (holders.empty() ? "; sudo saunter doctor says who has the database open"
                       : "; it is held open by " + holders)};
  return finding;
}

}  // namespace saunter::crawler::cli
