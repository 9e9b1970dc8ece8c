#include "tests/support/files.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>

namespace saunter::support {

std::filesystem::path Tree(std::string_view path) {
  return std::filesystem::path(SAUNTER_TREE) / path;
}

std::string TestData(std::string_view name) { return Tree("tests/data") / name; }

std::filesystem::path Corpus(std::string_view name) {
  return std::filesystem::path(SAUNTER_CORPUS) / name;
}

std::string Built(std::string_view path) { return std::filesystem::path(SAUNTER_BUILD) / path; }

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

TemporaryDirectory::TemporaryDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "saunter-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) {
    throw std::runtime_error("mkdtemp " + name + ": " + std::strerror(errno));
  }
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;  // a test that ends must not fail for its leftovers
  std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryDirectory::File(std::string_view name) const {
  return (path_ / name).string();
}

std::string TemporaryDirectory::Write(std::string_view name, std::string_view text) const {
  const std::string file = File(name);
  std::ofstream stream(file, std::ios::binary);
  stream << text;
  stream.close();
  if (!stream) throw std::runtime_error("cannot write " + file);
  return file;
}

}  // namespace saunter::support
