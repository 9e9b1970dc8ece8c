#include "crawler/cli/database_commands.h"

#include <spdlog/fmt/fmt.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "crawler/cli/backup_rotation.h"
#include "crawler/cli/change_writer.h"
#include "crawler/cli/commands.h"
#include "crawler/cli/database.h"
#include "crawler/cli/print.h"
#include "schemas/database_url.h"
#include "store/restore.h"

namespace saunter::crawler::cli {
namespace {

ExitCode CheckDatabase(const schemas::Settings& settings, OutputFormat output) {
  const auto reader = OpenReader(settings);
  if (!reader) return ExitCode::kNoDatabase;
  const auto name = schemas::DatabaseName(settings.store);
  const auto findings = reader->Check();
  if (output == OutputFormat::kJson) {
    Json report = {{"path", name}};
    report.update(FindingsJson(findings));
    PrintJson(report, JsonStyle::kCompact);
  } else {
    PrintFindings(findings);
    if (findings.empty()) PrintLine(name + ": no problem was found");
  }
  return findings.empty() ? ExitCode::kDone : ExitCode::kPartlyFailed;
}

// A database that a restore was about to put in place is there, too. Of a server's, opening tells.
bool IsThere(const schemas::StoreSettings& settings) {
  const auto& path = settings.path;
  if (!settings.url.empty()) return true;
  if (std::filesystem::exists(path) || store::IsRestorePending(path)) return true;
  PrintProblem(path + " does not exist: import a list or start the crawler");
  return false;
}

// What to do about a copy that could not be written.
std::string AdviceOnCopy(const schemas::Settings& settings, const std::string& path) {
  std::error_code error;
  const auto folder = std::filesystem::absolute(path, error).parent_path();
  const auto is_folder = std::filesystem::is_directory(folder, error);
  if (!is_folder) return "name a file in a folder that there is: " + folder.string() + " is none";
  const auto space = std::filesystem::space(folder, error);
  const auto needed = std::filesystem::file_size(settings.store.path, error);
  if (!error && space.available < needed) {
    return folder.string() + " has " + HumanBytes(static_cast<std::int64_t>(space.available)) +
           " free and the copy needs " + HumanBytes(static_cast<std::int64_t>(needed)) +
           "; make room, or name a file elsewhere";
  }
  return "name a file where you may write and where there is room for it";
}

struct BackupOptions {
  std::string path;    // the file; or
  std::string folder;  // where a dated one is written, and
  std::int64_t kept_max = 7;
};

// Those of the folder that go now that there is a newer one; those that went.
Json RemoveOldBackups(const BackupOptions& options, const std::string& newest) {
  std::vector<std::string> names;
  for (const auto& file : std::filesystem::directory_iterator(options.folder)) {
    names.push_back(file.path().filename().string());
  }
  auto removed = Json::array();
  for (const auto& name : BackupsToRemove(names, newest, options.kept_max)) {
    const auto path = (std::filesystem::path(options.folder) / name).string();
    std::error_code error;
    std::filesystem::remove(path, error);
    if (error) {
      PrintProblem("cannot remove the old backup " + path + ": " + error.message());
    } else {
      removed.push_back(path);
    }
  }
  return removed;
}

ExitCode BackUp(const schemas::Settings& settings, OutputFormat output,
                const BackupOptions& options) {
  if (!settings.store.url.empty()) {
    return LeaveToPostgres("copies it while the crawler writes",
                           "pg_dump --format=custom --file=FILE --dbname=", settings.store);
  }
  const auto name = BackupName(Now());
  const auto path = options.folder.empty()
                        ? options.path
                        : (std::filesystem::path(options.folder) / name).string();
  std::error_code unreadable;
  const auto found = std::filesystem::symlink_status(path, unreadable);
  if (std::filesystem::exists(found)) {
    PrintProblem(std::filesystem::is_directory(found) ? path + " is a folder: name a new file in it"
                                                      : path + " exists already: name a new file");
    return ExitCode::kWrongUsage;
  }
  const auto reader = OpenReader(settings);
  if (!reader) return ExitCode::kNoDatabase;
  try {
    reader->Backup(path);
  } catch (const store::StoreError& error) {
    // Where the copy is at fault, the database is not.
    if (error.kind() != store::StoreErrorKind::kOther) throw;
    PrintProblem(std::string(error.what()) + "; " + AdviceOnCopy(settings, path));
    return ExitCode::kPartlyFailed;
  }
  const auto bytes = static_cast<std::int64_t>(std::filesystem::file_size(path));
  // The new one is whole before an old one goes.
  const auto removed = options.folder.empty() ? Json::array() : RemoveOldBackups(options, name);
  if (output == OutputFormat::kJson) {
    PrintJson({{"path", path}, {"bytes", bytes}, {"removed", removed}}, JsonStyle::kCompact);
  } else {
    PrintLine(path + ": " + HumanBytes(bytes) + ", a whole copy of " + settings.store.path);
    for (const auto& old : removed) PrintLine("removed: " + old.get<std::string>());
  }
  return ExitCode::kDone;
}

ExitCode Migrate(const schemas::Settings& settings, OutputFormat output) {
  if (!IsThere(settings.store)) return ExitCode::kNoDatabase;
  {
    ChangeWriter writer(settings);
    if (const auto prepared = writer.Prepare(); !prepared.problem.empty()) {
      PrintProblem(prepared.problem);
      return ExitCode::kNoDatabase;
    }
  }
  const auto reader = OpenReader(settings);
  if (!reader) return ExitCode::kNoDatabase;
  const auto version = reader->ReadStats().schema_version;
  const auto name = schemas::DatabaseName(settings.store);
  if (output == OutputFormat::kJson) {
    PrintJson({{"path", name}, {"schema_version", version}}, JsonStyle::kCompact);
  } else {
    PrintLine(name + ": schema version " + std::to_string(version));
  }
  return ExitCode::kDone;
}

// Bytes of the file, as far as it is known.
std::int64_t SizeOf(const std::string& path) {
  std::error_code error;
  const auto bytes = std::filesystem::file_size(path, error);
  return error ? 0 : static_cast<std::int64_t>(bytes);
}

// What is left of compacting where the server gives room back by itself.
ExitCode CountAnew(ChangeWriter& writer, const schemas::StoreSettings& settings,
                   OutputFormat output) {
  writer.Compact();
  const auto name = schemas::DatabaseName(settings);
  if (output == OutputFormat::kJson) {
    PrintJson({{"path", name}, {"bytes_before", nullptr}, {"bytes_after", nullptr}},
              JsonStyle::kCompact);
  } else {
    PrintLine(name + ": all sums were counted anew");
    PrintLine(
        "  PostgreSQL uses the room of deleted rows again by itself; to give it back to the "
        "disk, run: vacuumdb --full --dbname='" +
        name + "'");
  }
  return ExitCode::kDone;
}

ExitCode Compact(const schemas::Settings& settings, OutputFormat output) {
  const auto& path = settings.store.path;
  if (!IsThere(settings.store)) return ExitCode::kNoDatabase;
  ChangeWriter writer(settings);
  if (const auto taken = writer.TakeLock(); !taken.problem.empty()) {
    PrintProblem(taken.problem + "; stop it first: systemctl stop saunter-crawler");
    return ExitCode::kNoDatabase;
  }
  if (!settings.store.url.empty()) return CountAnew(writer, settings.store, output);
  const auto before = SizeOf(path);
  const auto folder = std::filesystem::absolute(path).parent_path();
  // The new copy goes through the write-ahead log, beside the database.
  if (const auto room = std::filesystem::space(folder).available;
      room < static_cast<std::uintmax_t>(before)) {
    PrintProblem(folder.string() + " has " + HumanBytes(static_cast<std::int64_t>(room)) +
                 " free and needs " + HumanBytes(before) + " for a while; make room first");
    return ExitCode::kPartlyFailed;
  }
  writer.Compact();
  const auto after = SizeOf(path);
  if (output == OutputFormat::kJson) {
    PrintJson({{"path", path}, {"bytes_before", before}, {"bytes_after", after}},
              JsonStyle::kCompact);
  } else {
    PrintLine(path + ": " + HumanBytes(before) + " before, " + HumanBytes(after) + " after");
  }
  return ExitCode::kDone;
}

}  // namespace

ExitCode LeaveToPostgres(std::string_view does, std::string_view command,
                         const schemas::StoreSettings& settings) {
  PrintProblem(fmt::format("the database is PostgreSQL's, whose own tool {}; run: {}'{}'", does,
                           command, schemas::DatabaseName(settings)));
  return ExitCode::kWrongUsage;
}

void PrintFindings(const std::vector<store::Finding>& findings) {
  for (const auto& finding : findings) {
    PrintLine(Printable(finding.problem));
    PrintLine("  " + finding.advice);
  }
}

Json FindingsJson(const std::vector<store::Finding>& findings) {
  Json json = {{"ok", findings.empty()}, {"problems", Json::array()}, {"findings", Json::array()}};
  for (const auto& finding : findings) {
    json["problems"].push_back(finding.problem);
    json["findings"].push_back({{"problem", finding.problem}, {"advice", finding.advice}});
  }
  return json;
}

void AddDatabaseCommands(CLI::App& app, Invocation& invocation) {
  auto* group =
      app.add_subcommand("db", "check, back up, restore, compact, migrate or move the database");
  group->require_subcommand(1);
  group->add_subcommand("check", "check its integrity, foreign keys and sums, and say what to do")
      ->callback([&invocation] { invocation.run = CheckDatabase; });

  auto* backup = group->add_subcommand("backup", "copy the database while the crawler writes");
  auto options = std::make_shared<BackupOptions>();
  auto* file =
      backup->add_option("FILE", options->path, "the file to write; it must not exist yet");
  auto* folder =
      backup->add_option("--folder", options->folder, "write a file with a dated name there");
  file->excludes(folder);
  backup->add_option("--keep", options->kept_max, "of the dated files there keep so many")
      ->needs(folder)
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  backup->callback([&invocation, options] {
    if (options->path.empty() && options->folder.empty()) {
      throw CLI::RequiredError("FILE or --folder");
    }
    invocation.run = [options](const schemas::Settings& settings, OutputFormat output) {
      return BackUp(settings, output, *options);
    };
  });

  AddRestore(*group, invocation);

  group->add_subcommand("compact", "give the room of deleted rows back; the crawler must not run")
      ->callback([&invocation] { invocation.run = Compact; });

  group->add_subcommand("migrate", "bring an older database to this build's schema")
      ->callback([&invocation] { invocation.run = Migrate; });

  AddMove(*group, invocation);
}

}  // namespace saunter::crawler::cli
