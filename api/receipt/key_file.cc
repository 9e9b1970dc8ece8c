#include "api/receipt/key_file.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <string_view>
#include <system_error>

#include "schemas/text.h"

namespace saunter::api::receipt {
namespace {

constexpr std::size_t kDigits = 2 * std::tuple_size_v<Key>;
// More than a key with its line end, so that a longer file is seen to be one.
constexpr std::size_t kFileBytesMax = 256;

class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] int get() const { return descriptor_; }

 private:
  const int descriptor_;
};

KeyRead Failed(const std::string& path, const char* what) {
  return {std::nullopt, path + ": cannot " + what +
                            " the key of receipts: " + std::generic_category().message(errno)};
}

std::optional<Key> KeyIn(std::string_view text) {
  const auto digits = schemas::Trim(text, schemas::kBlanksAndLineEnds);
  if (digits.size() != kDigits) return std::nullopt;
  Key key{};
  for (std::size_t i = 0; i < key.size(); ++i) {
    const int high = schemas::HexValue(digits[2 * i]);
    const int low = schemas::HexValue(digits[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    key[i] = static_cast<unsigned char>(high * 16 + low);
  }
  return key;
}

// nullopt: there is no such file.
std::optional<KeyRead> ReadKey(const std::string& path) {
  // Without waiting, should somebody have put a pipe there.
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) {
    if (errno == ENOENT) return std::nullopt;
    return Failed(path, "read");
  }
  struct stat status{};
  std::array<char, kFileBytesMax> text{};
  const bool is_file = ::fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode);
  const auto size = is_file ? ::read(file.get(), text.data(), text.size()) : 0;
  if (size < 0) return Failed(path, "read");
  const auto key = KeyIn({text.data(), static_cast<std::size_t>(size)});
  if (key) return KeyRead{key, {}};
  return KeyRead{std::nullopt, path +
                                   " holds no key of receipts, 64 hexadecimal digits; copy that of "
                                   "another API machine, or move the file away to have one made"};
}

bool WriteAll(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// Whole under its name or not there at all. nullopt: it was made, by this process or another.
std::optional<KeyRead> MakeKey(const std::string& path) {
  Key key{};
  randombytes_buf(key.data(), key.size());
  std::string text;
  for (const auto byte : key) {
    text.push_back(schemas::kHexDigits[byte >> 4]);
    text.push_back(schemas::kHexDigits[byte & 0xf]);
  }
  text.push_back('\n');
  std::string beside = path + ".XXXXXX";
  // With mode 0600 from the beginning.
  const File file(::mkostemp(beside.data(), O_CLOEXEC));
  if (file.get() < 0) return Failed(path, "make");
  std::optional<KeyRead> failed;
  if (!WriteAll(file.get(), text) || ::fsync(file.get()) != 0 ||
      (::link(beside.c_str(), path.c_str()) != 0 && errno != EEXIST)) {
    failed = Failed(path, "make");
  }
  ::unlink(beside.c_str());
  return failed;
}

}  // namespace

KeyRead ReadOrMakeKey(const std::string& path) {
  if (sodium_init() < 0) return {std::nullopt, "libsodium cannot be used on this machine"};
  if (auto read = ReadKey(path)) return *read;
  if (auto failed = MakeKey(path)) return *failed;
  if (auto read = ReadKey(path)) return *read;
  return {std::nullopt, path + " went away as soon as it was made"};
}

}  // namespace saunter::api::receipt
