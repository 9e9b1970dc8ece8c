// What the commands of `saunter db` share.
//
// Thread safety: one thread. Errors: none.
#pragma once

#include <CLI/App.hpp>
#include <vector>

#include "crawler/cli/command_line.h"
#include "crawler/cli/print.h"
#include "store/upkeep.h"

namespace saunter::crawler::cli {

// Each finding and, below it, what to do.
void PrintFindings(const std::vector<store::Finding>& findings);
// "ok", "problems" as texts, and "findings" with what to do about each.
[[nodiscard]] Json FindingsJson(const std::vector<store::Finding>& findings);

// db restore
void AddRestore(CLI::App& group, Invocation& invocation);

}  // namespace saunter::crawler::cli
