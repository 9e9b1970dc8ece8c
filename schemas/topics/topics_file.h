// The operator's list of topics: read when it appears and whenever it changes.
//
// Thread safety: one thread at a time. Errors: Look::problem says what is wrong with the list; the
// topics stay as they are.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "schemas/topics/topics.h"

namespace saunter::schemas::topics {

class TopicsFile {
 public:
  // An empty path means that the operator has no list.
  explicit TopicsFile(std::string path) : path_(std::move(path)) {}

  struct Look {
    std::shared_ptr<const Topics> topics;  // null: as before
    std::string source;                    // where they come from, for the log
    std::string problem;
  };
  // nullopt: nothing has changed since the last call. Without a file, the built-in list is used.
  [[nodiscard]] std::optional<Look> Changed();

 private:
  // What tells one state of the file from another.
  struct State {
    bool exists = false;
    std::int64_t inode = 0;
    std::int64_t size = 0;
    std::int64_t changed_ns = 0;
    bool operator==(const State&) const = default;
  };

  const std::string path_;
  std::optional<State> seen_;
};

}  // namespace saunter::schemas::topics
