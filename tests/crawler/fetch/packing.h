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
std::string PackBrotli(const std::string& text);  // RFC 7932
std::string PackZstd(const std::string& text);    // RFC 8878

}  // namespace saunter::crawler::fetch
