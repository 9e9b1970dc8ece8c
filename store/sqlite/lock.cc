#include "store/sqlite/lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>

namespace saunter::store::sqlite {
namespace {

std::string ErrnoText() { return std::generic_category().message(errno); }

std::string ReadHolder(int descriptor) {
  std::array<char, 256> text{};
  const auto bytes = pread(descriptor, text.data(), text.size(), 0);
  return {text.data(), bytes > 0 ? static_cast<std::size_t>(bytes) : 0};
}

}  // namespace

bool CreateDatabaseFile(const std::string& path, std::string& detail) {
  const int descriptor =
      open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, kDatabaseFileMode);
  if (descriptor < 0) {
    detail = "cannot create " + path + ": " + ErrnoText();
    return false;
  }
  close(descriptor);
  AdoptDirectoryOwner(path);
  return true;
}

void AdoptDirectoryOwner(const std::string& path) {
  if (geteuid() != 0) return;
  auto folder = std::filesystem::path(path).parent_path();
  if (folder.empty()) folder = ".";
  struct stat owner{};
  // Failing leaves the file with root: the crawler then says that it cannot write it.
  if (stat(folder.c_str(), &owner) == 0 && owner.st_uid != 0) {
    if (lchown(path.c_str(), owner.st_uid, owner.st_gid) != 0) return;
  }
}

WriterLock::~WriterLock() {
  if (descriptor_ < 0) return;
  switch (release_) {
    case Release::kClean: {
      // An emptied file tells the next writer of it; if this fails that one only checks more.
      [[maybe_unused]] const int result = ftruncate(descriptor_, 0);
      break;
    }
    case Release::kUnclean:
      break;
  }
  close(descriptor_);
}

WriterLock::Result WriterLock::Take(const std::string& database_path, std::string_view program) {
  const auto path = database_path + ".lock";
  const int descriptor =
      open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kDatabaseFileMode);
  if (descriptor < 0) {
    detail_ = "cannot open " + path + ": " + ErrnoText() +
              "; check that the folder exists and that this user may write there";
    return Result::kFailed;
  }
  if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    const bool held = errno == EWOULDBLOCK;
    detail_ = held ? ReadHolder(descriptor) : "cannot lock " + path + ": " + ErrnoText();
    close(descriptor);
    return held ? Result::kHeld : Result::kFailed;
  }
  AdoptDirectoryOwner(path);
  after_unclean_stop_ = !ReadHolder(descriptor).empty();
  const auto text = std::string(program) + ", process " + std::to_string(getpid());
  if (ftruncate(descriptor, 0) != 0 ||
      pwrite(descriptor, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    detail_ = "cannot write " + path + ": " + ErrnoText();
    close(descriptor);
    return Result::kFailed;
  }
  descriptor_ = descriptor;
  return Result::kTaken;
}

}  // namespace saunter::store::sqlite
