#include "api/routes/category_hints.h"

#include <cstddef>

#include "schemas/nearest.h"
#include "schemas/text.h"

namespace saunter::api::routes {
namespace {

constexpr std::size_t kUnknownNamesMax = 3;
// Compared with all unknown names of a request together.
constexpr std::size_t kWordsComparedMax = 15000;

void AppendQuoted(std::string& out, const std::string& name) {
  out.append("\"").append(name).append("\"");
}

}  // namespace

std::string UnknownCategories(const index::LinkIndex& index,
                              const std::vector<std::string>& names) {
  std::string said;
  std::size_t unknown = 0;
  for (const auto& name : names) {
    if (index.topics->Named(schemas::ToLowerAscii(name)) || index.categories.Find(name)) continue;
    if (++unknown > kUnknownNamesMax) break;
    if (name.size() > schemas::kNearBytesMax) {
      said.append("There is no category of so long a name. ");
      continue;
    }
    schemas::NearNames near(name);
    for (const auto& topic : index.topics->list()) near.Offer(topic.name);
    index.categories.VisitSome(kWordsComparedMax / kUnknownNamesMax,
                               [&](const std::string& word) { near.Offer(word); });
    said.append("There is no category ");
    AppendQuoted(said, name);
    const auto nearest = near.Names();
    for (std::size_t i = 0; i < nearest.size(); ++i) {
      said.append(i == 0 ? "; did you mean " : i + 1 == nearest.size() ? " or " : ", ");
      AppendQuoted(said, nearest[i]);
    }
    said.append(nearest.empty() ? ". " : "? ");
  }
  return said;
}

}  // namespace saunter::api::routes
