// Finds the root of a feed in XML, tells its format and hands it to the reader of that format.

#include <array>

#include "crawler/feed/formats/elements.h"
#include "crawler/feed/formats/formats.h"
#include "crawler/feed/formats/xml.h"
#include "crawler/feed/formats/xml_formats.h"
#include "crawler/text/plain_text.h"
#include "schemas/text.h"

namespace saunter::crawler::feed::formats {
namespace {

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

// Says what a document is in which no element was found.
std::string Describe(std::string_view body, std::string_view text) {
  if (schemas::TrimUnicodeSpace(text).empty()) return "an empty document";
  for (const auto& signature : kSignatures) {
    if (body.starts_with(signature.bytes)) return std::string(signature.what);
  }
  return "no XML and no JSON";
}

// CDF and a lone RSS channel have the same root; only CDF has its addresses in attributes.
bool IsCdf(pugi::xml_node channel) {
  if (!Attribute(channel, "href").empty()) return true;
  for (const auto child : channel.children()) {
    if (ElementByName(LocalName(child)) != Element::kItem) continue;
    if (!Attribute(child, "href").empty() || !Attribute(child, "lastmod").empty()) return true;
    for (const auto field : child.children()) {
      if (ElementByName(LocalName(field)) == Element::kAbstract) return true;
    }
  }
  return false;
}

std::string NameRoot(pugi::xml_node root) {
  const std::string name = schemas::ToLowerAscii(LocalName(root));
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
    switch (ElementByName(LocalName(node))) {
      case Element::kRss:
      case Element::kRdf:
      case Element::kFeed:
      case Element::kEntry:
      case Element::kChannel:
        return node;
      default:
        break;
    }
    if (schemas::EqualsIgnoringCase(LocalName(node), "html")) return {};
  }
  return {};
}

std::optional<UnresolvedFeed> ReadTree(const pugi::xml_document& tree, const Document& document,
                                       const schemas::FeedSettings& settings) {
  const pugi::xml_node root = FindRoot(tree);
  switch (root ? ElementByName(LocalName(root)) : Element::kUnknown) {
    case Element::kRss:
    case Element::kRdf:
      return ReadRss(root, document, settings);
    case Element::kFeed:
    case Element::kEntry:
      return ReadAtom(root, document, settings);
    case Element::kChannel:
      return IsCdf(root) ? ReadCdf(root, document, settings) : ReadRss(root, document, settings);
    default:
      return std::nullopt;
  }
}

ReadResult Without(ParseStatus status, std::string detail) {
  return {.feed = std::nullopt, .status = status, .detail = std::move(detail)};
}

}  // namespace

ReadResult ReadXmlFeed(std::string_view text, const Document& document,
                       const schemas::FeedSettings& settings) {
  XmlDocument xml;
  LoadXml(text, settings, xml);
  if (xml.status == XmlStatus::kNoElement) {
    return Without(ParseStatus::kNotAFeed, Describe(document.body, text));
  }
  if (xml.status == XmlStatus::kOutOfMemory) {
    return Without(ParseStatus::kLimit, "more memory than feed.tree_bytes_max");
  }
  ReadResult result;
  result.feed = ReadTree(xml.tree, document, settings);
  if (!result.feed) {
    const pugi::xml_node root =
        xml.tree.find_child([](pugi::xml_node node) { return node.type() == pugi::node_element; });
    return Without(ParseStatus::kNotAFeed, root ? NameRoot(root) : Describe(document.body, text));
  }
  if (result.feed->detail.empty()) result.feed->detail = xml.passed_limit;
  if (xml.status == XmlStatus::kRecovered) result.status = ParseStatus::kRecovered;
  return result;
}

}  // namespace saunter::crawler::feed::formats
