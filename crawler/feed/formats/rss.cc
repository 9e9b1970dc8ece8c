// RSS in all its versions, with the modules and the Atom elements that stand in it.

#include <array>

#include "crawler/feed/formats/links.h"
#include "crawler/feed/formats/xml_formats.h"
#include "crawler/feed/formats/xml_modules.h"
#include "crawler/text/plain_text.h"
#include "crawler/url/url.h"
#include "schemas/text.h"

namespace saunter::crawler::feed::formats {
namespace {

class RssReader {
 public:
  RssReader(const Document& document, const schemas::FeedSettings& settings)
      : context_{settings, document.url, {}} {}

  UnresolvedFeed Read(pugi::xml_node root) {
    feed_.format = Format(root);
    const NamespaceScope declared(context_.namespaces, root);
    const Scope scope = context_.Inner({}, root);
    if (ElementByName(LocalName(root)) == Element::kChannel) {
      ReadChannel(root, scope);
    } else {
      for (const auto node : root.children()) ReadTopLevel(node, scope);
    }
    if (feed_.title.empty()) feed_.title = modules_.title;
    if (language_.empty()) language_ = modules_.language;
    if (feed_.language.empty()) feed_.language = language_;
    feed_.update_period_s = UpdatePeriod(modules_.update_period, modules_.update_frequency);
    return std::move(feed_);
  }

 private:
  static std::string Format(pugi::xml_node root) {
    switch (ElementByName(LocalName(root))) {
      case Element::kRdf: {
        for (const auto attribute : root.attributes()) {
          const std::string_view uri = attribute.value();
          if (uri.find("simple/0.9") != std::string_view::npos) return "rss 0.90";
        }
        return "rss 1.0";
      }
      default: {
        const std::string version = Attribute(root, "version");
        return version.empty() ? "rss" : "rss " + std::string(text::CutCodePoints(version, 10));
      }
    }
  }

  void ReadTopLevel(pugi::xml_node node, const Scope& scope) {
    if (node.type() != pugi::node_element) return;
    const NamespaceScope declared(context_.namespaces, node);
    const Name name = NameOf(node);
    // Lenient: items stand beside the channel as in RSS 1.0, whatever the version says.
    if (name.element == Element::kChannel) {
      ReadChannel(node, scope);
    } else if (name.element == Element::kItem) {
      ReadItem(node, scope);
    } else {
      TakeOfChannel(node, name, scope);
    }
  }

  void ReadChannel(pugi::xml_node channel, const Scope& outer) {
    const Scope scope = context_.Inner(outer, channel);
    own_ = context_.namespaces.NameOf(channel).space;
    own_prefix_ = PrefixOf(channel);
    if (feed_.language.empty()) feed_.language = scope.language;
    for (const auto node : channel.children()) {
      if (node.type() != pugi::node_element) continue;
      const NamespaceScope declared(context_.namespaces, node);
      const Name name = NameOf(node);
      if (name.element == Element::kItem && name.space <= Space::kRss) {
        ReadItem(node, scope);
      } else {
        TakeOfChannel(node, name, scope);
      }
    }
  }

  // Lenient: whatever namespace the channel is in, what shares it with its prefix is RSS.
  [[nodiscard]] Name NameOf(pugi::xml_node node) const {
    Name name = context_.namespaces.NameOf(node);
    if (name.space == own_ && PrefixOf(node) == own_prefix_) name.space = Space::kRss;
    return name;
  }

  void TakeOfChannel(pugi::xml_node node, Name name, const Scope& scope) {
    if (TakeFeedModule(context_, node, name, feed_, modules_)) return;
    if (name.space == Space::kAtom) return TakeAtomOfChannel(node, name, scope);
    switch (name.element) {
      case Element::kTitle:
        if (feed_.title.empty()) feed_.title = context_.Title({node});
        break;
      case Element::kLink:
        TakeLink(node, kRssLinkRanks, context_.Inner(scope, node).base, feed_.site_urls);
        break;
      case Element::kLanguage:
        if (language_.empty()) language_ = TrimmedText(node);
        break;
      case Element::kManagingEditor:
      case Element::kAuthor:
        feed_.authors.Take(AuthorRank::kAuthor, context_.Person(node));
        break;
      case Element::kCategory:
        TakeCategory(feed_.categories, RawText(node).view(), context_.settings);
        break;
      case Element::kTtl:
        feed_.ttl_minutes = ReadNumber(TrimmedText(node));
        break;
      case Element::kSkipHours:
        ReadSkipHours(node);
        break;
      case Element::kSkipDays:
        ReadSkipDays(node);
        break;
      default:
        break;
    }
  }

  void TakeAtomOfChannel(pugi::xml_node node, Name name, const Scope& scope) {
    if (name.element == Element::kLink) {
      TakeLink(node, kAtomLinkRanks, context_.Inner(scope, node).base, feed_.site_urls);
    }
    if (name.element == Element::kAuthor) {
      feed_.authors.Take(AuthorRank::kAtom, AtomPerson(context_, node));
    }
    if (name.element == Element::kCategory) TakeAtomCategory(context_, node, feed_.categories);
  }

  void ReadSkipHours(pugi::xml_node node) {
    for (const auto child : node.children()) {
      const auto hour = ReadNumber(TrimmedText(child));
      // RSS 0.91 counts to 24, 2.0 from 0.
      if (hour && *hour <= 24) feed_.skip_hours |= 1U << static_cast<unsigned>(*hour % 24);
    }
  }

