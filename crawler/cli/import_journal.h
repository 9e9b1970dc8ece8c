// How an import gets into the journal, so that `saunter import undo` can take it back.
//
// Thread safety: one thread. Errors: as ChangeWriter.
#pragma once

#include <string>
#include <vector>

#include "crawler/cli/change_writer.h"
#include "schemas/batch.h"
#include "schemas/import.h"

namespace saunter::crawler::cli {

// One with a key of its own, begun now.
[[nodiscard]] schemas::BeginImport NewImport(schemas::ImportKind kind,
                                             const std::vector<std::string>& sources);

// Writes changes that belong to an import; one without a key is none. The outcomes are those of the
// changes.
[[nodiscard]] ChangeWriter::Result ApplyOfImport(
    ChangeWriter& writer, const schemas::BeginImport& import,
    const std::vector<schemas::OperatorChange>& changes);

}  // namespace saunter::crawler::cli
