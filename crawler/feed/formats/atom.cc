// Atom 1.0 (RFC 4287) and 0.3, with the modules that stand in it.

#include "crawler/feed/formats/links.h"
#include "crawler/feed/formats/xml_formats.h"
#include "crawler/feed/formats/xml_modules.h"

namespace saunter::crawler::feed::formats {
namespace {

class AtomReader {
 public:
  AtomReader(const Document& document, const schemas::FeedSettings& settings)
      : context_{settings, document.url, {}} {}

  UnresolvedFeed Read(pugi::xml_node root) {
    feed_.format = Format(root);
    const NamespaceScope declared(context_.namespaces, root);
    own_ = context_.namespaces.NameOf(root).space;
    own_prefix_ = PrefixOf(root);
    if (ElementByName(LocalName(root)) == Element::kEntry) {
      ReadEntry(root, {});
    } else {
      ReadFeed(root);
    }
    return std::move(feed_);
  }

 private:
  static std::string Format(pugi::xml_node root) {
    if (Attribute(root, "version") == "0.3") return "atom 0.3";
    for (const auto attribute : root.attributes()) {
      const std::string_view name = attribute.name();
      const std::string_view uri = attribute.value();
      if (name.starts_with("xmlns") && uri.find("purl.org/atom/ns") != std::string_view::npos) {
        return "atom 0.3";
      }
    }
    return "atom 1.0";
  }

  // Lenient: a feed in no or in an unknown namespace, or one whose entries left it.
  [[nodiscard]] bool IsOwn(pugi::xml_node node, Name name) const {
    const bool same = name.space == own_ && PrefixOf(node) == own_prefix_;
    return same || name.space == Space::kAtom || name.space == Space::kNone;
  }

  void ReadFeed(pugi::xml_node root) {
    const Scope scope = context_.Inner({}, root);
    feed_.language = scope.language;
    FeedModules modules;
    for (const auto node : root.children()) {
      if (node.type() != pugi::node_element) continue;
      const NamespaceScope declared(context_.namespaces, node);
      const Name name = context_.namespaces.NameOf(node);
      if (!IsOwn(node, name)) {
        TakeFeedModule(context_, node, name, feed_, modules);
      } else if (name.element == Element::kEntry) {
        ReadEntry(node, scope);
      } else {
        TakeOfFeed(node, name, scope, modules);
      }
    }
    if (feed_.title.empty()) feed_.title = modules.title;
    if (feed_.language.empty()) feed_.language = modules.language;
    feed_.update_period_s = UpdatePeriod(modules.update_period, modules.update_frequency);
  }

  void TakeOfFeed(pugi::xml_node node, Name name, const Scope& scope, FeedModules& modules) {
    switch (name.element) {
      case Element::kTitle:
        if (feed_.title.empty()) feed_.title = context_.Title({node, Vocabulary::kAtom});
        break;
      case Element::kLink:
        TakeLink(node, kAtomLinkRanks, context_.Inner(scope, node).base, feed_.site_urls);
        break;
      case Element::kAuthor:
        feed_.authors.Take(AuthorRank::kAtom, AtomPerson(context_, node));
        break;
      case Element::kCategory:
        TakeAtomCategory(context_, node, feed_.categories);
        break;
      case Element::kLanguage:
        modules.language = TrimmedText(node);
        break;
      default:
        break;
    }
  }

  void ReadEntry(pugi::xml_node root, const Scope& outer) {
    if (std::ssize(feed_.entries) >= context_.settings.entries_max) {
      feed_.detail = "more entries than feed.entries_max";
      return;
    }
    const Scope scope = context_.Inner(outer, root);
    UnresolvedEntry& entry = feed_.entries.emplace_back();
    entry.language = entry.dates.language = scope.language;
    EntryTexts texts;
    for (const auto node : root.children()) {
      if (node.type() != pugi::node_element) continue;
      const NamespaceScope declared(context_.namespaces, node);
      const Name name = context_.namespaces.NameOf(node);
      if (IsOwn(node, name)) {
        TakeOfEntry(node, name, scope, texts, entry);
      } else {
        TakeModule(context_, node, name, scope, texts, entry);
      }
    }
    ChooseTexts(context_, texts, entry);
  }

  void TakeOfEntry(pugi::xml_node node, Name name, const Scope& scope, EntryTexts& texts,
                   UnresolvedEntry& entry) {
    if (TakeAtomElement(context_, node, name.element, entry)) return;
    switch (name.element) {
      case Element::kTitle:
        if (!texts.title.node) texts.title = {node, Vocabulary::kAtom};
        break;
      case Element::kLink:
        TakeLink(node, kAtomLinkRanks, context_.Inner(scope, node).base, entry.urls);
        break;
      // Lenient: what RSS calls them.
      case Element::kGuid:
        TakeAtomElement(context_, node, Element::kId, entry);
        break;
      case Element::kPubDate:
        TakeAtomElement(context_, node, Element::kPublished, entry);
        break;
      case Element::kCreated:
        entry.dates.Take(DateRank::kCreated, RawText(node).view());
        break;
      case Element::kSummary:
      case Element::kDescription:
        if (!texts.summary) texts.summary = node;
        break;
      case Element::kContent:
        if (!texts.content) texts.content = node;
        break;
      default:
        break;
    }
  }

  XmlContext context_;
  Space own_ = Space::kAtom;
  std::string_view own_prefix_;
  UnresolvedFeed feed_;
};

}  // namespace

UnresolvedFeed ReadAtom(pugi::xml_node root, const Document& document,
                        const schemas::FeedSettings& settings) {
  return AtomReader(document, settings).Read(root);
}

}  // namespace saunter::crawler::feed::formats
