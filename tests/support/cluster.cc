#include "tests/support/cluster.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <vector>

namespace saunter::support {
namespace {

constexpr std::chrono::seconds kDeadline(60);

// Debian keeps the server's programs out of PATH; the newest counts.
std::string ProgramFolder() {
  const auto* named = std::getenv("SAUNTER_POSTGRES_BIN");
  if (named != nullptr && *named != '\0') return named;
  std::vector<std::string> folders;
  std::error_code error;
  for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql", error)) {
    auto folder = (version.path() / "bin").string();
    if (std::filesystem::exists(folder + "/initdb")) folders.push_back(std::move(folder));
  }
  return folders.empty() ? std::string() : *std::max_element(folders.begin(), folders.end());
}

// As whom the server runs.
constexpr const char* kUser = "nobody";

// A change of user would forget that the server ends with the test, however that ends.
Command AsServerUser(Command command) {
  if (geteuid() != 0) return command;
  std::vector<std::string> arguments = {
      "--reuid",        kUser,         "--regid", "nogroup",
      "--clear-groups", "--pdeathsig", "QUIT",    command.program};
  arguments.insert(arguments.end(), command.arguments.begin(), command.arguments.end());
  command.program = "/usr/bin/setpriv";
  command.arguments = std::move(arguments);
  return command;
}

std::string RunOrThrow(const Command& command) {
  const auto done = RunToEnd(command, kDeadline);
  if (done.exit_code == 0) return done.output;
  throw std::runtime_error(command.program + ": " + done.output + done.errors);
}

}  // namespace

std::string Cluster::WhyNone() {
  return ProgramFolder().empty() ? "PostgreSQL's programs are not installed (postgresql)" : "";
}

Cluster& Cluster::Own() {
  static Cluster cluster;
  return cluster;
}

Cluster::Cluster(Keeping keeping) : keeping_(keeping) {
  const auto folder = folder_.path().string();
  if (geteuid() == 0) {
    const auto* user = getpwnam(kUser);
    if (user == nullptr || chown(folder.c_str(), user->pw_uid, user->pw_gid) != 0) {
      throw std::runtime_error("the folder cannot be given to " + std::string(kUser));
    }
  }
  RunOrThrow(AsServerUser({.program = ProgramFolder() + "/initdb",
                           .arguments = {"-D", folder + "/data", "-U", "saunter", "-A", "trust",
                                         "-E", "UTF8", "--locale=C.UTF-8", "-N"},
                           .environment = {},
                           .input = {},
                           .directory = folder}));
  Start();
}

Cluster::~Cluster() {
  if (server_) server_->Signal(SIGQUIT);
  if (server_) static_cast<void>(server_->WaitForExit(kDeadline));
}

void Cluster::Start() {
  const auto folder = folder_.path().string();
  std::vector<std::string> arguments = {"-D", folder + "/data",   "-k", folder,
                                        "-c", "listen_addresses="};
  switch (keeping_) {
    case Keeping::kInMemory:
      for (const auto* setting : {"fsync=off", "full_page_writes=off", "autovacuum=off",
                                  "shared_buffers=32MB", "max_wal_size=256MB"}) {
        arguments.insert(arguments.end(), {"-c", setting});
      }
      break;
    case Keeping::kOnDisk:
      break;
  }
  server_ = std::make_unique<Process>(AsServerUser({.program = ProgramFolder() + "/postgres",
                                                    .arguments = arguments,
                                                    .environment = {{"LC_ALL", "C.UTF-8"}},
                                                    .input = {},
                                                    .directory = folder}));
  if (!server_->WaitForLine("ready to accept connections", kDeadline)) {
    throw std::runtime_error("PostgreSQL did not start: " + server_->Errors());
  }
}

void Cluster::StopAtOnce() {
  server_->Signal(SIGQUIT);
  if (!server_->WaitForExit(kDeadline)) throw std::runtime_error("PostgreSQL does not end");
  server_.reset();
}

std::string Cluster::MakeDatabase(const std::string& model) {
  const auto name = "test_" + std::to_string(++databases_);
  Ask("postgres", "CREATE DATABASE " + name + " TEMPLATE " + (model.empty() ? "template0" : model) +
                      " STRATEGY file_copy");
  return name;
}

void Cluster::DropDatabase(const std::string& name) {
  Ask("postgres", "DROP DATABASE IF EXISTS " + name + " WITH (FORCE)");
}

std::string Cluster::UrlOf(const std::string& name) const {
  return "host=" + folder_.path().string() + " user=saunter dbname=" + name;
}

std::string Cluster::Ask(const std::string& name, const std::string& sql) {
  return RunOrThrow({.program = ProgramFolder() + "/psql",
                     .arguments = {"-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql, UrlOf(name)},
                     .environment = {},
                     .input = {},
                     .directory = {}});
}

void Cluster::RunScript(const std::string& name, const std::string& path) {
  RunOrThrow({.program = ProgramFolder() + "/psql",
              .arguments = {"-Xq", "-f", path, UrlOf(name)},
              .environment = {},
              .input = {},
              .directory = {}});
}

}  // namespace saunter::support
