#include "tests/store/engine.h"

#include "store/sqlite/connection.h"

namespace saunter::store {
namespace {

constexpr std::int64_t kBusyTimeoutMs = 5000;

class SqliteEngine final : public StoreEngine {
 public:
  explicit SqliteEngine(const std::string& folder) : path_(folder + "/saunter.db") {}

  void NameIn(schemas::StoreSettings& settings) const override { settings.path = path_; }
  OpenedWriter OpenWriter(const schemas::StoreSettings& settings) override {
    return store::OpenFileWriter(settings, "test");
  }
  OpenedReader OpenReader(const schemas::StoreSettings& settings) override {
    return store::OpenFileReader(settings);
  }

  void Execute(const std::string& sql) override { Open().Execute(sql.c_str()); }
  std::int64_t QueryInt(const std::string& sql) override { return Open().QueryInt(sql.c_str()); }
  double QueryReal(const std::string& sql) override {
    return std::stod(Open().QueryText(sql.c_str()));
  }

 private:
  sqlite::Database Open() const { return {path_, sqlite::Access::kReadWrite, kBusyTimeoutMs, 0}; }

  const std::string path_;
};

}  // namespace

std::unique_ptr<StoreEngine> MakeStoreEngine(const std::string& folder) {
  return std::make_unique<SqliteEngine>(folder);
}

}  // namespace saunter::store
