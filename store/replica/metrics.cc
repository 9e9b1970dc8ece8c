#include "store/replica/metrics.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <system_error>

namespace saunter::store::replica {
namespace {

double Real(std::int64_t value) { return static_cast<double>(value); }

// Of the copy's file system; nothing of what cannot be told.
void AddDisk(const std::string& path, systemd::Families& to) {
  std::error_code error;
  const auto bytes = std::filesystem::file_size(path, error);
  if (!error) {
    to.Gauge("saunter_database_bytes", "Size of the copy's file.", static_cast<double>(bytes));
  }
  const auto space = std::filesystem::space(std::filesystem::path(path).parent_path(), error);
  if (error) return;
  to.Gauge("saunter_disk_free_bytes", "Free where the copy is.",
           static_cast<double>(space.available));
  to.Gauge("saunter_disk_bytes", "Size of that file system.", static_cast<double>(space.capacity));
}

}  // namespace

void AddMetrics(const ProgressFacts& facts, const std::string& copy_path, schemas::UnixSeconds now,
                systemd::Families& to) {
  if (facts.current_at) {
    to.Gauge("saunter_replica_behind_seconds", "Since the copy was last as the database.",
             Real(std::max<std::int64_t>(0, now - *facts.current_at)));
  }
  to.Gauge("saunter_replica_changes_behind", "About how many changes are left to copy.",
           Real(facts.changes_behind));
  to.Counter("saunter_replica_rows_copied_total", "Rows written into the copy.",
             Real(facts.rows_copied));
  to.Counter("saunter_replica_fillings_total", "Times that filling a new copy was begun.",
             Real(facts.fillings));
  to.Gauge("saunter_replica_filling", "1 while a new copy is being filled.",
           facts.is_filling ? 1 : 0);
  to.Gauge("saunter_replica_held_up", "1 while the database, or the copy, cannot be used.",
           facts.trouble.empty() ? 0 : 1);
  if (facts.pulled_at) {
    to.Gauge("saunter_replica_last_pull_timestamp_seconds",
             "When the database was last asked with success.", Real(*facts.pulled_at));
  }
  to.Counter("saunter_feedback_total", "Votes and reports of readers that were taken.",
             Real(facts.feedback_taken));
  to.Counter("saunter_feedback_used_total", "Those that were not, since their receipts were used.",
             Real(facts.feedback_used));
  AddDisk(copy_path, to);
}

}  // namespace saunter::store::replica
