// Inside crawler/write: the JSON text that goes over the control socket. Keys are the fields of
// schemas/batch.h; each change names its "kind": add_feed, remove_feed, set_feed_state,
// edit_feed, add_blacklist, remove_blacklist, decide_reports, begin_import, end_undo.
//
// Thread safety: all functions. Errors: values; ParsedChanges::problem says what is wrong.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crawler/write/writer_thread.h"
#include "schemas/batch.h"

namespace saunter::crawler::write {

[[nodiscard]] std::string PrintChanges(const std::vector<schemas::OperatorChange>& changes);

struct ParsedChanges {
  std::optional<std::vector<schemas::OperatorChange>> changes;
  std::string problem;
};
// Strict: URLs and patterns must be in their stored form, as the CLI sends them.
[[nodiscard]] ParsedChanges ParseChanges(std::string_view text);

[[nodiscard]] std::string PrintReceipt(const ChangeReceipt& receipt);
[[nodiscard]] std::optional<ChangeReceipt> ParseReceipt(std::string_view text);

}  // namespace saunter::crawler::write
