// The time of a simulated month: set by the crawler under test, read by the publishers it visits.
//
// Two processes map one file. Thread safety: all functions. Errors: std::runtime_error.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <stdexcept>
#include <string>

#include "schemas/units.h"

namespace saunter::crawler::loop {

class MonthClock {
 public:
  explicit MonthClock(const std::string& path) {
    const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) throw std::runtime_error("no clock at " + path);
    void* place = MAP_FAILED;
    if (ftruncate(fd, sizeof(Time)) == 0) {
      place = mmap(nullptr, sizeof(Time), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    }
    close(fd);
    if (place == MAP_FAILED) throw std::runtime_error("no clock at " + path);
    time_ = static_cast<Time*>(place);  // the file's zeros are a zero time
  }
  ~MonthClock() { munmap(time_, sizeof(Time)); }
  MonthClock(const MonthClock&) = delete;
  MonthClock& operator=(const MonthClock&) = delete;

  [[nodiscard]] schemas::UnixSeconds Now() const { return time_->load(); }
  void Set(schemas::UnixSeconds now) { time_->store(now); }

 private:
  using Time = std::atomic<schemas::UnixSeconds>;
  static_assert(Time::is_always_lock_free);
  Time* time_ = nullptr;
};

}  // namespace saunter::crawler::loop
