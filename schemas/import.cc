#include "schemas/import.h"

namespace saunter::schemas {

std::string_view ToString(ImportKind kind) {
  switch (kind) {
    case ImportKind::kFeeds:
      return "feeds";
    case ImportKind::kBlacklist:
      return "blacklist";
  }
  return "invalid";
}

}  // namespace saunter::schemas
