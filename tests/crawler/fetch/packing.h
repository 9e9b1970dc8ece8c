// Packs bodies as servers do.
#pragma once

#include <string>

namespace saunter::crawler::fetch {

enum class Packing {
  kGzip,  // RFC 1952
  kZlib,  // RFC 1950: what HTTP calls "deflate"
  kBare,  // RFC 1951: what some servers take "deflate" for
};

std::string Pack(std::string text, Packing packing = Packing::kGzip);

}  // namespace saunter::crawler::fetch
