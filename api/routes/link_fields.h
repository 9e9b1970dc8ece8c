// Which fields of a link an answer has: all that its address gives, or those that `fields` names.
//
// Thread safety: values and pure functions. Errors: a problem is text for the client.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace saunter::api::routes {

// In the order in which an answer has them.
enum class LinkField : std::uint32_t {
  kId,
  kUrl,
  kTitle,
  kSite,
  kSiteTitle,
  kFeedUrl,
  kAuthor,
  kPublishedAt,
  kLanguage,
  kCategories,
  kTopics,
  kSummary,
  kUpdatedAt,
  kFirstSeenAt,
  kReceipt,  // of what is never kept, see api/receipt/receipt.h
};

class LinkFields {
 public:
  constexpr LinkFields() = default;  // none

  [[nodiscard]] static constexpr LinkFields UpTo(LinkField last) {
    LinkFields fields;
    fields.bits_ = (Bit(last) << 1) - 1;
    return fields;
  }
  [[nodiscard]] constexpr bool Has(LinkField field) const { return (bits_ & Bit(field)) != 0; }
  constexpr void Add(LinkField field) { bits_ |= Bit(field); }
  [[nodiscard]] constexpr LinkFields With(LinkField field) const {
    auto fields = *this;
    fields.Add(field);
    return fields;
  }

  constexpr bool operator==(const LinkFields&) const = default;

 private:
  static constexpr std::uint32_t Bit(LinkField field) {
    return std::uint32_t{1} << static_cast<std::uint32_t>(field);
  }

  std::uint32_t bits_ = 0;
};

// Of a link among others, and of one that is asked for alone.
inline constexpr auto kLinkFields = LinkFields::UpTo(LinkField::kSummary).With(LinkField::kReceipt);
inline constexpr auto kWholeLinkFields = LinkFields::UpTo(LinkField::kFirstSeenAt);

// The JSON key.
[[nodiscard]] std::string_view ToString(LinkField field);

// Reads a list of names with commas between into `fields`, which holds those that there are.
// Returns what went wrong, if anything.
[[nodiscard]] std::optional<std::string> ReadLinkFields(std::string_view text, LinkFields& fields);

}  // namespace saunter::api::routes
