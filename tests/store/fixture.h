// A database in a folder of its own, and short ways to say what goes in.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "schemas/batch.h"
#include "schemas/link.h"
#include "schemas/units.h"
#include "store/reader.h"
#include "store/writer.h"
#include "tests/store/engine.h"
#include "tests/support/files.h"

namespace saunter::store {

// How a test that fails shows it.
inline void PrintTo(const Finding& finding, std::ostream* out) { *out << finding.problem; }

inline constexpr schemas::UnixSeconds kNow = 1700000000;

class StoreTest : public ::testing::Test {
 protected:
  StoreTest();

  void OpenWriter();
  std::unique_ptr<Reader> OpenReader();
  // One batch, one transaction.
  AppliedBatch Write(const schemas::WriteBatch& batch);
  // The feed of this address as the crawl loop reads it.
  std::optional<schemas::DueFeed> FindFeed(const std::string& url);
  std::optional<schemas::BlacklistEntry> FindBlacklistEntry(std::string_view pattern);
  schemas::Id AddFeed(const std::string& url, const std::string& host);
  // In as many transactions as it takes.
  void Remove(const std::string& url);
  // `speaks_for` as in CrawlResult.
  void Crawl(schemas::Id feed_id, std::vector<schemas::EntryIntake> entries,
             const std::string& speaks_for = {});
  std::vector<std::string> PoolUrls();

  support::TemporaryDirectory directory_;  // outlives the writer
  std::string folder_ = directory_.path().string();
  const std::unique_ptr<StoreEngine> engine_ = MakeStoreEngine(folder_);
  schemas::StoreSettings settings_;
  std::unique_ptr<Writer> writer_;
};

schemas::EntryIntake Entry(const std::string& host, int number);
schemas::ProbeResult Probe(schemas::Id link_id, schemas::LinkState state);

}  // namespace saunter::store
