// A database of an engine, for tests that hold for every engine.
//
// Each engine's test program has a MakeStoreEngine of its own, and takes the tests of
// tests/store/sql/ as they are.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "schemas/settings.h"
#include "store/reader.h"
#include "store/writer.h"

namespace saunter::store {

class StoreEngine {
 public:
  StoreEngine() = default;
  virtual ~StoreEngine() = default;
  StoreEngine(const StoreEngine&) = delete;
  StoreEngine& operator=(const StoreEngine&) = delete;

  // The settings by which the database is opened.
  virtual void NameIn(schemas::StoreSettings& settings) const = 0;
  virtual OpenedWriter OpenWriter(const schemas::StoreSettings& settings) = 0;
  virtual OpenedReader OpenReader(const schemas::StoreSettings& settings) = 0;

  // Past the store, for tests that look into its tables or write there what no batch would.
  virtual void Execute(const std::string& sql) = 0;
  virtual std::int64_t QueryInt(const std::string& sql) = 0;
  virtual double QueryReal(const std::string& sql) = 0;
};

// One that has no database yet: the first writer makes it. What it needs of files is in `folder`.
std::unique_ptr<StoreEngine> MakeStoreEngine(const std::string& folder);

}  // namespace saunter::store
