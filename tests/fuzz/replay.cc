// replay ROUNDS FOLDER…: a fuzz target without a fuzzer, for the ordinary tests: each file of the
// folders as it is and in ROUNDS mutations, the same ones at each run.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr std::size_t kChunkBytesMax = 64;

void Run(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

// One to four of: a byte changed, a chunk removed, a chunk repeated elsewhere, the end cut off.
std::string Mutate(std::string input, std::mt19937& random) {
  const auto below = [&](std::size_t limit) { return limit == 0 ? 0 : random() % limit; };
  for (std::size_t i = below(4) + 1; i > 0 && !input.empty(); --i) {
    const std::size_t at = below(input.size());
    const std::size_t size = std::min(below(kChunkBytesMax) + 1, input.size() - at);
    switch (below(4)) {
      case 0:
        input[at] = static_cast<char>(random());
        break;
      case 1:
        input.erase(at, size);
        break;
      case 2:
        input.insert(below(input.size()), input.substr(at, size));
        break;
      default:
        input.resize(input.size() - below(std::min(input.size(), kChunkBytesMax)));
    }
  }
  return input;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: replay ROUNDS FOLDER...\n");
    return 2;
  }
  const long rounds = std::strtol(argv[1], nullptr, 10);
  std::vector<std::filesystem::path> files;
  for (int i = 2; i < argc; ++i) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[i])) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    std::ifstream stream(file, std::ios::binary);
    const std::string seed{std::istreambuf_iterator<char>(stream), {}};
    Run(seed);
    std::mt19937 random(static_cast<std::uint32_t>(seed.size()));
    for (long i = 0; i < rounds; ++i) Run(Mutate(seed, random));
  }
  std::printf("%zu seeds, %ld mutations of each\n", files.size(), rounds);
  return files.empty() ? 1 : 0;
}
