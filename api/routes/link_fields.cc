#include "api/routes/link_fields.h"

#include <algorithm>
#include <array>

namespace saunter::api::routes {
namespace {

constexpr std::array<std::string_view, static_cast<std::size_t>(LinkField::kReceipt) + 1>
    kLinkFieldNames = {"id",       "url",     "title",        "site",          "site_title",
                       "feed_url", "author",  "published_at", "language",      "categories",
                       "topics",   "summary", "updated_at",   "first_seen_at", "receipt"};

std::string FieldsProblem(LinkFields known) {
  std::string problem = "fields takes names separated by commas, each one of";
  for (std::size_t i = 0; i < kLinkFieldNames.size(); ++i) {
    if (!known.Has(static_cast<LinkField>(i))) continue;
    problem.append(i == 0 ? " " : ", ").append(kLinkFieldNames[i]);
  }
  problem.push_back('.');
  return problem;
}

}  // namespace

std::string_view ToString(LinkField field) {
  return kLinkFieldNames[static_cast<std::size_t>(field)];
}

std::optional<std::string> ReadLinkFields(std::string_view text, LinkFields& fields) {
  const auto known = fields;
  fields = {};
  while (true) {
    const auto comma = text.find(',');
    const auto* const found =
        std::find(kLinkFieldNames.begin(), kLinkFieldNames.end(), text.substr(0, comma));
    const auto field = static_cast<LinkField>(found - kLinkFieldNames.begin());
    if (found == kLinkFieldNames.end() || !known.Has(field)) return FieldsProblem(known);
    fields.Add(field);
    if (comma == std::string_view::npos) return std::nullopt;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace saunter::api::routes
