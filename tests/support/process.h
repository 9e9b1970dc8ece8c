// Built programs as tests run them: started, listened to line by line, signalled, ended.
//
// Thread safety: all functions of Process, but WaitForExit and Running by one thread at a time; a
// Process must be constructed on a thread that outlives it, since the kernel ends the program with
// the thread that started it. Ownership: the destructor kills and reaps a program that still runs.
// Errors: a program that cannot be started throws std::runtime_error; a deadline that passes is an
// empty optional or false.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace saunter::support {

struct Command {
  std::string program;  // a path; PATH is not searched
  std::vector<std::string> arguments;
  std::map<std::string, std::string> environment;  // besides the test's own
  std::string input;                               // all of its standard input
  std::string directory;                           // where it starts, empty: here
};

class Process {
 public:
  explicit Process(const Command& command);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  [[nodiscard]] pid_t id() const;
  void Signal(int signal);
  // The first line of either stream that holds `text`, as soon as there is one.
  [[nodiscard]] std::optional<std::string> WaitForLine(std::string_view text,
                                                       std::chrono::milliseconds deadline);
  // The exit code, or 128 + the signal that ended it.
  [[nodiscard]] std::optional<int> WaitForExit(std::chrono::milliseconds deadline);
  [[nodiscard]] bool Running();
  // Everything printed so far.
  [[nodiscard]] std::string Output() const;
  [[nodiscard]] std::string Errors() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

struct Completed {
  std::optional<int> exit_code;  // absent: killed at the deadline
  std::string output;
  std::string errors;
};
[[nodiscard]] Completed RunToEnd(const Command& command, std::chrono::milliseconds deadline);

// True as soon as `condition` is, false at the deadline.
[[nodiscard]] bool WaitUntil(const std::function<bool()>& condition,
                             std::chrono::milliseconds deadline);

}  // namespace saunter::support
