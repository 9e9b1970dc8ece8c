// The parts of `saunter feed`.
//
// Thread safety: one thread. Errors: as in commands.h.
#pragma once

#include <CLI/App.hpp>

#include "crawler/cli/command_line.h"

namespace saunter::crawler::cli {

// feed list, show
void AddFeedLists(CLI::App& group, Invocation& invocation);
// feed remove, pause, resume, edit
void AddFeedChanges(CLI::App& group, Invocation& invocation);

}  // namespace saunter::crawler::cli
