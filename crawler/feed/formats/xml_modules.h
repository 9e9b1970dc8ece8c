// Inside crawler/feed/formats: what the readers of all XML formats share, the document's context
// and the extension modules that mean the same in each format.
//
// Thread safety: values, no sharing. Errors: none.
#pragma once

#include <cstdint>
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

// A first relative xml:base is resolved against `document_url`.
[[nodiscard]] Scope InnerScope(const Scope& outer, pugi::xml_node node,
                               std::string_view document_url);

// The vocabulary of a title: in Atom one is markup only if its type says so (RFC 4287, 3.1.1), in
// any other always.
enum class Vocabulary : std::uint8_t { kAtom, kOther };

struct TitleNode {
  pugi::xml_node node;
  Vocabulary vocabulary = Vocabulary::kOther;
};

// Parts of an entry that are chosen only after all of it was read.
struct EntryTexts {
  TitleNode title;
  TitleNode other_title;   // dc:title, media:title, atom:title in RSS
  pugi::xml_node summary;  // RSS description, Atom summary
  pugi::xml_node content;  // content:encoded, Atom content, xhtml:body
};

// What a reader of one document carries along.
struct XmlContext {
  const schemas::FeedSettings& settings;
  std::string_view document_url;
  Namespaces namespaces;

  [[nodiscard]] Scope Inner(const Scope& outer, pugi::xml_node node) const {
    return InnerScope(outer, node, document_url);
  }
  [[nodiscard]] std::string Title(const TitleNode& title) const;
  [[nodiscard]] std::string Person(pugi::xml_node node) const;
};

// How a summary or a content is written (RFC 4287, 3.1; Atom 0.3 "mode"); RSS is always kHtml.
// Lenient: so is Atom's text, which has been markup too often.
[[nodiscard]] text::Markup MarkupOf(pugi::xml_node node);

// Gives the entry its title and summary, the best of what was collected.
void ChooseTexts(const XmlContext& context, const EntryTexts& texts, UnresolvedEntry& entry);

// Takes a child of an entry that belongs to a module: dc, dcterms, content, xhtml, media, itunes,
// feedburner. Of other modules it takes nothing. False if the child belongs to none: it has no
// namespace, or that of RSS or Atom.
bool TakeModule(XmlContext& context, pugi::xml_node node, Name name, const Scope& scope,
                EntryTexts& texts, UnresolvedEntry& entry);

// What modules say of the feed, for use where its own format says nothing.
struct FeedModules {
  std::string title;
  std::string language;
  std::string update_period;
  std::string update_frequency;
};

// The same for a child of the feed.
bool TakeFeedModule(const XmlContext& context, pugi::xml_node node, Name name, UnresolvedFeed& feed,
                    FeedModules& modules);

// Atom elements, wherever they stand: authors, categories, dates, id.
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
