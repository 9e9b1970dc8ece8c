#include "crawler/feed/formats/links.h"

#include <algorithm>
#include <array>

#include "crawler/feed/formats/xml.h"
#include "schemas/text.h"

namespace saunter::crawler::feed::formats {
namespace {

// RFC 4287, 4.2.7.2: a name, or the address that stands for it. Lenient: several words, as HTML has
// them, of which one is the relation.
bool IsAlternate(std::string_view relations) {
  constexpr auto kForms = std::to_array<std::string_view>(
      {"alternate", "http://www.iana.org/assignments/relation/alternate",
       "https://www.iana.org/assignments/relation/alternate",
       "http://www.iana.org/assignments/link-relations/alternate",
       "https://www.iana.org/assignments/link-relations/alternate"});
  bool found = relations.empty();
  while (!(relations = schemas::Trim(relations, schemas::kAsciiSpace)).empty()) {
    const auto word = relations.substr(0, relations.find_first_of(schemas::kAsciiSpace));
    relations.remove_prefix(word.size());
    // A feed that calls itself its alternate is no post.
    if (schemas::EqualsIgnoringCase(word, "self")) return false;
    found = found || std::any_of(kForms.begin(), kForms.end(), [word](std::string_view form) {
              return schemas::EqualsIgnoringCase(form, word);
            });
  }
  return found;
}

enum class LinkTarget { kPage, kOther, kNoPost };

LinkTarget TargetOf(std::string_view media_type) {
  const std::string type = schemas::ToLowerAscii(
      schemas::Trim(media_type.substr(0, media_type.find(';')), schemas::kAsciiSpace));
  if (type.empty() || type == "text/html" || type == "application/xhtml+xml") {
    return LinkTarget::kPage;
  }
  // RFC 6839, 3.1: whatever is JSON by its suffix.
  if (type == "application/json" || type.ends_with("+json")) return LinkTarget::kNoPost;
  for (const std::string_view recorded : {"image/", "audio/", "video/"}) {
    if (type.starts_with(recorded)) return LinkTarget::kNoPost;
  }
  return LinkTarget::kOther;
}

}  // namespace

void TakeLink(pugi::xml_node node, const LinkRanks& ranks, std::string base,
              std::vector<UrlCandidate>& urls) {
  LinkTarget target = LinkTarget::kPage;
  std::string reference;
  if (node.first_attribute()) {
    if (!IsAlternate(Attribute(node, "rel"))) return;
    target = TargetOf(Attribute(node, "type"));
    if (target == LinkTarget::kNoPost) return;
    reference = Attribute(node, "href");
  }
  UrlRank rank = ranks.page;
  if (std::string text = TrimmedText(node); !text.empty()) {
    // RSS has its address as text, whatever else stands there; Atom has it as an attribute.
    if (reference.empty() || ranks.text < ranks.page) {
      reference = std::move(text);
      rank = ranks.text;
    }
  }
  if (reference.empty()) return;
  if (target == LinkTarget::kOther) rank = ranks.other_type;
  urls.push_back({rank, std::move(reference), std::move(base)});
}

}  // namespace saunter::crawler::feed::formats
