#include "crawler/loop/asked_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace saunter::crawler::loop {
namespace {

constexpr mode_t kFileMode = 0640;
constexpr std::size_t kPlacesAtOnce = 4096;
constexpr auto kRecordBytes = static_cast<off_t>(sizeof(AskedFeed));
static_assert(sizeof(AskedFeed) == 16);

[[noreturn]] void ThrowError(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

int Open(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kFileMode);
  if (descriptor < 0) ThrowError(("cannot open " + path).c_str());
  return descriptor;
}

}  // namespace

AskedLog::AskedLog(const std::string& database_path) : descriptor_(Open(database_path + "-asked")) {
  std::array<AskedFeed, 256> records{};
  while (true) {
    const auto bytes = pread(descriptor_, records.data(), sizeof(records),
                             static_cast<off_t>(places_) * kRecordBytes);
    if (bytes < 0) ThrowError("cannot read the list of asked feeds");
    const auto count = static_cast<std::size_t>(bytes) / sizeof(AskedFeed);
    if (count == 0) break;
    for (std::size_t i = 0; i < count; ++i) Find(records[i]);
  }
}

// Of several records of a feed the newest counts.
void AskedLog::Find(const AskedFeed& asked) {
  const auto place = places_++;
  const auto known = place_of_.find(asked.feed_id);
  if (asked.feed_id == 0) {
    free_places_.push_back(place);
  } else if (known == place_of_.end()) {
    place_of_.emplace(asked.feed_id, place);
    found_.insert_or_assign(asked.feed_id, asked.asked_at);
  } else if (found_.at(asked.feed_id) < asked.asked_at) {
    free_places_.push_back(std::exchange(known->second, place));
    found_.insert_or_assign(asked.feed_id, asked.asked_at);
  } else {
    free_places_.push_back(place);
  }
}

AskedLog::~AskedLog() { close(descriptor_); }

// Room is taken on the disk when it is there, so that no request waits for some.
bool AskedLog::Grow() {
  const int error = posix_fallocate(descriptor_, static_cast<off_t>(places_) * kRecordBytes,
                                    static_cast<off_t>(kPlacesAtOnce) * kRecordBytes);
  if (error != 0) return false;
  for (std::size_t i = 0; i < kPlacesAtOnce; ++i) free_places_.push_back(places_++);
  return true;
}

bool AskedLog::Note(const std::vector<AskedFeed>& asked) {
  std::vector<Placed> records;
  records.reserve(asked.size());
  for (const AskedFeed& feed : asked) {
    const auto known = place_of_.find(feed.feed_id);
    if (known != place_of_.end()) {
      records.push_back({known->second, feed});
      continue;
    }
    if (free_places_.empty() && !Grow()) return false;
    records.push_back({free_places_.back(), feed});
    place_of_.emplace(feed.feed_id, free_places_.back());
    free_places_.pop_back();
  }
  return Write(std::move(records));
}

void AskedLog::Settle(const std::vector<schemas::Id>& feed_ids) {
  std::vector<Placed> records;
  records.reserve(feed_ids.size());
  for (const auto feed_id : feed_ids) {
    const auto known = place_of_.find(feed_id);
    if (known == place_of_.end()) continue;
    records.push_back({known->second, AskedFeed()});
    free_places_.push_back(known->second);
    place_of_.erase(known);
  }
  // A record that cannot be cleared now is older than the answer, which tells at the start.
  [[maybe_unused]] const bool cleared = Write(std::move(records));
}

bool AskedLog::Write(std::vector<Placed> records) const {
  std::ranges::sort(records, {}, &Placed::place);
  std::vector<AskedFeed> run;
  for (std::size_t begin = 0; begin < records.size(); begin += run.size()) {
    run.clear();
    while (begin + run.size() < records.size() &&
           records[begin + run.size()].place == records[begin].place + run.size()) {
      run.push_back(records[begin + run.size()].asked);
    }
    const auto bytes = run.size() * sizeof(AskedFeed);
    const auto at = static_cast<off_t>(records[begin].place) * kRecordBytes;
    if (pwrite(descriptor_, run.data(), bytes, at) != static_cast<ssize_t>(bytes)) return false;
  }
  return true;
}

}  // namespace saunter::crawler::loop
