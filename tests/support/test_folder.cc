#include "tests/support/test_folder.h"

#include <cstdlib>
#include <stdexcept>
#include <system_error>

namespace saunter::support {

TestFolder::TestFolder() {
  auto name = (std::filesystem::temp_directory_path() / "saunter_test_XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
  path_ = name;
}

TestFolder::~TestFolder() {
  std::error_code error;
  std::filesystem::remove_all(path_, error);
}

}  // namespace saunter::support
