#include "crawler/cli/backup_rotation.h"

#include <algorithm>
#include <array>
#include <ctime>

#include "schemas/text.h"

namespace saunter::crawler::cli {
namespace {

// A nine stands for any digit.
constexpr std::string_view kBackupPattern = "saunter-99999999T999999Z.db";

// The name of a backup, or of what stands beside one.
bool BeginsAsABackup(std::string_view name) {
  if (name.size() < kBackupPattern.size()) return false;
  return std::equal(kBackupPattern.begin(), kBackupPattern.end(), name.begin(),
                    [](char pattern, char c) {
                      return pattern == '9' ? schemas::IsAsciiDigit(c) : pattern == c;
                    });
}

}  // namespace

std::string BackupName(schemas::UnixSeconds now) {
  const std::time_t time = now;
  std::tm utc{};
  gmtime_r(&time, &utc);
  std::array<char, 64> name{};
  std::strftime(name.data(), name.size(), "saunter-%Y%m%dT%H%M%SZ.db", &utc);
  return name.data();
}

std::vector<std::string> BackupsToRemove(const std::vector<std::string>& names,
                                         std::string_view newest, std::int64_t kept_max) {
  std::vector<std::string> backups;
  std::vector<std::string> removed;
  for (const auto& name : names) {
    if (name == newest || !BeginsAsABackup(name)) continue;
    (name.size() == kBackupPattern.size() ? backups : removed).push_back(name);
  }
  // By name is by time.
  std::sort(backups.begin(), backups.end());
  const auto others_kept = std::max<std::int64_t>(0, kept_max - 1);
  const auto count = std::max<std::int64_t>(0, std::ssize(backups) - others_kept);
  removed.insert(removed.end(), backups.begin(), backups.begin() + count);
  return removed;
}

}  // namespace saunter::crawler::cli
