// What the readers of all XML formats share: the document's context and the extension modules that
// mean the same wherever they stand.
//
// Thread safety: values, no sharing. Errors: none.
#pragma once

#include <string>
#include <string_view>

#include "crawler/feed/formats/elements.h"
#include "crawler/feed/formats/unresolved.h"
#include "crawler/feed/formats/xml.h"

namespace saunter::crawler::feed::formats {

// What is in force at a node: xml:base (RFC 3986, 5.1) and xml:lang (XML 1.0, 2.12).
struct Scope {
  std::string base;
  std::string language;
};

// `document_url` is what a first relative xml:base stands on.
[[nodiscard]] Scope InnerScope(const Scope& outer, pugi::xml_node node,
                               std::string_view document_url);

// The parts of an entry that are chosen only when all of it was seen.
struct EntryTexts {
  pugi::xml_node title;
  pugi::xml_node other_title;  // dc:title, media:title
  pugi::xml_node summary;      // RSS description, Atom summary
  pugi::xml_node content;      // content:encoded, Atom content, xhtml:body
};

struct XmlContext {
  const schemas::FeedSettings& settings;
  std::string_view document_url;
  Namespaces namespaces;

  [[nodiscard]] Scope Inner(const Scope& outer, pugi::xml_node node) const {
    return InnerScope(outer, node, document_url);
  }
  [[nodiscard]] std::string Title(pugi::xml_node node) const;
  [[nodiscard]] std::string Person(pugi::xml_node node) const;
};

// How an Atom text construct is written (RFC 4287, 3.1; Atom 0.3 "mode"); RSS is always kHtml.
[[nodiscard]] text::Markup MarkupOf(pugi::xml_node node);

// Title and summary from what was collected, with the fallbacks.
void ChooseTexts(const XmlContext& context, const EntryTexts& texts, UnresolvedEntry& entry);

// Takes a child of an entry that belongs to a module: dc, dcterms, content, media, itunes,
// feedburner. False if it belongs to none.
bool TakeModule(XmlContext& context, pugi::xml_node node, Name name, const Scope& scope,
                EntryTexts& texts, UnresolvedEntry& entry);

// Fallbacks of the feed, in use where its own format says nothing.
struct FeedModules {
  std::string title;
  std::string language;
  std::string update_period;
  std::string update_frequency;
};

// The same for a child of the feed.
bool TakeFeedModule(const XmlContext& context, pugi::xml_node node, Name name, UnresolvedFeed& feed,
                    FeedModules& modules);

// Atom elements, wherever they stand: links, authors, dates, id.
void TakeAtomLink(const XmlContext& context, pugi::xml_node node, const Scope& scope,
                  std::vector<UrlCandidate>& urls);
[[nodiscard]] std::string AtomPerson(const XmlContext& context, pugi::xml_node node);
void TakeAtomCategory(const XmlContext& context, pugi::xml_node node,
                      std::vector<std::string>& categories);
// Takes what means the same in an Atom entry and in an RSS item that borrows it: id, author, dates
// and category. False if the element is none of them.
bool TakeAtomElement(const XmlContext& context, pugi::xml_node node, Element element,
                     UnresolvedEntry& entry);

// Text that says its encoding is base64 (Atom 0.3), else nothing.
[[nodiscard]] std::optional<std::string> DecodeBase64(pugi::xml_node node);

}  // namespace saunter::crawler::feed::formats
