// Two lines, base and reference, to URL.

#include "crawler/url/url.h"
#include "tests/fuzz/invariants.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using saunter::fuzz::Require;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t line = input.find('\n');
  const std::string_view base = line == std::string_view::npos ? "" : input.substr(0, line);
  const std::string_view reference =
      line == std::string_view::npos ? input : input.substr(line + 1);
  const auto url = saunter::crawler::url::ResolveUrl(base, reference);
  if (!url) return 0;
  const std::string text = url->ToString();
  Require(saunter::fuzz::IsStorableUrl(text), "URL is storable");
  const auto again = saunter::crawler::url::ParseUrl(text);
  Require(again && again->ToString() == text, "URL is read back as it is printed");
  return 0;
}
