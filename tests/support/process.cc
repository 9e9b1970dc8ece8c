#include "tests/support/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <mutex>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

namespace saunter::support {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

struct Pipe {
  int read_fd = -1;
  int write_fd = -1;
};

Pipe OpenPipe() {
  std::array<int, 2> fds{};
  if (pipe2(fds.data(), O_CLOEXEC) != 0) {
    throw std::runtime_error(std::string("pipe2: ") + std::strerror(errno));
  }
  return {fds[0], fds[1]};
}

std::vector<std::string> EnvironmentOf(const Command& command) {
  std::vector<std::string> result;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    if (!command.environment.contains(std::string(text.substr(0, text.find('='))))) {
      result.emplace_back(text);
    }
  }
  for (const auto& [name, value] : command.environment) {
    result.emplace_back(name).append("=").append(value);
  }
  return result;
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

// The line of `text` that holds `part`, if it is complete or `ended`.
std::optional<std::string> FindLine(const std::string& text, std::string_view part, bool ended) {
  const std::size_t at = text.find(part);
  if (at == std::string::npos) return std::nullopt;
  const std::size_t end = text.find('\n', at);
  if (end == std::string::npos && !ended) return std::nullopt;
  const std::size_t before = text.rfind('\n', at);
  const std::size_t begin = before == std::string::npos ? 0 : before + 1;
  return text.substr(begin, end == std::string::npos ? end : end - begin);
}

}  // namespace

class Process::State {
 public:
  explicit State(const Command& command) : input_(command.input) {
    const Pipe input = OpenPipe();
    const Pipe output = OpenPipe();
    const Pipe errors = OpenPipe();
    const Pipe failure = OpenPipe();
    Start(command, input, output, errors, failure);
    close(input.read_fd);
    close(output.write_fd);
    close(errors.write_fd);
    close(failure.write_fd);
    int error = 0;
    const bool failed = read(failure.read_fd, &error, sizeof error) == sizeof error;
    close(failure.read_fd);
    if (failed) {
      waitpid(id_, nullptr, 0);
      for (const int fd : {input.write_fd, output.read_fd, errors.read_fd}) close(fd);
      throw std::runtime_error(command.program + ": " + std::strerror(error));
    }
    input_fd_ = input.write_fd;
    fcntl(input_fd_, F_SETFL, O_NONBLOCK);
    output_fd_ = output.read_fd;
    errors_fd_ = errors.read_fd;
    reader_ = std::jthread([this](const std::stop_token& stop) { Listen(stop); });
  }

  ~State() {
    if (!WaitForExit(milliseconds(0))) {
      kill(id_, SIGKILL);
      (void)WaitForExit(std::chrono::hours(1));
    }
    // A grandchild may still hold the pipes open; what it says is nobody's concern.
    reader_.request_stop();
    reader_.join();
    for (const int fd : {input_fd_, output_fd_, errors_fd_}) {
      if (fd >= 0) close(fd);
    }
  }

  State(const State&) = delete;
  State& operator=(const State&) = delete;

  [[nodiscard]] pid_t id() const { return id_; }

  void Signal(int signal) {
    const std::lock_guard lock(exit_mutex_);
    if (!exit_code_) kill(id_, signal);  // a reaped id may already be another's
  }

  std::optional<std::string> WaitForLine(std::string_view text, milliseconds deadline) {
    std::unique_lock lock(mutex_);
    std::optional<std::string> line;
    const auto found = [&] {
      line = FindLine(output_, text, ended_);
      if (!line) line = FindLine(errors_, text, ended_);
      return line.has_value() || ended_;
    };
    changed_.wait_for(lock, deadline, found);
    return line;
  }

