// The same transactions on SQLite and on PostgreSQL: every answer and every row is the same.
//
// On PostgreSQL two writers take turns, so that what one of them keeps in memory is put to the test
// as well. SAUNTER_DIFFERENTIAL_BATCHES makes it longer; a failure names the seed and the batch.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "store/postgres/connection.h"
#include "store/postgres/open.h"
#include "store/sqlite/connection.h"
#include "tests/store/engines/random_steps.h"
#include "tests/support/cluster.h"
#include "tests/support/files.h"

namespace saunter::store {
namespace {

using support::Cluster;

constexpr std::uint64_t kBatches = 100;           // of each seed
constexpr std::uint64_t kBatchesPerCompare = 20;  // all rows

std::uint64_t BatchesWanted() {
  const char* wanted = std::getenv("SAUNTER_DIFFERENTIAL_BATCHES");
  return wanted == nullptr ? kBatches : std::strtoull(wanted, nullptr, 10);
}

struct Column {
  std::string name;
  bool is_real = false;
};

struct Table {
  std::string name;
  std::vector<Column> columns;
  std::string key;  // its primary key, with commas between
};

std::vector<Table> TablesOf(sqlite::Database& database) {
  static constexpr char kNames[] =
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name "
      "<> "
      "'replica' ORDER BY 1";  // which files alone have
  static constexpr char kColumns[] = "SELECT name, type, pk FROM pragma_table_info(?) ORDER BY pk";
  std::vector<Table> tables;
  sql::Use names(database, kNames);
  while (names.Step()) {
    auto& table = tables.emplace_back(Table{.name = names.GetText(0), .columns = {}, .key = {}});
    sql::Use columns(database, kColumns);
    columns.Text(table.name);
    while (columns.Step()) {
      const auto name = columns.GetText(0);
      table.columns.push_back({.name = name, .is_real = columns.GetText(1) == "REAL"});
      if (columns.GetInt(2) == 0) continue;
      if (!table.key.empty()) table.key += ", ";
      table.key += name;
    }
  }
  return tables;
}

// To PostgreSQL the changes of the pool are some of those in a longer log, which is trimmed as a
// whole: their numbers differ, and which are left.
std::string SelectPoolChanges() {
  return "SELECT 0, link_id, last_link_id FROM pool_change ORDER BY change_id DESC LIMIT 20";
}

std::string SelectAll(const Table& table) {
  if (table.name == "pool_change") return SelectPoolChanges();
  std::string columns;
  for (const auto& column : table.columns) {
    if (!columns.empty()) columns += ", ";
    columns += column.name;
  }
  return "SELECT " + columns + " FROM \"" + table.name + "\" ORDER BY " + table.key;
}

std::vector<std::string> RowsOf(sql::Database& database, const Table& table,
                                const std::string& select) {
  std::vector<std::string> rows;
  sql::Use list(database, select);
  while (list.Step()) {
    std::string row;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      const auto& column = table.columns[i];
      const auto place = static_cast<int>(i);
      row += " " + column.name + "=";
      std::array<char, 32> real{};
      std::snprintf(real.data(), real.size(), "%.17g", column.is_real ? list.GetReal(place) : 0);
      row += column.is_real ? real.data() : list.GetText(place);
      // Nothing is not the empty text.
      if (!column.is_real && list.GetText(place).empty()) {
        row += list.GetOptionalInt(place) ? "''" : "NULL";
      }
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

class DifferentialTest : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  void SetUp() override {
    if (const auto why = Cluster::WhyNone(); !why.empty()) GTEST_SKIP() << "SKIPPED: " << why;
    const auto path = directory_.path().string() + "/saunter.db";
    {
      schemas::StoreSettings settings;
      settings.path = path;
      const auto made = OpenFileWriter(settings, "test");
      ASSERT_EQ(made.status, OpenStatus::kOk) << made.detail;
    }
    file_ = std::make_unique<sqlite::Database>(path, sqlite::Access::kReadWrite, 5000, 0);
    steps_ = std::make_unique<RandomSteps>(GetParam(), *file_);
    auto settings = steps_->Settings();
    settings.path = path;
    settings.url = Cluster::Own().UrlOf(name_ = Cluster::Own().MakeDatabase());
    file_writer_ = OpenFileWriter(settings, "test").writer;
    for (auto& writer : server_writers_) {
      auto opened = postgres::OpenWriter(settings, "test", {});
      ASSERT_EQ(opened.status, OpenStatus::kOk) << opened.detail;
      writer = std::move(opened.writer);
    }
    server_ = std::make_unique<postgres::Database>(
        settings.url, postgres::Database::Access::kReadOnly, "test", 0, 0);
    tables_ = TablesOf(*file_);
    ASSERT_GT(tables_.size(), 25u);
    for (const auto& table : tables_) selects_.push_back(SelectAll(table));
  }
  void TearDown() override {
    server_.reset();
    for (auto& writer : server_writers_) writer.reset();
    if (!name_.empty()) Cluster::Own().DropDatabase(name_);
  }

  // What a writer answers to the step, deed by deed.
  static std::vector<std::string> Answers(Writer& writer, const Step& step) {
    std::vector<std::string> answers;
    const auto transaction = writer.Begin(step.now);
    for (const auto& deed : step.deeds) answers.push_back(deed(*transaction));
    if (!step.is_committed) return answers;
    answers.push_back(std::to_string(transaction->Commit(WriteTransaction::Durability::kNormal)));
    return answers;
  }

  void CompareAnswers(const Step& step) {
    const auto file = Answers(*file_writer_, step);
    const auto server = Answers(*server_writers_[turn_], step);
    for (std::size_t i = 0; i < file.size(); ++i) {
      EXPECT_EQ(file[i], server[i]) << "deed " << i << ", by SQLite and by PostgreSQL; " << Place();
    }
    // What was rolled back is tried again by the one that has given out ids for it.
    if (step.is_committed) turn_ = steps_->Below(server_writers_.size());
  }

  void CompareRows() {
    for (std::size_t i = 0; i < tables_.size(); ++i) {
      const auto file = RowsOf(*file_, tables_[i], selects_[i]);
      const auto server = RowsOf(*server_, tables_[i], selects_[i]);
      rows_compared_ += file.size();
      for (std::size_t row = 0; row < std::max(file.size(), server.size()); ++row) {
        const auto of = [&](const auto& rows) {
          return row < rows.size() ? rows[row] : std::string(" none");
        };
        if (of(file) == of(server)) continue;
        ADD_FAILURE() << "table " << tables_[i].name << ", " << Place()
                      << "\nSQLite:    " << of(file) << "\nPostgreSQL:" << of(server);
        break;
      }
    }
  }

  [[nodiscard]] std::string Place() const {
    return "seed " + std::to_string(GetParam()) + ", batch " + std::to_string(batch_);
  }

  support::TemporaryDirectory directory_;
  std::string name_;
  std::unique_ptr<sqlite::Database> file_;
  std::unique_ptr<postgres::Database> server_;
  std::unique_ptr<RandomSteps> steps_;
  std::unique_ptr<Writer> file_writer_;
  std::array<std::unique_ptr<Writer>, 2> server_writers_;
  std::size_t turn_ = 0;
  std::vector<Table> tables_;
  std::deque<std::string> selects_;
  std::uint64_t batch_ = 0;
  std::size_t rows_compared_ = 0;
};

TEST_P(DifferentialTest, LeavesTheSameRowsInBothEngines) {
  CompareRows();  // of a new database
  const auto wanted = BatchesWanted();
  while (batch_ < wanted && !HasFailure()) {
    ++batch_;
    try {
      CompareAnswers(steps_->Next());
    } catch (const StoreError& error) {
      ADD_FAILURE() << error.what() << "; " << Place();
    }
    if (batch_ % kBatchesPerCompare == 0 || batch_ == wanted || HasFailure()) CompareRows();
  }
  EXPECT_GT(rows_compared_, wanted) << "hardly anything was written";
  std::printf("seed %llu: %llu batches, %zu rows compared\n",
              static_cast<unsigned long long>(GetParam()), static_cast<unsigned long long>(batch_),
              rows_compared_);
}

INSTANTIATE_TEST_SUITE_P(Seeds, DifferentialTest, ::testing::Values(1U, 2U, 3U));

}  // namespace
}  // namespace saunter::store
