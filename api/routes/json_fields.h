// Fields of records as parts of a JSON object.
//
// Thread safety: all functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "api/http/json.h"
#include "schemas/fields.h"
#include "schemas/outcome.h"
#include "schemas/units.h"

namespace saunter::api::routes {

// With a comma before it, unless it is the object's first.
void AppendKey(std::string& out, std::string_view key);
void AppendTexts(std::string& out, const std::vector<std::string>& texts);

// A field of a record: an enum is its name, an absent value null.
template <typename Field>
void AppendField(std::string& out, std::string_view key, const Field& field,
                 schemas::Presence presence = schemas::Presence::kOptional) {
  AppendKey(out, key);
  if constexpr (std::is_same_v<Field, bool>) {
    out.append(field ? "true" : "false");
  } else if constexpr (std::is_enum_v<Field>) {
    http::AppendJsonString(out, ToString(field));
  } else if constexpr (std::is_integral_v<Field>) {
    http::AppendNumber(out, field);
  } else if constexpr (std::is_same_v<Field, std::optional<schemas::UnixSeconds>>) {
    http::AppendJsonTime(out, field);
  } else if constexpr (std::is_same_v<Field, std::optional<schemas::FetchOutcome>>) {
    http::AppendJsonText(out, field ? ToString(*field) : "");
  } else if constexpr (std::is_same_v<Field, std::vector<std::string>>) {
    AppendTexts(out, field);
  } else if (presence == schemas::Presence::kAlways) {
    http::AppendJsonString(out, field);
  } else {
    http::AppendJsonText(out, field);
  }
}

// All fields of a record, without the braces.
template <typename Record>
void AppendFields(std::string& out, const Record& record) {
  VisitFields(record, [&](std::string_view key, const auto& field, auto... presence) {
    AppendField(out, key, field, presence...);
  });
}

}  // namespace saunter::api::routes
