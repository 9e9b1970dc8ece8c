// Bytes and a Content-Type (up to the first line break) to UTF-8.

#include "crawler/text/charset.h"
#include "tests/fuzz/invariants.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t line = input.find('\n');
  const std::string_view type = line == std::string_view::npos ? "" : input.substr(0, line);
  const std::string_view body = line == std::string_view::npos ? input : input.substr(line + 1);
  const auto text = saunter::crawler::text::ToUtf8(body, type);
  saunter::fuzz::Require(saunter::fuzz::IsStorableText(text.text()), "text is storable");
  return 0;
}
