#include "crawler/cli/database.h"

#include <utility>

#include "crawler/cli/print.h"

namespace saunter::crawler::cli {

store::OpenedReader OpenForOperator(const schemas::Settings& settings) {
  constexpr std::int64_t kQueryMsMax = 24 * 3600 * 1000;
  auto store_settings = settings.store;
  store_settings.reader_query_ms_max = kQueryMsMax;
  return store::OpenReader(store_settings);
}

std::unique_ptr<store::Reader> OpenReader(const schemas::Settings& settings) {
  auto opened = OpenForOperator(settings);
  if (opened.status != store::OpenStatus::kOk) {
    PrintProblem(opened.detail);
    return nullptr;
  }
  return std::move(opened.reader);
}

}  // namespace saunter::crawler::cli
