// Reads files and standard input in pieces.
//
// Thread safety: one thread. Ownership: an Input closes its file. Errors: a text that tells a
// person what is wrong and what to do.
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
  // The next piece, empty at the end. After a read error too it is empty, and problem() is not.
  [[nodiscard]] std::string_view Read();
  [[nodiscard]] const std::string& problem() const { return problem_; }
  // 0 if it is not known.
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

// Appends the input to `bytes` until that holds `bytes_max`; the rest is not read. Returns what is
// wrong, if anything.
[[nodiscard]] std::optional<std::string> ReadInput(const std::string& name, std::size_t bytes_max,
                                                   std::string& bytes);

// The operator's words in the form that is stored: valid UTF-8 in one line, within a limit.
[[nodiscard]] std::string OperatorText(std::string_view text);

// Splits what comes in pieces into lines without their ends; a line that is too long is cut.
class LineSplitter {
 public:
  void Add(std::string_view bytes);
  void End() { ended_ = true; }
  // The next whole line; nullopt: more bytes are needed, or this was the end.
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
