// A database whose changes are logged, of an engine, and what happens in it.
//
// Each engine's test program has a MakeReplicaSource of its own, and takes the tests as they are.
// SQLite keeps no log of everything; there the tests' own triggers do what PostgreSQL's do.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "schemas/batch.h"
#include "schemas/settings.h"
#include "store/reader.h"
#include "store/sql/database.h"
#include "store/writer.h"

namespace saunter::store::replica {

inline constexpr schemas::UnixSeconds kStart = 1700000000;

class ReplicaSource {
 public:
  ReplicaSource() = default;
  virtual ~ReplicaSource() = default;
  ReplicaSource(const ReplicaSource&) = delete;
  ReplicaSource& operator=(const ReplicaSource&) = delete;

  virtual Writer& writer() = 0;
  virtual std::unique_ptr<Reader> OpenReader() = 0;
  // To read, as the replica does.
  virtual std::unique_ptr<sql::Database> Connect() = 0;
  // Past the store.
  virtual void Execute(const std::string& sql) = 0;

  void Write(const schemas::WriteBatch& batch, schemas::UnixSeconds now);
  schemas::Id AddFeed(const std::string& host, const std::string& category = {});
  // Posts "https://HOST/0" … of its feed.
  void AddPosts(const std::string& host, int count);
};

// With a database of its own; what it needs of files is in `folder`.
std::unique_ptr<ReplicaSource> MakeReplicaSource(const std::string& folder,
                                                 const schemas::StoreSettings& settings);

// Batches of all kinds, at random.
class Life {
 public:
  Life(ReplicaSource& source, unsigned seed) : source_(source), random_(seed) {}

  void GoOn();  // one transaction
  [[nodiscard]] schemas::UnixSeconds now() const { return now_; }

 private:
  std::size_t Below(std::size_t end) {
    return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_);
  }
  std::string Host() { return std::string("abcdef").substr(Below(6), 1) + ".example"; }
  schemas::EntryIntake AnyEntry();
  std::optional<schemas::FeedListing> AnyFeed(Reader& reader);
  std::optional<schemas::Id> AnyLink(Reader& reader);
  std::optional<schemas::Id> AnySite(Reader& reader);
  void Add(schemas::WriteBatch& batch);
  void Fetch(Reader& reader, schemas::WriteBatch& batch);
  void ChangeFeed(Reader& reader, schemas::WriteBatch& batch);
  void Probe(Reader& reader, schemas::WriteBatch& batch);
  void Say(Reader& reader, schemas::WriteBatch& batch);
  void Look(Reader& reader, schemas::WriteBatch& batch);
  void Report(schemas::WriteBatch& batch);
  void Blacklist(Reader& reader);

  ReplicaSource& source_;
  std::mt19937 random_;
  schemas::UnixSeconds now_ = kStart;
};

}  // namespace saunter::store::replica
