// Which feeds are being asked, in a file beside the database: no crash of the process makes us ask
// one twice.
//
// A record is written before the request goes out, and its place is free again once the answer is
// committed. What the process's end leaves in the file was asked; where the database has no newer
// answer, the answer was lost. Nothing is synced: the file outlives the process, not the machine,
// as do the newest commits.
//
// The file is named after the database, with "-asked" behind it, and is nothing but records of
// 16 bytes, in the byte order of the machine; a place that is free is a record of zeros:
//
//   byte    0               8              16              24              32
//           +---------------+---------------+---------------+---------------+--
//           | feed_id  i64  | asked_at i64  | 0: place free | 0             | …
//           +---------------+---------------+---------------+---------------+--
//
// Places are reserved many at a time, and taken in any order. A feed that has several records was
// asked at the newest of their times. What is left of a record cut short at the end is not read.
//
// Thread safety: one thread. Ownership: the descriptor. Errors: the constructor throws
// std::system_error for a file that cannot be opened or read; Note says what cannot be written.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "schemas/units.h"

namespace saunter::crawler::loop {

struct AskedFeed {
  schemas::Id feed_id = 0;
  schemas::UnixSeconds asked_at = 0;
};

class AskedLog {
 public:
  // Beside the database at `database_path`; its holder has the lock of the database.
  explicit AskedLog(const std::string& database_path);
  ~AskedLog();
  AskedLog(const AskedLog&) = delete;
  AskedLog& operator=(const AskedLog&) = delete;

  // What the file held when it was opened, answered or not; all of it waits to be settled.
  [[nodiscard]] const std::map<schemas::Id, schemas::UnixSeconds>& found() const { return found_; }
  // False: the disk does not take them now, or not all.
  [[nodiscard]] bool Note(const std::vector<AskedFeed>& asked);
  // Their answers are in the database.
  void Settle(const std::vector<schemas::Id>& feed_ids);

 private:
  struct Placed {
    std::size_t place = 0;
    AskedFeed asked;
  };

  void Find(const AskedFeed& asked);
  [[nodiscard]] bool Grow();
  // Neighbours in one write.
  [[nodiscard]] bool Write(std::vector<Placed> records) const;

  const int descriptor_;
  std::map<schemas::Id, schemas::UnixSeconds> found_;
  std::vector<std::size_t> free_places_;
  std::size_t places_ = 0;
  std::unordered_map<schemas::Id, std::size_t> place_of_;
};

}  // namespace saunter::crawler::loop
