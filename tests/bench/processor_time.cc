#include "tests/bench/processor_time.h"

#include <unistd.h>

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

namespace saunter::bench {
namespace {

struct Ticks {
  double own = 0;
  double waited_for = 0;
};

std::string FolderOf(pid_t process) { return "/proc/" + std::to_string(process); }

Ticks TicksOf(pid_t process) {
  std::ifstream file(FolderOf(process) + "/stat");
  const std::string line{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  // The name of a program may hold anything, a parenthesis too.
  const auto name_ends = line.rfind(')');
  if (name_ends == std::string::npos) return {};
  std::istringstream fields(line.substr(name_ends + 1));
  constexpr int kBeforeTimes = 11;  // state to cmajflt, proc(5)
  std::string skipped;
  for (int i = 0; i < kBeforeTimes; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  double waited_user = 0;
  double waited_system = 0;
  fields >> user >> system >> waited_user >> waited_system;
  return {.own = user + system, .waited_for = waited_user + waited_system};
}

double SecondsOf(double ticks) { return ticks / static_cast<double>(sysconf(_SC_CLK_TCK)); }

}  // namespace

double ProcessorSeconds(pid_t process) { return SecondsOf(TicksOf(process).own); }

double ProcessorSecondsOfAll(pid_t process) {
  const auto mine = TicksOf(process);
  double ticks = mine.own + mine.waited_for;
  std::ifstream children(FolderOf(process) + "/task/" + std::to_string(process) + "/children");
  for (pid_t child = 0; children >> child;) ticks += TicksOf(child).own;
  return SecondsOf(ticks);
}

double PeakMegabytes(pid_t process) {
  constexpr char kPeak[] = "VmHWM:";
  constexpr double kKibibytesPerMegabyte = 1024;
  std::ifstream file(FolderOf(process) + "/status");
  for (std::string word; file >> word;) {
    double kibibytes = 0;
    if (word == kPeak && file >> kibibytes) return kibibytes / kKibibytesPerMegabyte;
  }
  return 0;
}

}  // namespace saunter::bench