  std::optional<int> WaitForExit(milliseconds deadline) {
    (void)WaitUntil(
        [this] {
          const std::lock_guard lock(exit_mutex_);
          if (exit_code_) return true;
          int status = 0;
          if (waitpid(id_, &status, WNOHANG) != id_) return false;
          exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
          return true;
        },
        deadline);
    if (exit_code_ && deadline > milliseconds(0)) {
      // What it printed last may still stand in the pipes.
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, milliseconds(1000), [this] { return ended_; });
    }
    const std::lock_guard lock(exit_mutex_);
    return exit_code_;
  }

  [[nodiscard]] std::string Output() const {
    const std::lock_guard lock(mutex_);
    return output_;
  }
  [[nodiscard]] std::string Errors() const {
    const std::lock_guard lock(mutex_);
    return errors_;
  }

 private:
  void Start(const Command& command, const Pipe& input, const Pipe& output, const Pipe& errors,
             const Pipe& failure) {
    std::vector<std::string> arguments = {command.program};
    arguments.insert(arguments.end(), command.arguments.begin(), command.arguments.end());
    std::vector<std::string> environment = EnvironmentOf(command);
    const std::vector<char*> argument_pointers = Pointers(arguments);
    const std::vector<char*> environment_pointers = Pointers(environment);
    const pid_t parent = getpid();
    id_ = fork();
    if (id_ < 0) throw std::runtime_error(std::string("fork: ") + std::strerror(errno));
    if (id_ > 0) return;
    // From here to exec only what is safe between fork and exec of a process with threads.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);
    dup2(input.read_fd, STDIN_FILENO);
    dup2(output.write_fd, STDOUT_FILENO);
    dup2(errors.write_fd, STDERR_FILENO);
    if (command.directory.empty() || chdir(command.directory.c_str()) == 0) {
      execve(command.program.c_str(), argument_pointers.data(), environment_pointers.data());
    }
    const int error = errno;
    (void)!write(failure.write_fd, &error, sizeof error);
    _exit(127);
  }

  void Listen(const std::stop_token& stop) {
    // Writing to a program that reads no input must not end the test.
    sigset_t pipe_signal;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_signal, nullptr);
    std::size_t written = 0;
    std::array<pollfd, 3> fds = {pollfd{output_fd_, POLLIN, 0}, pollfd{errors_fd_, POLLIN, 0},
                                 pollfd{input_fd_, POLLOUT, 0}};
    while (!stop.stop_requested() && (fds[0].fd >= 0 || fds[1].fd >= 0)) {
      if (fds[2].fd >= 0 && written == input_.size()) CloseInput(fds[2]);
      if (poll(fds.data(), fds.size(), 50) <= 0) continue;
      if (fds[0].revents != 0) Take(fds[0], output_);
      if (fds[1].revents != 0) Take(fds[1], errors_);
      if (fds[2].fd >= 0 && fds[2].revents != 0) {
        const ssize_t count = write(input_fd_, input_.data() + written, input_.size() - written);
        if (count > 0) written += static_cast<std::size_t>(count);
        if (count < 0 && errno != EAGAIN) written = input_.size();
      }
    }
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }

  void CloseInput(pollfd& entry) {
    close(input_fd_);
    input_fd_ = -1;
    entry.fd = -1;
  }

  void Take(pollfd& entry, std::string& text) {
    std::array<char, 16384> buffer{};
    const ssize_t count = read(entry.fd, buffer.data(), buffer.size());
    if (count <= 0) {
      entry.fd = -1;
      return;
    }
    const std::lock_guard lock(mutex_);
    text.append(buffer.data(), static_cast<std::size_t>(count));
    changed_.notify_all();
  }

  const std::string input_;
  pid_t id_ = -1;
  int output_fd_ = -1;
  int errors_fd_ = -1;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string output_;  // guarded by mutex_, as are the next two
  std::string errors_;
  bool ended_ = false;

  std::mutex exit_mutex_;
  std::optional<int> exit_code_;  // guarded by exit_mutex_

  int input_fd_ = -1;  // confined to the reader while it runs
  std::jthread reader_;
};

Process::Process(const Command& command) : state_(std::make_unique<State>(command)) {}
Process::~Process() = default;
pid_t Process::id() const { return state_->id(); }
void Process::Signal(int signal) { state_->Signal(signal); }
std::optional<std::string> Process::WaitForLine(std::string_view text, milliseconds deadline) {
  return state_->WaitForLine(text, deadline);
}
std::optional<int> Process::WaitForExit(milliseconds deadline) {
  return state_->WaitForExit(deadline);
}
bool Process::Running() { return !state_->WaitForExit(milliseconds(0)).has_value(); }
std::string Process::Output() const { return state_->Output(); }
std::string Process::Errors() const { return state_->Errors(); }

Completed RunToEnd(const Command& command, milliseconds deadline) {
  Process process(command);
  Completed result;
  result.exit_code = process.WaitForExit(deadline);
  result.output = process.Output();
  result.errors = process.Errors();
  return result;
}

bool WaitUntil(const std::function<bool()>& condition, milliseconds deadline) {
  const auto end = steady_clock::now() + deadline;
  while (!condition()) {
    if (steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(milliseconds(2));
  }
  return true;
}

}  // namespace saunter::support
