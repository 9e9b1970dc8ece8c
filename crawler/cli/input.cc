#include "crawler/cli/input.h"

#include <sys/stat.h>

#include <cerrno>
#include <system_error>

#include "crawler/text/charset.h"
#include "crawler/text/plain_text.h"

namespace saunter::crawler::cli {
namespace {

constexpr std::size_t kPieceBytes = 65536;
constexpr std::size_t kTextCodePointsMax = 200;
constexpr std::size_t kLineBytesMax = 65536;

std::string ErrorText(int error) { return std::generic_category().message(error); }

}  // namespace

void Input::Closer::operator()(std::FILE* file) const {
  if (file != stdin) std::fclose(file);
}

std::optional<std::string> Input::Open(const std::string& name) {
  name_ = name;
  buffer_.resize(kPieceBytes);
  file_.reset(name == "-" ? stdin : std::fopen(name.c_str(), "rbe"));
  if (!file_) return name + ": " + ErrorText(errno);
  struct stat status{};
  if (fstat(fileno(file_.get()), &status) != 0) return name + ": " + ErrorText(errno);
  if (S_ISDIR(status.st_mode)) {
    return name + " is a directory: name the files in it, as in " + name + "/*.opml";
  }
  if (S_ISREG(status.st_mode)) bytes_total_ = status.st_size;
  return std::nullopt;
}

std::string_view Input::Read() {
  const auto bytes = std::fread(buffer_.data(), 1, buffer_.size(), file_.get());
  if (bytes == 0 && std::ferror(file_.get()) != 0) problem_ = name_ + ": " + ErrorText(errno);
  bytes_read_ += static_cast<std::int64_t>(bytes);
  return {buffer_.data(), bytes};
}

std::string OperatorText(std::string_view text) {
  return text::PlainText(text::RepairUtf8(text), text::Markup::kPlain, kTextCodePointsMax,
                         text::Cut::kCodePoint);
}

void LineSplitter::Add(std::string_view bytes) {
  buffer_.erase(0, at_);
  at_ = 0;
  // What is beyond the limit is dropped up to the next line break.
  if (buffer_.size() > kLineBytesMax) {
    const auto line_end = bytes.find('\n');
    if (line_end == std::string_view::npos) return;
    bytes.remove_prefix(line_end);
  }
  buffer_.append(bytes);
}

std::optional<std::string> LineSplitter::Next() {
  const auto rest = std::string_view(buffer_).substr(at_);
  const auto line_end = rest.find('\n');
  if (rest.empty() || (line_end == std::string_view::npos && !ended_)) return std::nullopt;
  const auto line = rest.substr(0, line_end);
  at_ += line_end == std::string_view::npos ? line.size() : line.size() + 1;
  ++number_;
  return std::string(line);
}

std::optional<std::string> ReadInput(const std::string& name, std::size_t bytes_max,
                                     std::string& bytes) {
  Input input;
  if (auto problem = input.Open(name)) return problem;
  while (bytes.size() < bytes_max) {
    const auto piece = input.Read();
    if (piece.empty()) break;
    bytes.append(piece.substr(0, bytes_max - bytes.size()));
  }
  if (!input.problem().empty()) return input.problem();
  return std::nullopt;
}

}  // namespace saunter::crawler::cli
