// The groups of commands; each adds itself to the command line and sets Invocation::run.
//
// Thread safety: one thread. Errors: a command says on stderr what went wrong and returns its
// ExitCode; main catches StoreError and other exceptions.
#pragma once

#include <CLI/App.hpp>

#include "crawler/cli/command_line.h"

namespace saunter::crawler::cli {

// import, import list, import undo
void AddImport(CLI::App& app, Invocation& invocation);
void AddExport(CLI::App& app, Invocation& invocation);
// feed list, show, add, remove, pause, resume, edit
void AddFeedCommands(CLI::App& app, Invocation& invocation);
// site list, show
void AddSiteCommands(CLI::App& app, Invocation& invocation);
// category list, rename, merge
void AddCategoryCommands(CLI::App& app, Invocation& invocation);
// blacklist list, export, add, allow, remove, test, import
void AddBlacklistCommands(CLI::App& app, Invocation& invocation);
// review list, show, uphold, dismiss
void AddReviewCommands(CLI::App& app, Invocation& invocation);
void AddParse(CLI::App& app, Invocation& invocation);
void AddFetch(CLI::App& app, Invocation& invocation);
void AddRandom(CLI::App& app, Invocation& invocation);
void AddStats(CLI::App& app, Invocation& invocation);
// config check, show
void AddConfigCommands(CLI::App& app, Invocation& invocation);
void AddDoctor(CLI::App& app, Invocation& invocation);
// db check, backup, restore, compact, migrate, move
void AddDatabaseCommands(CLI::App& app, Invocation& invocation);

}  // namespace saunter::crawler::cli
