#include "crawler/feed/formats/elements.h"

#include <algorithm>
#include <array>

namespace saunter::crawler::feed::formats {
namespace {

struct KnownElement {
  std::string_view name;
  Element element;
};

// In the order of their names, for binary search.
constexpr auto kElements = std::to_array<KnownElement>({
    {"abstract", Element::kAbstract},
    {"author", Element::kAuthor},
    {"body", Element::kBody},
    {"category", Element::kCategory},
    {"channel", Element::kChannel},
    {"content", Element::kContent},
    {"created", Element::kCreated},
    {"creator", Element::kCreator},
    {"date", Element::kDate},
    {"day", Element::kDay},
    {"description", Element::kDescription},
    {"email", Element::kEmail},
    {"encoded", Element::kEncoded},
    {"entry", Element::kEntry},
    {"feed", Element::kFeed},
    {"fullitem", Element::kFullItem},
    {"group", Element::kGroup},
    {"guid", Element::kGuid},
    {"hour", Element::kHour},
    {"id", Element::kId},
    {"issued", Element::kIssued},
    {"item", Element::kItem},
    {"keywords", Element::kKeywords},
    {"language", Element::kLanguage},
    {"lastbuilddate", Element::kLastBuildDate},
    {"link", Element::kLink},
    {"managingeditor", Element::kManagingEditor},
    {"modified", Element::kModified},
    {"name", Element::kName},
    {"origlink", Element::kOrigLink},
    {"pubdate", Element::kPubDate},
    {"published", Element::kPublished},
    {"rdf", Element::kRdf},
    {"rss", Element::kRss},
    {"skipdays", Element::kSkipDays},
    {"skiphours", Element::kSkipHours},
    {"source", Element::kSource},
    {"subject", Element::kSubject},
    {"subtitle", Element::kSubtitle},
    {"summary", Element::kSummary},
    {"tagline", Element::kTagline},
    {"title", Element::kTitle},
    {"ttl", Element::kTtl},
    {"updated", Element::kUpdated},
    {"updatefrequency", Element::kUpdateFrequency},
    {"updateperiod", Element::kUpdatePeriod},
});
static_assert(std::is_sorted(kElements.begin(), kElements.end(),
                             [](const auto& a, const auto& b) { return a.name < b.name; }));

constexpr std::size_t kNameBytesMax = 16;

// A name as two numbers, the same for letters of either case and different for other names.
using Packed = std::array<std::uint64_t, 2>;

constexpr Packed Pack(std::string_view name) {
  Packed packed{};
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto byte = static_cast<unsigned char>(name[i]) | 0x20U;
    packed[i / 8] |= std::uint64_t{byte} << (8 * (i % 8));
  }
  return packed;
}

constexpr auto kPacked = [] {
  std::array<Packed, kElements.size()> packed{};
  for (std::size_t i = 0; i < packed.size(); ++i) packed[i] = Pack(kElements[i].name);
  return packed;
}();
constexpr std::size_t kLetters = 26;

// Where the names of each first letter begin; the last element is the end of all names.
constexpr std::array<std::uint8_t, kLetters + 1> kBegins = [] {
  std::array<std::uint8_t, kLetters + 1> begins{};
  for (std::size_t letter = 0; letter <= kLetters; ++letter) {
    std::uint8_t count = 0;
    for (const auto& known : kElements) {
      if (static_cast<std::size_t>(known.name[0] - 'a') < letter) ++count;
    }
    begins[letter] = count;
  }
  return begins;
}();

}  // namespace

Element ElementByName(std::string_view local_name) {
  if (local_name.empty() || local_name.size() > kNameBytesMax) return Element::kUnknown;
  const auto letter = static_cast<std::size_t>((local_name[0] | 0x20) - 'a');
  if (letter >= kLetters) return Element::kUnknown;
  const Packed packed = Pack(local_name);
  for (std::size_t i = kBegins[letter]; i < kBegins[letter + 1]; ++i) {
    if (kPacked[i] == packed) return kElements[i].element;
  }
  return Element::kUnknown;
}

}  // namespace saunter::crawler::feed::formats
