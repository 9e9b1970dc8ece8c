#include <spdlog/fmt/fmt.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>

#include "crawler/cli/commands.h"
#include "crawler/cli/database.h"
#include "crawler/cli/database_commands.h"
#include "crawler/cli/print.h"
#include "store/restore.h"

namespace saunter::crawler::cli {
namespace {

// What a step is called while it takes its time; the others are over at once.
const char* NameOf(store::RestoreStep step) {
  switch (step) {
    case store::RestoreStep::kCopy:
      return "copying the backup";
    case store::RestoreStep::kCheck:
      return "checking the backup";
    case store::RestoreStep::kMigrate:
      return "migrating the backup";
    case store::RestoreStep::kReady:
    case store::RestoreStep::kPlan:
    case store::RestoreStep::kMoveDatabase:
    case store::RestoreStep::kMoveWal:
    case store::RestoreStep::kMoveIndex:
    case store::RestoreStep::kPutInPlace:
    case store::RestoreStep::kForgetPlan:
    case store::RestoreStep::kOpen:
      return nullptr;
  }
  return nullptr;
}

// A bar for each of the long steps.
class RestoreBar {
 public:
  void Show(const store::RestoreProgress& progress) {
    if (!bar_ || progress.step != step_) {
      bar_.reset();
      step_ = progress.step;
      if (const auto* name = NameOf(step_)) bar_ = std::make_unique<Progress>(name);
    }
    if (bar_) bar_->Show(progress.done, progress.total);
  }

 private:
  store::RestoreStep step_ = store::RestoreStep::kCopy;
  std::unique_ptr<Progress> bar_;
};

// Why there is no room for the copy; nothing if there is.
std::optional<std::string> RoomProblem(const std::string& path, const std::string& backup) {
  std::error_code error;
  const auto folder = std::filesystem::absolute(path).parent_path();
  const auto space = std::filesystem::space(folder, error);
  if (error) return std::nullopt;  // the restore itself will say why
  std::uintmax_t needed = 0;
  for (const auto* suffix : {"", "-wal"}) {
    const auto bytes = std::filesystem::file_size(backup + suffix, error);
    if (!error) needed += bytes;
  }
  if (space.available >= needed) return std::nullopt;
  return fmt::format("{} has {} free and the copy of {} needs {}; make room first", folder.string(),
                     HumanBytes(static_cast<std::int64_t>(space.available)), backup,
                     HumanBytes(static_cast<std::int64_t>(needed)));
}

ExitCode RestoreDatabase(const schemas::Settings& settings, OutputFormat output,
                         const std::string& backup) {
  const auto& path = settings.store.path;
  if (!settings.store.url.empty()) {
    return LeaveToPostgres(
        "puts a copy by pg_dump back; stop the crawler first",
        "pg_restore --clean --if-exists " + backup + " --dbname=", settings.store);
  }
  if (const auto problem = RoomProblem(path, backup)) {
    PrintProblem(*problem);
    return ExitCode::kPartlyFailed;
  }
  auto bar = std::make_optional<RestoreBar>();
  const auto restored =
      store::Restore(settings.store, backup, Now(),
                     [&](const store::RestoreProgress& progress) { bar->Show(progress); });
  bar.reset();
  if (restored.status != store::OpenStatus::kOk) {
    PrintProblem(restored.detail + (restored.status == store::OpenStatus::kLocked
                                        ? "; stop it first: systemctl stop saunter-crawler"
                                        : ""));
    return ExitCode::kNoDatabase;
  }
  const auto reader = OpenReader(settings);
  if (!reader) return ExitCode::kNoDatabase;
  const auto findings = reader->Check();
  if (output == OutputFormat::kJson) {
    Json report = {{"path", path},
                   {"restored_from", backup},
                   {"kept", OrNull(restored.kept_path)},
                   {"schema_version_before", restored.schema_version},
                   {"schema_version", reader->ReadStats().schema_version}};
    report.update(FindingsJson(findings));
    PrintJson(report, JsonStyle::kCompact);
  } else {
    PrintLine(path + ": restored from " + backup);
    if (!restored.kept_path.empty()) {
      PrintLine("what stood there is kept as " + restored.kept_path +
                "; remove it with its -wal and -shm once you are content");
    }
    PrintFindings(findings);
  }
  return findings.empty() ? ExitCode::kDone : ExitCode::kPartlyFailed;
}

}  // namespace

void AddRestore(CLI::App& group, Invocation& invocation) {
  auto* restore = group.add_subcommand(
      "restore", "put a backup in the database's place; the crawler must not run");
  auto backup = std::make_shared<std::string>();
  restore
      ->add_option("FILE", *backup,
                   "a copy that `saunter db backup` made; it is checked before anything is touched")
      ->required();
  restore->callback([&invocation, backup] {
    invocation.run = [backup](const schemas::Settings& settings, OutputFormat output) {
      return RestoreDatabase(settings, output, *backup);
    };
  });
}

}  // namespace saunter::crawler::cli
