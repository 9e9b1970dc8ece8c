// What saunter doctor has seen of this machine and of the installation: values, from which
// crawler/cli/doctor_checks.h makes its findings.
//
// Thread safety: values, no sharing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "schemas/outcome.h"
#include "schemas/settings.h"
#include "schemas/status.h"
#include "schemas/units.h"
#include "store/history.h"
#include "store/status.h"

namespace saunter::crawler::cli {

enum class FilePresence { kPresent, kAbsent, kHidden };  // kHidden: this user may not look there

// A file or folder, as far as this user may see it.
struct FileFacts {
  std::string path;
  FilePresence presence = FilePresence::kAbsent;
  std::string owner;  // a name, or a number where there is none
  std::string group;
  std::int64_t mode = 0;  // the permission bits
  std::int64_t bytes = 0;
  bool may_read = false;  // this user
  bool may_write = false;
};

struct SettingsFacts {
  std::string path;
  FilePresence presence = FilePresence::kAbsent;
  std::vector<std::string> problems;  // each with its line and key
  std::size_t given = 0;
};

struct UserFacts {
  std::string name;
  bool is_root = false;
};

struct DatabaseFacts {
  FileFacts folder;
  FileFacts file;
  std::vector<FileFacts> beside;          // of -wal, -shm, .lock, .control, those that there are
  std::vector<std::string> held_open_by;  // "saunter-api (812)": of those that this user may see
  bool left_alone = false;                // not opened, since opening it would make files beside it
  store::OpenStatus status = store::OpenStatus::kMissing;
  std::string status_detail;
  std::optional<std::string> problem;  // while reading, after it was opened
};

// Who writes: the lock as the kernel knows it, and the text that the holder left in the file.
struct LockFacts {
  enum class State { kFree, kHeld, kUnseen };
  State state = State::kFree;
  std::int64_t process_id = 0;  // of the holder, 0 if it is not known
  std::string text;             // "saunter-crawler, process 812"
  enum class Control { kAnswers, kRefuses, kAbsent, kHidden };
  Control control = Control::kAbsent;  // the crawler's socket
};

struct PlaceFacts {
  std::string what;  // "the database"
  std::string path;
  std::int64_t bytes_free = 0;  // for this user's kind
  std::int64_t bytes_total = 0;
  std::int64_t inodes_free = 0;
  std::int64_t inodes_total = 0;  // 0: this file system does not count them
};

struct BackupFacts {
  std::string folder;
  FilePresence presence = FilePresence::kAbsent;
  std::int64_t count = 0;
  std::optional<schemas::UnixSeconds> newest_at;
};

struct ClockFacts {
  enum class Sync { kYes, kNo, kUnknown };
  Sync sync = Sync::kUnknown;
};

struct NameFacts {
  std::string host;
  enum class Answer { kFound, kNoSuchName, kFailed };
  Answer answer = Answer::kFound;
  std::string detail;  // of kFailed
  std::int64_t duration_ms = 0;
};
struct DnsFacts {
  std::vector<std::string> servers;  // of resolv.conf
  std::vector<NameFacts> names;      // of the operator's own feeds
  bool ended = true;                 // false: the deadline came first
};

struct FetchFacts {
  std::string url;  // empty: there was none to ask
  bool ended = true;
  schemas::FetchOutcome outcome = schemas::FetchOutcome::kOk;
  int status = 0;
  std::string detail;
  std::int64_t duration_ms = 0;
  std::optional<std::int64_t> clock_ahead_s;    // this machine's clock, compared with the server's
  std::optional<std::int64_t> ca_bundle_bytes;  // absent: there is none
};

struct ApiFacts {
  std::string listen;
  bool connected = false;
  int status = 0;  // of /readyz; 0: no answer
  std::string reason;
  std::string detail;
  std::optional<std::int64_t> schema_version;  // of /v1/stats
  std::optional<std::int64_t> batches;
};

// What the database says.
struct CrawlFacts {
  schemas::Stats stats;
  std::vector<store::FeedCount> feed_counts;
  std::int64_t feeds_due = 0;
  std::optional<schemas::UnixSeconds> earliest_due_at;
};

enum class DoctorReach { kEverywhere, kThisMachine };  // --offline

struct DoctorFacts {
  schemas::UnixSeconds now = 0;
  std::string version;
  bool has_systemd = true;
  DoctorReach reach = DoctorReach::kEverywhere;
  schemas::Settings settings;
  SettingsFacts settings_file;
  UserFacts user;
  DatabaseFacts database;
  std::optional<FileFacts> receipt_key;
  LockFacts lock;
  std::vector<PlaceFacts> places;
  BackupFacts backup;
  ClockFacts clock;
  DnsFacts dns;
  FetchFacts fetch;
  ApiFacts api;
  std::optional<CrawlFacts> crawl;  // absent: the database cannot be read
};

}  // namespace saunter::crawler::cli
