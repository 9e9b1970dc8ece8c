#include <gtest/gtest.h>
#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "crawler/health/blacklist.h"

// The pair below is malloc and free throughout; GCC sees one half of it inlined and not the other.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

namespace {

// Each block keeps its size in front of it, so that what lives can be summed.
constexpr std::size_t kHeaderBytes = alignof(std::max_align_t);
std::atomic<std::size_t> allocations{0};
std::atomic<std::size_t> bytes_live{0};

void* Allocate(std::size_t size) {
  void* block = std::malloc(size + kHeaderBytes);
  if (block == nullptr) return nullptr;
  *static_cast<std::size_t*>(block) = size;
  ++allocations;
  bytes_live += size;
  return static_cast<char*>(block) + kHeaderBytes;
}

void Release(void* pointer) {
  if (pointer == nullptr) return;
  void* block = static_cast<char*>(pointer) - kHeaderBytes;
  bytes_live -= *static_cast<std::size_t*>(block);
  std::free(block);
}

// What is aligned to pages has no room for its size in front.
void* AllocateAligned(std::size_t size, std::align_val_t alignment) {
  void* block = nullptr;
  if (posix_memalign(&block, static_cast<std::size_t>(alignment), size) != 0) {
    throw std::bad_alloc();
  }
  ++allocations;
  bytes_live += malloc_usable_size(block);
  return block;
}

void ReleaseAligned(void* block) {
  bytes_live -= malloc_usable_size(block);
  std::free(block);
}

}  // namespace

void* operator new(std::size_t size, std::align_val_t alignment) {
  return AllocateAligned(size, alignment);
}
void operator delete(void* block, std::align_val_t) noexcept { ReleaseAligned(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { ReleaseAligned(block); }

void* operator new(std::size_t size) {
  if (void* block = Allocate(size); block != nullptr) return block;
  throw std::bad_alloc();
}
void* operator new[](std::size_t size) { return operator new(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return Allocate(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return Allocate(size); }
void operator delete(void* pointer) noexcept { Release(pointer); }
void operator delete[](void* pointer) noexcept { Release(pointer); }
void operator delete(void* pointer, std::size_t) noexcept { Release(pointer); }
void operator delete[](void* pointer, std::size_t) noexcept { Release(pointer); }
void operator delete(void* pointer, const std::nothrow_t&) noexcept { Release(pointer); }
void operator delete[](void* pointer, const std::nothrow_t&) noexcept { Release(pointer); }

namespace saunter::crawler::health {
namespace {

constexpr std::size_t kPatterns = 100000;

std::vector<schemas::BlacklistEntry> ManyEntries() {
  std::vector<schemas::BlacklistEntry> entries;
  entries.reserve(kPatterns);
  for (std::size_t i = 0; i < kPatterns; ++i) {
    schemas::BlacklistEntry entry;
    entry.pattern = "site-" + std::to_string(i) + ".example.com";
    if (i % 10 == 8) entry.pattern.insert(0, "*.");
    if (i % 10 == 9) entry.pattern += "/users/name/";
    entry.reason = "from a list that names one reason for all";
    entries.push_back(std::move(entry));
  }
  return entries;
}

TEST(BlacklistAllocation, AllocatesNothingWhileMatching) {
  const Blacklist blacklist(ManyEntries());
  const std::string urls[] = {
      "https://www.site-10.example.com/a/b?c", "https://deep.below.site-18.example.com/",
      "https://site-19.example.com/users/name/posts/%41/?page=2",
      "https://not-there.example.org/a/long/path/that/goes/on/and/on.html", "not a URL at all"};
  std::size_t matches = 0;
  const std::size_t before = allocations;
  for (const auto& url : urls) {
    if (blacklist.MatchUrl(url)) ++matches;
    if (blacklist.MatchHost(url)) ++matches;
    if (blacklist.HasPrefixes(url)) ++matches;
  }
  const std::size_t after = allocations;
  EXPECT_EQ(after, before);
  EXPECT_EQ(matches, 3U);
}

TEST(BlacklistAllocation, KeepsLessThanAHundredBytesAPattern) {
  auto entries = ManyEntries();
  const std::size_t before = bytes_live;
  auto copy = entries;
  const auto blacklist = std::make_unique<Blacklist>(std::move(copy));
  const std::size_t kept = bytes_live - before;
  EXPECT_EQ(blacklist->size(), kPatterns);
  EXPECT_LT(kept, kPatterns * 100);
  EXPECT_GT(kept, kPatterns * 40);  // what is counted is the whole of it
}

}  // namespace
}  // namespace saunter::crawler::health
