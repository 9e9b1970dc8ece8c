// Text to date.

#include "crawler/feed/formats/date.h"
#include "tests/fuzz/invariants.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto date = saunter::crawler::feed::formats::ParseDate(text);
  // The year 1 to the year 10000.
  saunter::fuzz::Require(!date || (*date > -62136000000 && *date < 253402400000),
                         "date is within the calendar");
  return 0;
}
