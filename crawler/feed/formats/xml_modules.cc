#include "crawler/feed/formats/xml_modules.h"

#include "crawler/text/charset.h"
#include "crawler/url/url.h"
#include "schemas/text.h"

namespace saunter::crawler::feed::formats {
namespace {

std::string PlainOf(pugi::xml_node node, text::Markup markup, std::size_t code_points_max,
                    text::Cut cut) {
  if (const auto decoded = DecodeBase64(node)) {
    return text::PlainText(*decoded, markup, code_points_max, cut);
  }
  return ReadText(node, markup, code_points_max, cut);
}

// A title's type is absent, "text", or its Atom 0.3 form.
bool IsOfTextType(pugi::xml_node node) {
  if (!node.first_attribute()) return true;
  const std::string type = Attribute(node, "type");
  if (!type.empty()) {
    return schemas::EqualsIgnoringCase(type, "text") ||
           schemas::EqualsIgnoringCase(type, "text/plain");
  }
  // Lenient: what is escaped or packed without a type was markup in most feeds of Atom 0.3.
  const std::string mode = Attribute(node, "mode");
  return mode.empty() || schemas::EqualsIgnoringCase(mode, "xml");
}

text::Markup MarkupOfTitle(const TitleNode& title) {
  if (title.vocabulary == Vocabulary::kAtom && IsOfTextType(title.node)) {
    return text::Markup::kPlain;
  }
  const text::Markup markup = MarkupOf(title.node);
  return markup == text::Markup::kHtml ? text::Markup::kHtmlTitle : markup;
}

// Lenient: some write dc:author, which Dublin Core does not have.
bool IsCreator(Element element) {
  return element == Element::kCreator || element == Element::kAuthor;
}

// False for the namespaces that a format itself is written in.
bool IsModule(Space space) {
  return space != Space::kNone && space != Space::kRss && space != Space::kAtom;
}

}  // namespace

Scope InnerScope(const Scope& outer, pugi::xml_node node, std::string_view document_url) {
  Scope scope = outer;
  for (auto attribute = node.first_attribute(); attribute; attribute = attribute.next_attribute()) {
    const std::string_view name = attribute.name();
    if (name == "xml:lang") {
      scope.language = schemas::TrimUnicodeSpace(attribute.value());
    } else if (name == "xml:base") {
      const std::string reference = text::DecodeEntities(attribute.value());
      const std::string_view outer_base = outer.base.empty() ? document_url : outer.base;
      if (const auto base = url::ResolveUrl(outer_base, reference)) scope.base = base->ToString();
    }
  }
  return scope;
}

std::string XmlContext::Title(const TitleNode& title) const {
  return PlainOf(title.node, MarkupOfTitle(title), schemas::Limit(settings.title_code_points_max),
                 text::Cut::kCodePoint);
}

std::string XmlContext::Person(pugi::xml_node node) const {
  // Lenient: an address that was escaped twice hides its "@".
  const std::string text = text::DecodeEntities(TrimmedText(node));
  const std::string name = PersonName(text);
  return text::PlainText(name, text::Markup::kHtml, schemas::Limit(settings.author_code_points_max),
                         text::Cut::kCodePoint);
}

text::Markup MarkupOf(pugi::xml_node node) {
  if (!node.first_attribute()) return text::Markup::kHtml;
  const std::string type = Attribute(node, "type");
  const bool xhtml = schemas::EqualsIgnoringCase(type, "xhtml") ||
                     schemas::EqualsIgnoringCase(type, "application/xhtml+xml");
  return xhtml && !schemas::EqualsIgnoringCase(Attribute(node, "mode"), "escaped")
             ? text::Markup::kPlain
             : text::Markup::kHtml;
}

void ChooseTexts(const XmlContext& context, const EntryTexts& texts, UnresolvedEntry& entry) {
  const std::size_t summary_max = schemas::Limit(context.settings.summary_code_points_max);
  const auto read = [&](pugi::xml_node node) {
    return PlainOf(node, MarkupOf(node), summary_max, text::Cut::kWord);
  };
  if (texts.summary) entry.summary = read(texts.summary);
  if (entry.summary.empty() && texts.content) entry.summary = read(texts.content);
  if (texts.title.node) entry.title = context.Title(texts.title);
  if (entry.title.empty() && texts.other_title.node) entry.title = context.Title(texts.other_title);
  if (entry.title.empty()) entry.title = text::TitleFromText(entry.summary);
}

namespace {

void TakeDublinCore(const XmlContext& context, pugi::xml_node node, Element element,
                    EntryTexts& texts, UnresolvedEntry& entry) {
  if (IsCreator(element)) entry.authors.Take(AuthorRank::kCreator, context.Person(node));
  if (element == Element::kDate) entry.dates.Take(DateRank::kDublinDate, RawText(node).view());
  if (element == Element::kSubject) {
    TakeCategory(entry.categories, RawText(node).view(), context.settings);
  }
  if (element == Element::kLanguage && entry.language.empty()) {
    entry.language = RawText(node).view();
  }
  if (element == Element::kTitle) texts.other_title = {node};
  if (element == Element::kDescription && !texts.summary) texts.content = node;
}

void TakeDublinTerm(pugi::xml_node node, Element element, UnresolvedEntry& entry) {
  const auto take = [&](DateRank rank) { entry.dates.Take(rank, RawText(node).view()); };
  if (element == Element::kIssued) take(DateRank::kDublinIssued);
  if (element == Element::kDate) take(DateRank::kDublinDate);
  if (element == Element::kModified) take(DateRank::kDublinModified);
  if (element == Element::kCreated) take(DateRank::kCreated);
}

void TakeMediaCategory(const XmlContext& context, pugi::xml_node node,
                       std::vector<std::string>& categories) {
  const std::string label = Attribute(node, "label");
  TakeCategory(categories, label.empty() ? RawText(node).view() : label, context.settings);
}

void TakeMedia(const XmlContext& context, pugi::xml_node node, Element element, EntryTexts& texts,
               UnresolvedEntry& entry) {
  if (element == Element::kCategory) TakeMediaCategory(context, node, entry.categories);
  if (element == Element::kTitle && !texts.other_title.node) texts.other_title = {node};
  if (element == Element::kDescription && !texts.content) texts.content = node;
}

// A group holds what an item may hold, but no other group.
void TakeMediaGroup(XmlContext& context, pugi::xml_node group, EntryTexts& texts,
                    UnresolvedEntry& entry) {
  for (const auto child : group.children()) {
    const NamespaceScope declared(context.namespaces, child);
    const Name name = context.namespaces.NameOf(child);
    if (name.space == Space::kMedia) TakeMedia(context, child, name.element, texts, entry);
  }
}

// Apple's categories are attributes, one below another, and its keywords a list with commas.
void TakeItunesCategories(const XmlContext& context, pugi::xml_node node, Element element,
                          std::vector<std::string>& categories) {
  if (element == Element::kKeywords) {
    TakeCategories(categories, RawText(node).view(), context.settings);
  }
  if (element != Element::kCategory) return;
  const std::string text = Attribute(node, "text");
  TakeCategory(categories, text.empty() ? RawText(node).view() : text, context.settings);
  for (const auto child : node.children()) {
    if (ElementByName(LocalName(child)) == Element::kCategory) {
      TakeCategory(categories, Attribute(child, "text"), context.settings);
    }
  }
}

void TakeItunes(const XmlContext& context, pugi::xml_node node, Element element, EntryTexts& texts,
                UnresolvedEntry& entry) {
  if (element == Element::kAuthor) entry.authors.Take(AuthorRank::kItunes, context.Person(node));
  if (element == Element::kSummary && !texts.content) texts.content = node;
  TakeItunesCategories(context, node, element, entry.categories);
}

}  // namespace

bool TakeModule(XmlContext& context, pugi::xml_node node, Name name, const Scope& scope,
                EntryTexts& texts, UnresolvedEntry& entry) {
  if (!IsModule(name.space)) return false;
  switch (name.space) {
    case Space::kDublinCore:
      TakeDublinCore(context, node, name.element, texts, entry);
      break;
    case Space::kDublinTerms:
      TakeDublinTerm(node, name.element, entry);
      break;
    case Space::kContent:
      if (name.element == Element::kEncoded) texts.content = node;
      break;
    case Space::kXhtml:
      if (name.element == Element::kBody) texts.content = node;
      break;
    case Space::kMedia:
      if (name.element == Element::kGroup) {
        TakeMediaGroup(context, node, texts, entry);
      } else {
        TakeMedia(context, node, name.element, texts, entry);
      }
      break;
    case Space::kItunes:
      TakeItunes(context, node, name.element, texts, entry);
      break;
    case Space::kFeedburner:
      if (name.element == Element::kOrigLink) {
        entry.urls.push_back({UrlRank::kOrigLink, TrimmedText(node), scope.base});
      }
      break;
    default:
      break;
  }
  return true;
}

bool TakeFeedModule(const XmlContext& context, pugi::xml_node node, Name name, UnresolvedFeed& feed,
                    FeedModules& modules) {
  if (!IsModule(name.space)) return false;
  switch (name.space) {
    case Space::kDublinCore:
      if (name.element == Element::kTitle && modules.title.empty())
        modules.title = context.Title({node});
      if (name.element == Element::kLanguage && modules.language.empty())
        modules.language = RawText(node).view();
      if (IsCreator(name.element)) feed.authors.Take(AuthorRank::kCreator, context.Person(node));
      if (name.element == Element::kSubject)
        TakeCategory(feed.categories, RawText(node).view(), context.settings);
      return true;
    case Space::kItunes:
      if (name.element == Element::kAuthor)
        feed.authors.Take(AuthorRank::kItunes, context.Person(node));
      TakeItunesCategories(context, node, name.element, feed.categories);
      return true;
    case Space::kMedia:
      if (name.element == Element::kCategory) TakeMediaCategory(context, node, feed.categories);
      return true;
    case Space::kSyndication:
      if (name.element == Element::kUpdatePeriod) modules.update_period = RawText(node).view();
      if (name.element == Element::kUpdateFrequency)
        modules.update_frequency = RawText(node).view();
      return true;
    default:
      return true;
  }
}

std::string AtomPerson(const XmlContext& context, pugi::xml_node node) {
  std::string other;
  for (const auto child : node.children()) {
    const Element element = ElementByName(LocalName(child));
    if (element == Element::kName) {
      if (std::string name = context.Person(child); !name.empty()) return name;
    }
    if (element == Element::kEmail && other.empty()) other = context.Person(child);
  }
  if (!other.empty()) return other;
  const bool has_elements =
      node.find_child([](pugi::xml_node child) { return child.type() == pugi::node_element; });
  return has_elements ? std::string() : context.Person(node);
}

void TakeAtomCategory(const XmlContext& context, pugi::xml_node node,
                      std::vector<std::string>& categories) {
  // RFC 4287, 4.2.2. Lenient: RSS's way of writing it.
  std::string text = Attribute(node, "label");
  if (text.empty()) text = Attribute(node, "term");
  if (text.empty()) text = RawText(node).view();
  TakeCategory(categories, text, context.settings);
}

bool TakeAtomElement(const XmlContext& context, pugi::xml_node node, Element element,
                     UnresolvedEntry& entry) {
  switch (element) {
    case Element::kId: {
      std::string id = TrimmedText(node);
      if (id.empty()) return true;
      if (entry.guid.empty()) entry.guid = id;
      entry.urls.push_back({UrlRank::kId, std::move(id), {}});
      return true;
    }
    case Element::kAuthor:
      entry.authors.Take(AuthorRank::kAtom, AtomPerson(context, node));
      return true;
    case Element::kSource:
      // RFC 4287, 4.2.1: they apply to an entry without authors of its own.
      for (const auto child : node.children()) {
        if (ElementByName(LocalName(child)) == Element::kAuthor) {
          entry.authors.Take(AuthorRank::kAtomSource, AtomPerson(context, child));
        }
      }
      return true;
    case Element::kPublished:
    case Element::kIssued:
      entry.dates.Take(DateRank::kPublished, RawText(node).view());
      return true;
    case Element::kUpdated:
    case Element::kModified:
      entry.dates.Take(DateRank::kUpdated, RawText(node).view());
      return true;
    case Element::kCategory:
      TakeAtomCategory(context, node, entry.categories);
      return true;
    default:
      return false;
  }
}

std::optional<std::string> DecodeBase64(pugi::xml_node node) {
  if (!node.first_attribute()) return std::nullopt;
  if (!schemas::EqualsIgnoringCase(Attribute(node, "mode"), "base64")) {
    const std::string type = Attribute(node, "type");
    if (type != "application/octet-stream") return std::nullopt;
  }
  std::string bytes;
  std::uint32_t bits = 0;
  int count = 0;
  const RawText text(node);
  for (const char c : text.view()) {
    int value = -1;
    if (c >= 'A' && c <= 'Z') value = c - 'A';
    if (c >= 'a' && c <= 'z') value = c - 'a' + 26;
    if (c >= '0' && c <= '9') value = c - '0' + 52;
    if (c == '+') value = 62;
    if (c == '/') value = 63;
    if (value < 0) continue;
    bits = (bits << 6U) | static_cast<std::uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes += static_cast<char>((bits >> static_cast<unsigned>(count)) & 0xffU);
    }
  }
  return text::RepairUtf8(bytes);
}

}  // namespace saunter::crawler::feed::formats
