// What may happen to a database, drawn at random: crawls of feeds whose entries come, change and
// go, probes with every verdict, an operator's changes, readers' words, and the decisions that
// follow.
//
// Thread safety: one thread. Errors: StoreError of the database that is looked into.
#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "schemas/batch.h"
#include "schemas/settings.h"
#include "schemas/units.h"
#include "store/sqlite/connection.h"
#include "store/writer.h"

namespace saunter::store {

// Does something in a transaction, and says what it was told there.
using Deed = std::function<std::string(WriteTransaction&)>;

// One transaction.
struct Step {
  schemas::UnixSeconds now = 0;
  std::vector<Deed> deeds;
  bool is_committed = true;
};

class RandomSteps {
 public:
  // `database` is looked into for what there is. An even seed makes budgets that are soon used up.
  RandomSteps(std::uint64_t seed, sqlite::Database& database);

  [[nodiscard]] schemas::StoreSettings Settings() const;
  [[nodiscard]] Step Next();
  [[nodiscard]] std::uint64_t Below(std::uint64_t end) { return random_() % end; }

 private:
  struct Place {
    std::string site;
    std::string registrable_domain;
  };

  [[nodiscard]] bool OneIn(std::uint64_t count) { return Below(count) == 0; }
  [[nodiscard]] schemas::UnixSeconds Soon();
  [[nodiscard]] const Place& AnyPlace();
  [[nodiscard]] std::string AnyFeedUrl(const Place& place);
  [[nodiscard]] std::string AnyPattern();
  [[nodiscard]] std::string AnyWord();
  // 0 if there is none.
  [[nodiscard]] schemas::Id AnyId(const char* table);
  [[nodiscard]] schemas::Id AnyOf(const std::string& column, const std::string& rows);
  [[nodiscard]] schemas::EntryIntake AnyEntry(const Place& home);
  [[nodiscard]] schemas::BlacklistEntry AnyBlacklistEntry();

  void AddCrawl(schemas::WriteBatch& batch);
  void AddProbe(schemas::WriteBatch& batch);
  void AddFeedback(schemas::WriteBatch& batch);
  void AddHosts(schemas::WriteBatch& batch);
  void AddLook(schemas::WriteBatch& batch);
  void AddStatus(schemas::WriteBatch& batch);
  void AddFeedChange(schemas::WriteBatch& batch);
  void AddBlacklistChange(schemas::WriteBatch& batch);
  void AddImportChange(schemas::WriteBatch& batch);
  [[nodiscard]] schemas::WriteBatch AnyBatch();
  [[nodiscard]] Deed AnyDecision();
  [[nodiscard]] Deed AnyQuestion();

  std::mt19937_64 random_;
  const bool is_tight_;
  sqlite::Database& database_;
  schemas::UnixSeconds now_ = 1700000000;
  schemas::ImportKey import_key_ = 0;
  std::uint64_t nonce_ = 0;
};

}  // namespace saunter::store
