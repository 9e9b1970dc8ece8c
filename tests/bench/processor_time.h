// Processor time and memory of other processes, as /proc has them.
//
// Thread safety: all functions. Errors: of a process that there is not, all is 0.
#pragma once

#include <sys/types.h>

namespace saunter::bench {

// Seconds in user and system mode; no more exact than a hundredth of a second.
[[nodiscard]] double ProcessorSeconds(pid_t process);
// The same with all that it has started and waited for, and with its children that run.
[[nodiscard]] double ProcessorSecondsOfAll(pid_t process);
[[nodiscard]] double PeakMegabytes(pid_t process);

}  // namespace saunter::bench
