#include "crawler/cli/doctor_gather.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <spdlog/fmt/fmt.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/timex.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string_view>
#include <utility>

#include "crawler/cli/database.h"
#include "crawler/write/control.h"
#include "crawler/write/unix_socket.h"

namespace saunter::crawler::cli {
namespace {

constexpr std::string_view kBackupFolder = "/var/lib/saunter-backup";
constexpr std::int64_t kQueryMsMax = 3000;
constexpr std::int64_t kDueCountedMax = 100000;
constexpr std::int64_t kOpenFilesLookedAtMax = 200000;

std::string UserName(uid_t user) {
  const auto* entry = getpwuid(user);
  return entry == nullptr ? std::to_string(user) : std::string(entry->pw_name);
}

std::string GroupName(gid_t group) {
  const auto* entry = getgrgid(group);
  return entry == nullptr ? std::to_string(group) : std::string(entry->gr_name);
}

// A small file of the kernel's or of a daemon's; empty if it cannot be read.
std::string TextOf(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool MayUse(const std::string& path, int mode) {
  return faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0;
}

std::int64_t NumberOf(std::string_view text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// "saunter-crawler, process 812"
std::int64_t ProcessOf(std::string_view text) {
  constexpr std::string_view kWord = "process ";
  const auto at = text.rfind(kWord);
  return at == std::string_view::npos ? 0 : NumberOf(text.substr(at + kWord.size()));
}

// One line of /proc/locks: "1: FLOCK  ADVISORY  WRITE 812 08:01:131 0 EOF".
std::optional<std::int64_t> HolderIn(const std::string& line, const struct stat& file,
                                     std::int64_t process_in_text) {
  std::istringstream words(line);
  std::string number;
  std::string kind;
  std::string manner;
  std::string access;
  std::int64_t process = 0;
  std::string place;
  words >> number >> kind >> manner >> access >> process >> place;
  if (!words || kind != "FLOCK") return std::nullopt;
  const auto last = place.rfind(':');
  if (last == std::string::npos) return std::nullopt;
  if (NumberOf(std::string_view(place).substr(last + 1)) !=
      static_cast<std::int64_t>(file.st_ino)) {
    return std::nullopt;
  }
  std::array<char, 32> device{};
  const int length = std::snprintf(device.data(), device.size(), "%02x:%02x", major(file.st_dev),
                                   minor(file.st_dev));
  const auto same_device =
      std::string_view(place).substr(0, last) ==
      std::string_view(device.data(), static_cast<std::size_t>(std::max(0, length)));
  // Layered file systems show one device to stat and another one here.
  return same_device || process == process_in_text ? std::optional(process) : std::nullopt;
}

LockFacts::Control LookAtControl(const std::string& database_path) {
  const auto address = write::AddressOf(write::ControlPath(database_path));
  const write::Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!address || socket.get() < 0) return LockFacts::Control::kHidden;
  if (connect(socket.get(), write::Generic(*address), sizeof *address) == 0) {
    return LockFacts::Control::kAnswers;
  }
  switch (errno) {
    case ENOENT:
      return LockFacts::Control::kAbsent;
    case ECONNREFUSED:
      return LockFacts::Control::kRefuses;
    case EAGAIN:  // it listens, and others wait
      return LockFacts::Control::kAnswers;
    default:
      return LockFacts::Control::kHidden;
  }
}

bool HasOpen(const std::filesystem::path& process, const std::string& path,
             std::int64_t& looked_at) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(process / "fd", error)) {
    if (++looked_at > kOpenFilesLookedAtMax) return false;
    const auto target = std::filesystem::read_symlink(entry.path(), error).string();
    if (!error && (target == path || target == path + "-wal")) return true;
  }
  return false;
}

// The processes that have the database open, as far as this user may see.
std::vector<std::string> HoldersOf(const std::string& database_path) {
  std::vector<std::string> holders;
  std::error_code error;
  const auto path = std::filesystem::weakly_canonical(database_path, error).string();
  std::int64_t looked_at = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const auto process = entry.path().filename().string();
    if (process.find_first_not_of("0123456789") != std::string::npos) continue;
    if (process == std::to_string(getpid()) || !HasOpen(entry.path(), path, looked_at)) continue;
    auto name = TextOf((entry.path() / "comm").string());
    while (!name.empty() && name.back() == '\n') name.pop_back();
    holders.push_back(fmt::format("{} ({})", name, process));
  }
  return holders;
}

