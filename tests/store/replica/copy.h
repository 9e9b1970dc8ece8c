// A copy of a test's source, and what readers see of either.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "store/replica/copier.h"
#include "store/sql/copy_file.h"
#include "tests/store/replica/source.h"
#include "tests/support/files.h"

namespace saunter::store::replica {

// All that the API reads, through each of its windows, as one text.
[[nodiscard]] std::string WhatReadersSee(Reader& reader, schemas::UnixSeconds now);

class Copy {
 public:
  explicit Copy(std::string path, std::int64_t batch_rows_max = 100000);

  [[nodiscard]] const schemas::StoreSettings& settings() const { return settings_; }
  void Open();   // as the program starts
  void Close();  // as it ends
  [[nodiscard]] sql::CopyFile& file() { return *file_; }
  StepReport Step(sql::Database& source, schemas::UnixSeconds now);
  void SetReplaceReport(RestoreReport report) { copier_->SetReplaceReport(std::move(report)); }
  // Until it is as the source. Returns what the steps were.
  std::vector<StepKind> CatchUp(ReplicaSource& source, schemas::UnixSeconds now);
  std::unique_ptr<Reader> OpenReader() const;
  [[nodiscard]] std::optional<CopyRow> State() { return copier_->State(); }

 private:
  schemas::StoreSettings settings_;
  schemas::ReplicaSettings replica_settings_;
  std::unique_ptr<sql::CopyFile> file_;
  std::optional<Copier> copier_;
};

}  // namespace saunter::store::replica
