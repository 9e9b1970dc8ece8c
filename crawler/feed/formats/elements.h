// Inside crawler/feed/formats: the local names of the elements that feeds are made of.
//
// Thread safety: all functions. Errors: a name that feeds do not use is kUnknown.
#pragma once

#include <cstdint>
#include <string_view>

#include "crawler/feed/formats/xml.h"

namespace saunter::crawler::feed::formats {

enum class Element : std::uint8_t {
  kUnknown,
  kAbstract,
  kAuthor,
  kBody,
  kCategory,
  kChannel,
  kContent,
  kCreated,
  kCreator,
  kDate,
  kDay,
  kDescription,
  kEmail,
  kEncoded,
  kEntry,
  kFeed,
  kFullItem,
  kGroup,
  kGuid,
  kHour,
  kId,
  kIssued,
  kItem,
  kKeywords,
  kLanguage,
  kLastBuildDate,
  kLink,
  kManagingEditor,
  kModified,
  kName,
  kOrigLink,
  kPubDate,
  kPublished,
  kRdf,
  kRss,
  kSkipDays,
  kSkipHours,
  kSource,
  kSubject,
  kSubtitle,
  kSummary,
  kTagline,
  kTitle,
  kTtl,
  kUpdateFrequency,
  kUpdatePeriod,
  kUpdated,
};

// The case of ASCII letters does not count.
[[nodiscard]] Element ElementByName(std::string_view local_name);

}  // namespace saunter::crawler::feed::formats
