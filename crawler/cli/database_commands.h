// What the commands of `saunter db` share.
//
// Thread safety: one thread. Errors: none.
#pragma once

#include <CLI/App.hpp>
#include <string_view>
#include <vector>

#include "crawler/cli/command_line.h"
#include "crawler/cli/print.h"
#include "schemas/settings.h"
#include "store/upkeep.h"

namespace saunter::crawler::cli {

// For a command that is about the file of SQLite: what of PostgreSQL's own `does` it instead, and
// how. `command` ends where the database's name goes.
ExitCode LeaveToPostgres(std::string_view does, std::string_view command,
                         const schemas::StoreSettings& settings);

// Each finding and, below it, what to do.
void PrintFindings(const std::vector<store::Finding>& findings);
// "ok", "problems" as texts, and "findings" with what to do about each.
[[nodiscard]] Json FindingsJson(const std::vector<store::Finding>& findings);

// db restore
void AddRestore(CLI::App& group, Invocation& invocation);
// db move
void AddMove(CLI::App& group, Invocation& invocation);

}  // namespace saunter::crawler::cli