// What a crawler keeps beside the database, or where one would be if it is a server's.
DatabaseFacts GatherBeside(const std::string& path) {
  DatabaseFacts facts;
  auto folder = std::filesystem::path(path).parent_path().string();
  if (folder.empty()) folder = ".";
  facts.folder = LookAt(folder);
  for (const auto* ending : {".control", "-asked"}) {
    auto file = LookAt(path + ending);
    if (file.presence == FilePresence::kPresent) facts.beside.push_back(std::move(file));
  }
  return facts;
}

DatabaseFacts GatherDatabase(const std::string& path) {
  auto facts = GatherBeside(path);
  facts.file = LookAt(path);
  for (const auto* ending : {"-wal", "-shm", ".lock"}) {
    auto file = LookAt(path + ending);
    if (file.presence == FilePresence::kPresent) facts.beside.push_back(std::move(file));
  }
  if (facts.file.presence == FilePresence::kPresent) facts.held_open_by = HoldersOf(path);
  return facts;
}

void AddPlace(std::string what, const std::string& path, std::vector<PlaceFacts>& places) {
  struct statvfs room{};
  // Where the folder is still to be made, its place is above.
  auto there = path;
  while (statvfs(there.c_str(), &room) != 0) {
    const auto above = std::filesystem::path(there).parent_path().string();
    if (errno != ENOENT || above == there || above.empty()) return;
    there = above;
  }
  const auto block_bytes = static_cast<std::int64_t>(room.f_frsize);
  places.push_back({.what = std::move(what),
                    .path = path,
                    .bytes_free = static_cast<std::int64_t>(room.f_bavail) * block_bytes,
                    .bytes_total = static_cast<std::int64_t>(room.f_blocks) * block_bytes,
                    .inodes_free = static_cast<std::int64_t>(room.f_favail),
                    .inodes_total = static_cast<std::int64_t>(room.f_files)});
}

// Reading a database with a write-ahead log makes the log and its index where they are not there.
bool OpeningMakesFiles(const DatabaseFacts& database) {
  constexpr std::size_t kReadVersionAt = 19;  // of the file's header: 2 with a write-ahead log
  const auto is_there = [&](std::string_view ending) {
    return std::ranges::any_of(database.beside,
                               [&](const auto& file) { return file.path.ends_with(ending); });
  };
  if (!database.folder.may_write || (is_there("-wal") && is_there("-shm"))) return false;
  std::ifstream file(database.file.path);
  std::array<char, kReadVersionAt + 1> header{};
  return file.read(header.data(), header.size()) && header.back() == 2;
}

BackupFacts GatherBackup() {
  BackupFacts facts;
  facts.folder = kBackupFolder;
  const auto folder = LookAt(facts.folder);
  facts.presence = folder.presence;
  if (folder.presence != FilePresence::kPresent) return facts;
  if (!folder.may_read) {
    facts.presence = FilePresence::kHidden;
    return facts;
  }
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(facts.folder, error)) {
    const auto name = entry.path().filename().string();
    struct stat file{};
    if (!name.starts_with("saunter-") || !name.ends_with(".db")) continue;
    if (stat(entry.path().c_str(), &file) != 0) continue;
    ++facts.count;
    facts.newest_at = std::max<schemas::UnixSeconds>(facts.newest_at.value_or(0), file.st_mtime);
  }
  return facts;
}

ClockFacts GatherClock() {
  timex state{};
  const int result = adjtimex(&state);
  if (MayUse("/run/systemd/timesync/synchronized", F_OK)) return {ClockFacts::Sync::kYes};
  if (result < 0) return {ClockFacts::Sync::kUnknown};
  return {(state.status & STA_UNSYNC) != 0 ? ClockFacts::Sync::kNo : ClockFacts::Sync::kYes};
}

SettingsFacts GatherSettings(const schemas::command_line::SettingsFlags& flags,
                             schemas::Settings& settings) {
  SettingsFacts facts;
  const auto findings = flags.Read(settings);
  facts.path = flags.config();
  const auto file = LookAt(facts.path);
  facts.presence = file.presence == FilePresence::kPresent && !file.may_read ? FilePresence::kHidden
                                                                             : file.presence;
  for (const auto& problem : findings.problems) facts.problems.push_back(ToText(problem));
  facts.given = findings.origins.size();
  return facts;
}

