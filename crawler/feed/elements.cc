#include "crawler/feed/elements.h"

#include <algorithm>
#include <array>

namespace saunter::crawler::feed {
namespace {

struct KnownElement {
  std::string_view name;
  Element element;
};

// In the order of their names, which are looked up by halving.
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
    {"group", Element::kGroup},
    {"guid", Element::kGuid},
    {"hour", Element::kHour},
    {"id", Element::kId},
    {"issued", Element::kIssued},
    {"item", Element::kItem},
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

}  // namespace

Element ElementByName(std::string_view local_name) {
  std::array<char, kNameBytesMax> lower;
  if (local_name.size() > lower.size()) return Element::kUnknown;
  std::transform(local_name.begin(), local_name.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  });
  const std::string_view name(lower.data(), local_name.size());
  const auto* const found =
      std::lower_bound(kElements.begin(), kElements.end(), name,
                       [](const auto& tag, auto value) { return tag.name < value; });
  return found != kElements.end() && found->name == name ? found->element : Element::kUnknown;
}

}  // namespace saunter::crawler::feed