  void ReadSkipDays(pugi::xml_node node) {
    static constexpr auto kDays = std::to_array<std::string_view>(
        {"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"});
    for (const auto child : node.children()) {
      const std::string day = TrimmedText(child);
      for (unsigned i = 0; i < kDays.size(); ++i) {
        if (schemas::EqualsIgnoringCase(day, kDays[i])) feed_.skip_days |= 1U << i;
      }
    }
  }

  void ReadItem(pugi::xml_node item, const Scope& outer) {
    if (std::ssize(feed_.entries) >= context_.settings.entries_max) {
      feed_.detail = "more entries than feed.entries_max";
      return;
    }
    const Scope scope = context_.Inner(outer, item);
    UnresolvedEntry& entry = feed_.entries.emplace_back();
    entry.dates.language = language_.empty() ? scope.language : language_;
    for (const auto attribute : item.attributes()) {
      if (std::string_view(attribute.name()) == "xml:lang") entry.language = attribute.value();
    }
    EntryTexts texts;
    for (const auto node : item.children()) {
      if (node.type() != pugi::node_element) continue;
      const NamespaceScope declared(context_.namespaces, node);
      const Name name = NameOf(node);
      if (TakeModule(context_, node, name, scope, texts, entry)) continue;
      if (name.space == Space::kAtom) {
        TakeAtomOfItem(node, name, scope, texts, entry);
      } else {
        TakeOfItem(node, name, scope, texts, entry);
      }
    }
    if (std::string about = Attribute(item, "about"); !about.empty()) {
      if (entry.guid.empty()) entry.guid = about;
      entry.urls.push_back({UrlRank::kRdfAbout, std::move(about), scope.base});
    }
    ChooseTexts(context_, texts, entry);
  }

  void TakeOfItem(pugi::xml_node node, Name name, const Scope& scope, EntryTexts& texts,
                  UnresolvedEntry& entry) {
    switch (name.element) {
      case Element::kTitle:
        if (!texts.title.node) texts.title = {node};
        break;
      case Element::kLink:
        TakeLink(node, kRssLinkRanks, context_.Inner(scope, node).base, entry.urls);
        break;
      case Element::kGuid:
        TakeGuid(node, entry);
        break;
      case Element::kPubDate:
      case Element::kPublished:
      case Element::kIssued:
        entry.dates.Take(DateRank::kPublished, RawText(node).view());
        break;
      case Element::kDate:
        entry.dates.Take(DateRank::kDublinDate, RawText(node).view());
        break;
      case Element::kUpdated:
      case Element::kModified:
      case Element::kLastBuildDate:
        entry.dates.Take(DateRank::kUpdated, RawText(node).view());
        break;
      case Element::kAuthor:
        entry.authors.Take(AuthorRank::kAuthor, Author(node));
        break;
      case Element::kCreator:
        entry.authors.Take(AuthorRank::kCreator, context_.Person(node));
        break;
      case Element::kCategory:
        TakeCategory(entry.categories, RawText(node).view(), context_.settings);
        break;
      case Element::kDescription:
        if (!texts.summary) texts.summary = node;
        break;
      case Element::kSummary:
      case Element::kContent:
      case Element::kBody:
      case Element::kEncoded:
      case Element::kFullItem:
        if (!texts.content) texts.content = node;
        break;
      default:
        break;
    }
  }

  // Lenient: some write Atom's author in RSS.
  [[nodiscard]] std::string Author(pugi::xml_node node) const {
    for (const auto child : node.children()) {
      if (ElementByName(LocalName(child)) == Element::kName) return AtomPerson(context_, node);
    }
    return context_.Person(node);
  }

  static void TakeGuid(pugi::xml_node node, UnresolvedEntry& entry) {
    std::string guid = TrimmedText(node);
    if (guid.empty()) return;
    if (!schemas::EqualsIgnoringCase(Attribute(node, "isPermaLink"), "false")) {
      entry.urls.push_back({UrlRank::kPermalinkGuid, guid, {}});
    }
    if (entry.guid.empty()) entry.guid = std::move(guid);
  }

  void TakeAtomOfItem(pugi::xml_node node, Name name, const Scope& scope, EntryTexts& texts,
                      UnresolvedEntry& entry) {
    if (TakeAtomElement(context_, node, name.element, entry)) return;
    switch (name.element) {
      case Element::kLink:
        TakeLink(node, kAtomLinkRanks, context_.Inner(scope, node).base, entry.urls);
        break;
      case Element::kTitle:
        if (!texts.other_title.node) {
          texts.other_title = {node, Vocabulary::kAtom};
        }
        break;
      case Element::kSummary:
      case Element::kContent:
        if (!texts.content) texts.content = node;
        break;
      default:
        break;
    }
  }

  XmlContext context_;
  Space own_ = Space::kRss;
  std::string_view own_prefix_;
  UnresolvedFeed feed_;
  FeedModules modules_;
  std::string language_;
};

}  // namespace

UnresolvedFeed ReadRss(pugi::xml_node root, const Document& document,
                       const schemas::FeedSettings& settings) {
  return RssReader(document, settings).Read(root);
}

}  // namespace saunter::crawler::feed::formats