CrawlFacts GatherCrawl(store::Reader& reader, schemas::UnixSeconds now) {
  return {.stats = reader.ReadStats(),
          .feed_counts = reader.CountFeeds(),
          .feeds_due = reader.CountDueFeeds(now, kDueCountedMax),
          .earliest_due_at = reader.NextFeedCheckAt()};
}

}  // namespace

FileFacts LookAt(const std::string& path) {
  FileFacts facts;
  facts.path = path;
  struct stat file{};
  if (stat(path.c_str(), &file) != 0) {
    facts.presence =
        errno == ENOENT || errno == ENOTDIR ? FilePresence::kAbsent : FilePresence::kHidden;
    return facts;
  }
  facts.presence = FilePresence::kPresent;
  facts.owner = UserName(file.st_uid);
  facts.group = GroupName(file.st_gid);
  facts.mode = file.st_mode & 07777;
  facts.bytes = file.st_size;
  const int enter = S_ISDIR(file.st_mode) ? X_OK : 0;
  facts.may_read = MayUse(path, R_OK | enter);
  facts.may_write = MayUse(path, W_OK | enter);
  return facts;
}

LockFacts LookAtLock(const std::string& database_path) {
  LockFacts facts;
  const auto path = database_path + ".lock";
  struct stat file{};
  if (stat(path.c_str(), &file) != 0) {
    const bool absent = errno == ENOENT || errno == ENOTDIR;
    facts.state = absent ? LockFacts::State::kFree : LockFacts::State::kUnseen;
    return facts;
  }
  facts.text = TextOf(path);
  facts.control = LookAtControl(database_path);
  std::ifstream locks("/proc/locks");
  if (!locks) {
    facts.state = LockFacts::State::kUnseen;
    return facts;
  }
  for (std::string line; std::getline(locks, line);) {
    const auto holder = HolderIn(line, file, ProcessOf(facts.text));
    if (!holder) continue;
    facts.state = LockFacts::State::kHeld;
    facts.process_id = *holder;
    if (facts.text.empty()) {
      facts.text = TextOf("/proc/" + std::to_string(*holder) + "/comm");
      while (!facts.text.empty() && facts.text.back() == '\n') facts.text.pop_back();
    }
  }
  return facts;
}

DoctorFacts GatherFacts(const schemas::command_line::SettingsFlags& flags, DoctorReach reach) {
  DoctorFacts facts;
  facts.now = Now();
  facts.version = SAUNTER_VERSION;
  facts.reach = reach;
  facts.has_systemd = MayUse("/run/systemd/system", F_OK);
  facts.settings_file = GatherSettings(flags, facts.settings);
  facts.user = {.name = UserName(geteuid()), .is_root = geteuid() == 0};
  const auto& path = facts.settings.store.path;
  const bool is_server = !facts.settings.store.url.empty();
  facts.database = is_server ? GatherBeside(path) : GatherDatabase(path);
  auto key = LookAt(facts.settings.api.receipt_key_path);
  if (key.presence == FilePresence::kPresent) facts.receipt_key = std::move(key);
  // Of others' crawlers only the database tells.
  facts.lock = is_server ? LockFacts{.state = LockFacts::State::kUnseen,
                                     .process_id = 0,
                                     .text = {},
                                     .control = LookAtControl(path)}
                         : LookAtLock(path);
  AddPlace(is_server ? "the crawler's notes" : "the database", facts.database.folder.path,
           facts.places);
  if (!is_server) facts.backup = GatherBackup();
  if (facts.backup.presence == FilePresence::kPresent) {
    AddPlace("its backups", facts.backup.folder, facts.places);
  }
  facts.clock = GatherClock();
  auto store_settings = facts.settings.store;
  store_settings.reader_query_ms_max = kQueryMsMax;
  facts.database.left_alone = !is_server && OpeningMakesFiles(facts.database);
  auto opened =
      facts.database.left_alone ? store::OpenedReader() : store::OpenReader(store_settings);
  facts.database.status = opened.status;
  facts.database.status_detail = std::move(opened.detail);
  try {
    if (opened.reader) facts.crawl = GatherCrawl(*opened.reader, facts.now);
    if (reach == DoctorReach::kEverywhere) facts.dns = GatherDns(opened.reader.get(), facts.now);
    facts.fetch = GatherFetch(reach == DoctorReach::kEverywhere ? opened.reader.get() : nullptr,
                              facts.settings.fetch, facts.lock, facts.now);
  } catch (const store::StoreError& error) {
    facts.database.problem = error.what();
  }
  facts.api = GatherApi(facts.settings.api);
  return facts;
}

}  // namespace saunter::crawler::cli
