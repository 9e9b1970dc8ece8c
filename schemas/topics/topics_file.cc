#include "schemas/topics/topics_file.h"

#include <sys/stat.h>

#include <fstream>
#include <sstream>

namespace saunter::schemas::topics {

std::optional<TopicsFile::Look> TopicsFile::Changed() {
  State state;
  if (struct stat file{}; !path_.empty() && stat(path_.c_str(), &file) == 0) {
    state = {
        .exists = true,
        .inode = static_cast<std::int64_t>(file.st_ino),
        .size = file.st_size,
        .changed_ns = file.st_mtim.tv_sec * std::int64_t{1'000'000'000} + file.st_mtim.tv_nsec};
  }
  if (seen_ == state) return std::nullopt;
  const bool is_first = !seen_;
  seen_ = state;
  if (!state.exists) {
    // The built-in list is in use from the start.
    if (is_first) return std::nullopt;
    return Look{.topics = Topics::BuiltIn(), .source = "the built-in list", .problem = {}};
  }
  std::ifstream file(path_, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return Look{.topics = nullptr, .source = {}, .problem = path_ + " cannot be read"};
  auto parsed = Topics::Parse(text.str(), path_);
  return Look{.topics = std::move(parsed.topics), .source = path_, .problem = parsed.problem};
}

}  // namespace saunter::schemas::topics
