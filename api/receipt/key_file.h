// The file that holds the key of receipts: 64 hexadecimal digits and a line feed, readable by its
// owner alone. Machines that serve one database share it.
//
// Thread safety: all functions; two processes that make the file at once end with one key. Errors:
// a problem is text for the operator.
#pragma once

#include <optional>
#include <string>

#include "api/receipt/receipt.h"

namespace saunter::api::receipt {

struct KeyRead {
  std::optional<Key> key;
  std::string problem;  // empty if there is a key
};

// Reads the key, or makes one if there is no such file. A file that holds no key is left as it is.
[[nodiscard]] KeyRead ReadOrMakeKey(const std::string& path);

}  // namespace saunter::api::receipt
