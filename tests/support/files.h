// Files of tests: those they are given, programs that were built, and a directory for those they
// make.
//
// Thread safety: all functions. Errors: a directory or a file that cannot be made throws
// std::runtime_error.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace saunter::support {

// A file or folder of the tree, by its path there.
[[nodiscard]] std::filesystem::path Tree(std::string_view path);
// A file or folder of tests/data.
[[nodiscard]] std::string TestData(std::string_view name);
// A file or folder of the corpus beside the tree. Where there is no corpus, it does not exist.
[[nodiscard]] std::filesystem::path Corpus(std::string_view name);

// A file of the build that this test belongs to, by its path there: "api/saunter-api".
[[nodiscard]] std::string Built(std::string_view path);

// All its bytes. Throws std::runtime_error where there are none to be had.
[[nodiscard]] std::string ReadFile(const std::filesystem::path& path);

// A directory of its own under the system's, removed with all that is in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::string File(std::string_view name) const;
  // Writes the text to that file, returns its path.
  std::string Write(std::string_view name, std::string_view text) const;

 private:
  std::filesystem::path path_;
};

}  // namespace saunter::support
