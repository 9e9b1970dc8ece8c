#include "schemas/blacklist.h"

namespace saunter::schemas {

std::string_view ToString(BlacklistSource source) {
  switch (source) {
    case BlacklistSource::kOperator:
      return "operator";
    case BlacklistSource::kRule:
      return "rule";
    case BlacklistSource::kAllow:
      return "allow";
  }
  return "invalid";
}

}  // namespace saunter::schemas
