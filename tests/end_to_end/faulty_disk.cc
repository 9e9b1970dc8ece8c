// Preloaded into a program (LD_PRELOAD): while the file named by SAUNTER_FAULT exists, every write
// to a database fails with the errno that stands in it.

#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

int FaultOf(int descriptor) {
  const char* fault = std::getenv("SAUNTER_FAULT");
  if (fault == nullptr || access(fault, F_OK) != 0) return 0;
  char link[64];
  char path[4096] = {};
  std::snprintf(link, sizeof(link), "/proc/self/fd/%d", descriptor);
  if (readlink(link, path, sizeof(path) - 1) < 0) return 0;
  const char* name = std::strrchr(path, '/');
  if (name == nullptr || std::strncmp(name, "/saunter.db", 11) != 0) return 0;
  char text[16] = {};
  const int file = open(fault, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  const auto bytes = read(file, text, sizeof(text) - 1);
  close(file);
  return bytes > 0 ? static_cast<int>(std::strtol(text, nullptr, 10)) : 0;
}

template <typename Function>
Function Next(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

// The C library declares these with names that are its own.
// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name)
ssize_t pwrite64(int descriptor, const void* data, size_t bytes, off64_t offset) {
  if (const int fault = FaultOf(descriptor); fault != 0) {
    errno = fault;
    return -1;
  }
  static const auto next = Next<ssize_t (*)(int, const void*, size_t, off64_t)>("pwrite64");
  return next(descriptor, data, bytes, offset);
}

ssize_t pwrite(int descriptor, const void* data, size_t bytes, off_t offset) {
  return pwrite64(descriptor, data, bytes, offset);
}

ssize_t write(int descriptor, const void* data, size_t bytes) {
  if (const int fault = FaultOf(descriptor); fault != 0) {
    errno = fault;
    return -1;
  }
  static const auto next = Next<ssize_t (*)(int, const void*, size_t)>("write");
  return next(descriptor, data, bytes);
}

// NOLINTEND(readability-inconsistent-declaration-parameter-name)

}  // extern "C"
