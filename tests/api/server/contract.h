// schemas/openapi.json read by a test: what may be answered at an address, and whether an answer is
// that. Of JSON Schema it knows what the contract uses; any other keyword is a finding.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "tests/api/server/raw_client.h"

namespace saunter::api::server {

class Contract {
 public:
  // Of one method, a key of the paths' items; HEAD is what GET is.
  explicit Contract(nlohmann::json contract, std::string method = "get")
      : contract_(std::move(contract)), method_(std::move(method)) {}

  // Those that the method may be used at.
  [[nodiscard]] std::vector<std::string> Paths() const;
  // Statuses that the path may answer with.
  [[nodiscard]] std::vector<int> StatusesOf(const std::string& path) const;
  // What is wrong with an answer of `path`; nothing if it is as promised.
  [[nodiscard]] std::vector<std::string> Check(const std::string& path, const RawAnswer& answer,
                                               BodyExpected body) const;
  // The headers that every answer has, whatever its address and status.
  [[nodiscard]] std::vector<std::string> CheckCommonHeaders(const RawAnswer& answer) const;

 private:
  [[nodiscard]] const nlohmann::json& Resolve(const nlohmann::json& node) const;
  void CheckHeader(const std::string& name, const nlohmann::json& header, const RawAnswer& answer,
                   std::vector<std::string>& problems) const;
  void CheckValue(const nlohmann::json& schema, const nlohmann::json& value,
                  const std::string& where, std::vector<std::string>& problems) const;

  // One keyword of a schema, and where the value stands that it speaks of.
  struct Rule {
    const std::string& keyword;
    const nlohmann::json& rule;
    const nlohmann::json& schema;
    const std::string& where;
  };
  // Each returns false for a keyword that is not its own.
  bool CheckScalar(const Rule& of, const nlohmann::json& value,
                   std::vector<std::string>& problems) const;
  bool CheckObject(const Rule& of, const nlohmann::json& value,
                   std::vector<std::string>& problems) const;
  bool CheckArray(const Rule& of, const nlohmann::json& value,
                  std::vector<std::string>& problems) const;

  nlohmann::json contract_;
  const std::string method_;
};

}  // namespace saunter::api::server
