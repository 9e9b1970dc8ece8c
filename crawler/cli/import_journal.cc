#include "crawler/cli/import_journal.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <random>

#include "crawler/cli/input.h"
#include "crawler/cli/print.h"

namespace saunter::crawler::cli {
namespace {

constexpr std::size_t kSourcesNamedMax = 5;

}  // namespace

schemas::BeginImport NewImport(schemas::ImportKind kind, const std::vector<std::string>& sources) {
  std::random_device device;
  std::uniform_int_distribution<schemas::ImportKey> keys(1);
  std::string named;
  for (std::size_t i = 0; i < std::min(sources.size(), kSourcesNamedMax); ++i) {
    named += (i == 0 ? "" : ", ") + sources[i];
  }
  if (sources.size() > kSourcesNamedMax) {
    named += fmt::format(" and {} more", sources.size() - kSourcesNamedMax);
  }
  return {
      .import_key = keys(device), .kind = kind, .source = OperatorText(named), .started_at = Now()};
}

ChangeWriter::Result ApplyOfImport(ChangeWriter& writer, const schemas::BeginImport& import,
                                   const std::vector<schemas::OperatorChange>& changes) {
  if (import.import_key == 0) return writer.Apply(changes);
  // In front of each part: whichever is written first begins it.
  std::vector<schemas::OperatorChange> all;
  all.reserve(changes.size() + 1);
  all.emplace_back(import);
  all.insert(all.end(), changes.begin(), changes.end());
  auto result = writer.Apply(all);
  if (!result.outcomes.empty()) result.outcomes.erase(result.outcomes.begin());
  return result;
}

}  // namespace saunter::crawler::cli
