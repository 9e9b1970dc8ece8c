// Files and standard input, read in pieces.
//
// Thread safety: one thread. Ownership: an Input closes its file. Errors: text for a person, with
// what to do.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace saunter::crawler::cli {

class Input {
 public:
  // `name` is a path, or "-" for standard input. Returns what is wrong, if anything.
  [[nodiscard]] std::optional<std::string> Open(const std::string& name);
  // The next piece, empty at the end; a read error ends it and stands in `problem`.
  [[nodiscard]] std::string_view Read();
  [[nodiscard]] const std::string& problem() const { return problem_; }
  // 0 where it is not known.
  [[nodiscard]] std::int64_t bytes_total() const { return bytes_total_; }
  [[nodiscard]] std::int64_t bytes_read() const { return bytes_read_; }

 private:
  struct Closer {
    void operator()(std::FILE* file) const;
  };
  std::unique_ptr<std::FILE, Closer> file_;
  std::string name_;
  std::string problem_;
  std::vector<char> buffer_;
  std::int64_t bytes_total_ = 0;
  std::int64_t bytes_read_ = 0;
};

// All of it, at most `bytes_max`. Returns what is wrong, if anything.
[[nodiscard]] std::optional<std::string> ReadInput(const std::string& name, std::size_t bytes_max,
                                                   std::string& bytes);

// A word or sentence of the operator as it is stored: valid UTF-8 in one line, within a limit.
[[nodiscard]] std::string OperatorText(std::string_view text);

// The lines of what comes in pieces, without their ends; one that is too long is cut.
class LineSplitter {
 public:
  void Add(std::string_view bytes);
  void End() { ended_ = true; }
  // The next whole line; nullopt: none yet, or no more.
  [[nodiscard]] std::optional<std::string> Next();
  // Of the line that Next gave, 1-based.
  [[nodiscard]] std::int64_t number() const { return number_; }

 private:
  std::string buffer_;
  std::size_t at_ = 0;
  std::int64_t number_ = 0;
  bool ended_ = false;
};

}  // namespace saunter::crawler::cli
