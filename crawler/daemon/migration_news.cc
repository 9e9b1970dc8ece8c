#include "crawler/daemon/migration_news.h"

#include <spdlog/spdlog.h>

#include <string>

#include "systemd/notify.h"

namespace saunter::crawler::daemon {
namespace {

std::string TextOf(const store::MigrationProgress& progress) {
  return "migrating the database to schema " + std::to_string(progress.script) + " of " +
         std::to_string(progress.scripts) + ": step " + std::to_string(progress.statement) +
         " of " + std::to_string(progress.statements);
}

}  // namespace

void MigrationNews::Note(const store::MigrationProgress& progress, Time now) {
  if (!logged_at_) logged_at_ = now;
  const bool tells = !told_at_ || now - *told_at_ >= kTellInterval;
  const bool logs = now - *logged_at_ >= kLogInterval;
  if (!tells && !logs) return;
  const auto text = TextOf(progress);
  if (tells) {
    told_at_ = now;
    systemd::ExtendTimeout(kMoreTime);
    systemd::Status(text);
  }
  if (logs) {
    logged_at_ = now;
    spdlog::info("{}", text);
  }
}

}  // namespace saunter::crawler::daemon
