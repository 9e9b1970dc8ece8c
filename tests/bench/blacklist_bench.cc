// What a match costs at a million patterns. BinarySearchOfHosts is one search for the host among
// the same patterns as sorted strings: what the flat table has to beat. OneLookAtMemory is what a
// match of a listed URL cannot go below: one load from 64 MiB whose address the load before gave.
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "crawler/health/blacklist.h"

namespace saunter::crawler::health {
namespace {

constexpr std::size_t kUrls = 1 << 16;
constexpr std::size_t kAhead = 8;

std::uint64_t Mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

std::string HostOfNumber(std::uint64_t number) {
  std::string host;
  for (std::uint64_t x = Mix(number + 1); host.size() < 5 + number % 9; x = Mix(x)) {
    host += static_cast<char>('a' + x % 26);
  }
  return host + std::to_string(number) + (number % 3 == 0 ? ".com" : ".blog.example.org");
}

// Eight hosts, one suffix and one URL prefix in ten; ordered, as the database gives them.
std::vector<schemas::BlacklistEntry> Entries(std::uint64_t count) {
  std::vector<schemas::BlacklistEntry> entries(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    entries[i].pattern = HostOfNumber(i);
    if (i % 10 == 8) entries[i].pattern.insert(0, "*.");
    if (i % 10 == 9) entries[i].pattern += "/users/" + std::to_string(i) + "/";
    entries[i].reason = "imported from a list";
  }
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return a.pattern < b.pattern; });
  return entries;
}

// Whether the URLs lie on hosts that are listed, or every second one.
enum class Listed { kNone, kHalf, kAll };

std::vector<std::string> Urls(std::uint64_t patterns, Listed listed) {
  std::vector<std::string> urls;
  for (std::uint64_t i = 0; i < kUrls; ++i) {
    const std::uint64_t number = Mix(i + 1) % patterns;
    const bool hit = listed == Listed::kAll || (listed == Listed::kHalf && i % 2 == 0);
    const auto host = HostOfNumber(hit ? number : patterns + number);
    urls.push_back("https://www." + host + "/users/" + std::to_string(number) +
                   "/2026/11/a-post-with-a-name.html?page=2");
  }
  return urls;
}

std::size_t HeapBytes() {
  const auto heap = mallinfo2();
  return heap.uordblks + heap.hblkhd;
}

void MatchUrl(benchmark::State& state, Listed listed) {
  const auto count = static_cast<std::uint64_t>(state.range(0));
  const auto urls = Urls(count, listed);
  const auto before = HeapBytes();
  const Blacklist blacklist(Entries(count));
  const auto kept = HeapBytes() - before;
  std::size_t at = 0;
  std::int64_t matches = 0;
  for ([[maybe_unused]] auto _ : state) {
    // A URL that was just parsed is in the cache; these are too many to be.
    __builtin_prefetch(urls[(at + kAhead) % urls.size()].data());
    __builtin_prefetch(urls[(at + kAhead) % urls.size()].data() + 64);
    matches += blacklist.MatchUrl(urls[at]) ? 1 : 0;
    at = (at + 1) % urls.size();
  }
  state.counters["bytes_per_pattern"] = static_cast<double>(kept) / static_cast<double>(count);
  state.counters["matched"] =
      static_cast<double>(matches) / static_cast<double>(state.iterations());
}
BENCHMARK_CAPTURE(MatchUrl, misses, Listed::kNone)->Arg(1000)->Arg(1000000);
BENCHMARK_CAPTURE(MatchUrl, half, Listed::kHalf)->Arg(1000)->Arg(1000000);
BENCHMARK_CAPTURE(MatchUrl, hits, Listed::kAll)->Arg(1000)->Arg(1000000);

void BinarySearchOfHosts(benchmark::State& state) {
  const auto count = static_cast<std::uint64_t>(state.range(0));
  const auto urls = Urls(count, Listed::kHalf);
  std::vector<std::string> patterns;
  for (auto& entry : Entries(count)) patterns.push_back(std::move(entry.pattern));
  std::sort(patterns.begin(), patterns.end());
  constexpr std::size_t kHostAt = std::string_view("https://www.").size();
  std::size_t at = 0;
  std::int64_t matches = 0;
  for ([[maybe_unused]] auto _ : state) {
    const auto& url = urls[at];
    const auto host = std::string_view(url).substr(kHostAt, url.find('/', kHostAt) - kHostAt);
    matches += std::binary_search(patterns.begin(), patterns.end(), host) ? 1 : 0;
    at = (at + 1) % urls.size();
  }
  state.counters["matched"] =
      static_cast<double>(matches) / static_cast<double>(state.iterations());
}
BENCHMARK(BinarySearchOfHosts)->Arg(1000)->Arg(1000000);

void OneLookAtMemory(benchmark::State& state) {
  constexpr std::size_t kBytesApart = 64;
  constexpr std::size_t kStride = kBytesApart / sizeof(std::uint32_t);
  std::vector<std::uint32_t> order((std::size_t{64} << 20) / kBytesApart);
  std::iota(order.begin(), order.end(), 0U);
  std::shuffle(order.begin(), order.end(), std::mt19937(1));
  std::vector<std::uint32_t> memory(order.size() * kStride);
  for (std::size_t i = 0; i < order.size(); ++i) {
    memory[order[i] * kStride] = order[(i + 1) % order.size()];
  }
  std::uint32_t at = order.front();
  for ([[maybe_unused]] auto _ : state) {
    at = memory[at * kStride];
    benchmark::DoNotOptimize(at);
  }
}
BENCHMARK(OneLookAtMemory);

void Compile(benchmark::State& state) {
  const auto entries = Entries(static_cast<std::uint64_t>(state.range(0)));
  for ([[maybe_unused]] auto _ : state) {
    const Blacklist blacklist(entries);
    benchmark::DoNotOptimize(blacklist.size());
  }
}
BENCHMARK(Compile)->Arg(1000)->Arg(1000000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace saunter::crawler::health

BENCHMARK_MAIN();
