#include "crawler/feed/feed.h"

#include <array>

#include "crawler/feed/formats/elements.h"
#include "crawler/feed/formats/formats.h"
#include "crawler/feed/formats/unresolved.h"
#include "crawler/feed/formats/xml.h"
#include "crawler/feed/resolve.h"
#include "crawler/text/charset.h"
#include "crawler/text/plain_text.h"
#include "schemas/text.h"

namespace saunter::crawler::feed {
namespace {

ParsedFeed NotAFeed(std::string detail) {
  ParsedFeed feed;
  feed.status = ParseStatus::kNotAFeed;
  feed.detail = std::move(detail);
  return feed;
}

struct Signature {
  std::string_view bytes;
  std::string_view what;
};

constexpr auto kSignatures = std::to_array<Signature>({
    {"%PDF", "a PDF file"},
    {"\x89PNG", "a PNG image"},
    {"GIF8", "a GIF image"},
    {"\xff\xd8\xff", "a JPEG image"},
    {"\x1f\x8b", "gzip data that nobody announced"},
    {"PK\x03\x04", "a ZIP archive"},
});

// What a document is in which no element was found.
std::string Describe(std::string_view body, std::string_view text) {
  if (schemas::TrimUnicodeSpace(text).empty()) return "an empty document";
  for (const auto& signature : kSignatures) {
    if (body.starts_with(signature.bytes)) return std::string(signature.what);
  }
  return "no XML and no JSON";
}

// CDF and a lone RSS channel have the same root; only CDF's carry their addresses as attributes.
bool IsCdf(pugi::xml_node channel) {
  if (!formats::Attribute(channel, "href").empty()) return true;
  for (const auto child : channel.children()) {
    if (formats::ElementByName(formats::LocalName(child)) != formats::Element::kItem) continue;
    if (!formats::Attribute(child, "href").empty() || !formats::Attribute(child, "lastmod").empty())
      return true;
    for (const auto field : child.children()) {
      if (formats::ElementByName(formats::LocalName(field)) == formats::Element::kAbstract)
        return true;
    }
  }
  return false;
}

std::string NameRoot(pugi::xml_node root) {
  const std::string name = schemas::ToLowerAscii(formats::LocalName(root));
  if (name == "html" || name == "head" || name == "body") return "an HTML page";
  if (name == "opml") return "an OPML list";
  if (name == "urlset" || name == "sitemapindex") return "a sitemap";
  return "XML with the root <" +
         text::PlainText(name, text::Markup::kPlain, 40, text::Cut::kCodePoint) + ">";
}

// The first element that is a feed's root; junk before it is skipped.
pugi::xml_node FindRoot(const pugi::xml_document& tree) {
  for (const auto node : tree.children()) {
    if (node.type() != pugi::node_element) continue;
    switch (formats::ElementByName(formats::LocalName(node))) {
      case formats::Element::kRss:
      case formats::Element::kRdf:
      case formats::Element::kFeed:
      case formats::Element::kEntry:
      case formats::Element::kChannel:
        return node;
      default:
        break;
    }
    if (schemas::EqualsIgnoringCase(formats::LocalName(node), "html")) return {};
  }
  return {};
}

std::optional<formats::UnresolvedFeed> ReadXml(const formats::XmlDocument& xml,
                                               const Document& document,
                                               const schemas::FeedSettings& settings) {
  const pugi::xml_node root = FindRoot(xml.tree);
  switch (root ? formats::ElementByName(formats::LocalName(root)) : formats::Element::kUnknown) {
    case formats::Element::kRss:
    case formats::Element::kRdf:
      return formats::ReadRss(root, document, settings);
    case formats::Element::kFeed:
    case formats::Element::kEntry:
      return formats::ReadAtom(root, document, settings);
    case formats::Element::kChannel:
      return IsCdf(root) ? formats::ReadCdf(root, document, settings)
                         : formats::ReadRss(root, document, settings);
    default:
      return std::nullopt;
  }
}

ParsedFeed ParseXmlFeed(const text::Utf8Text& text, const Document& document,
                        const schemas::FeedSettings& settings, schemas::UnixSeconds now) {
  formats::XmlDocument xml;
  formats::LoadXml(text.text(), settings, xml);
  if (xml.status == formats::XmlStatus::kNoElement)
    return NotAFeed(Describe(document.body, text.text()));
  if (xml.status == formats::XmlStatus::kOutOfMemory) {
    ParsedFeed feed;
    feed.status = ParseStatus::kLimit;
    feed.detail = "more memory than feed.tree_bytes_max";
    return feed;
  }
  auto raw = ReadXml(xml, document, settings);
  if (!raw) {
    const pugi::xml_node root =
        xml.tree.find_child([](pugi::xml_node node) { return node.type() == pugi::node_element; });
    return NotAFeed(root ? NameRoot(root) : Describe(document.body, text.text()));
  }
  if (raw->detail.empty()) raw->detail = xml.passed_limit;
  ParsedFeed feed = ResolveFeed(*std::move(raw), document, settings, now);
  if (feed.status == ParseStatus::kOk &&
      (xml.status == formats::XmlStatus::kRecovered || text.repaired)) {
    feed.status = ParseStatus::kRecovered;
  }
  return feed;
}

ParsedFeed ParseJsonFeed(const text::Utf8Text& text, const Document& document,
                         const schemas::FeedSettings& settings, schemas::UnixSeconds now) {
  formats::JsonResult json = formats::ReadJsonFeed(text.text(), document, settings);
  if (!json.feed) {
    ParsedFeed feed;
    feed.status = json.status;
    feed.detail = json.detail;
    return feed;
  }
  ParsedFeed feed = ResolveFeed(*std::move(json.feed), document, settings, now);
  if (feed.status == ParseStatus::kOk && text.repaired) feed.status = ParseStatus::kRecovered;
  if (feed.status == ParseStatus::kOk) feed.status = json.status;
  return feed;
}

}  // namespace

ParsedFeed ParseFeed(const Document& document, const schemas::FeedSettings& settings,
                     schemas::UnixSeconds now) {
  if (std::ssize(document.body) > settings.body_bytes_max) {
    ParsedFeed feed;
    feed.status = ParseStatus::kLimit;
    feed.detail = "more bytes than feed.body_bytes_max";
    return feed;
  }
  const text::Utf8Text text = text::ToUtf8(document.body, document.content_type);
  const std::string_view trimmed = schemas::TrimUnicodeSpace(text.text().substr(0, 4096));
  const bool is_json = trimmed.starts_with('{') || trimmed.starts_with('[');
  ParsedFeed feed = is_json ? ParseJsonFeed(text, document, settings, now)
                            : ParseXmlFeed(text, document, settings, now);
  if (feed.status == ParseStatus::kLimit && !feed.entries.empty()) {
    feed.status = ParseStatus::kRecovered;
  }
  return feed;
}

}  // namespace saunter::crawler::feed
