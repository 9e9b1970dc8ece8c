// Channel Definition Format (W3C submission of 1997): channels and items with an HREF attribute.

#include "crawler/feed/formats/xml_formats.h"
#include "crawler/feed/formats/xml_modules.h"
#include "schemas/text.h"

namespace saunter::crawler::feed::formats {
namespace {

class CdfReader {
 public:
  CdfReader(const Document& document, const schemas::FeedSettings& settings)
      : context_{settings, document.url, {}} {}

  UnresolvedFeed Read(pugi::xml_node root) {
    feed_.format = "cdf";
    base_ = Attribute(root, "base");
    if (std::string href = Attribute(root, "href"); !href.empty()) {
      feed_.site_urls.push_back({UrlRank::kLink, std::move(href), base_});
    }
    feed_.language = Attribute(root, "lang");
    // Channels nest; the loop goes down and up by itself, without recursion.
    pugi::xml_node node = root.first_child();
    while (node && node != root) {
      const Element element = ElementByName(LocalName(node));
      if (element == Element::kItem) ReadItem(node);
      if (node.parent() == root) TakeOfChannel(node, element);
      if (element == Element::kChannel && node.first_child()) {
        node = node.first_child();
        continue;
      }
      while (node != root && !node.next_sibling()) node = node.parent();
      if (node != root) node = node.next_sibling();
    }
    return std::move(feed_);
  }

 private:
  void TakeOfChannel(pugi::xml_node node, Element element) {
    if (element == Element::kTitle && feed_.title.empty()) feed_.title = context_.Title({node});
  }

  void ReadItem(pugi::xml_node item) {
    if (std::ssize(feed_.entries) >= context_.settings.entries_max) {
      feed_.detail = "more entries than feed.entries_max";
      return;
    }
    UnresolvedEntry& entry = feed_.entries.emplace_back();
    entry.urls.push_back({UrlRank::kLink, Attribute(item, "href"), base_});
    entry.dates.Take(DateRank::kUpdated, Attribute(item, "lastmod"));
    EntryTexts texts;
    for (const auto node : item.children()) {
      const Element element = ElementByName(LocalName(node));
      if (element == Element::kTitle && !texts.title.node) texts.title = {node};
      if ((element == Element::kAbstract || element == Element::kDescription) && !texts.summary) {
        texts.summary = node;
      }
      if (schemas::EqualsIgnoringCase(LocalName(node), "a")) {
        entry.urls.push_back({UrlRank::kLink, Attribute(node, "href"), base_});
      }
    }
    ChooseTexts(context_, texts, entry);
  }

  XmlContext context_;
  std::string base_;
  UnresolvedFeed feed_;
};

}  // namespace

UnresolvedFeed ReadCdf(pugi::xml_node root, const Document& document,
                       const schemas::FeedSettings& settings) {
  return CdfReader(document, settings).Read(root);
}

}  // namespace saunter::crawler::feed::formats
