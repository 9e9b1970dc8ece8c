#include "crawler/feed/formats/xml.h"

#include <malloc.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>

#include "crawler/feed/formats/elements.h"
#include "crawler/feed/formats/repair.h"
#include "schemas/text.h"

namespace saunter::crawler::feed::formats {
namespace {

// Entities, line ends and attributes are normalised when read, if ever.
constexpr unsigned kParseFlags = pugi::parse_cdata | pugi::parse_ws_pcdata;

// How much of a long text is tried first: nearly all texts are cut long before its end.
constexpr auto kTryBytes = std::to_array<std::size_t>({2048, 16384});

// The memory that pugixml may still take on this thread. Its memory functions are global to the
// process and are installed once; malloc_usable_size makes them fit blocks that they did not hand
// out.
thread_local std::size_t budget_bytes = SIZE_MAX;

void* Allocate(std::size_t size) {
  if (size > budget_bytes) return nullptr;
  void* const block = std::malloc(size);
  if (block != nullptr) budget_bytes -= std::min(budget_bytes, malloc_usable_size(block));
  return block;
}

void Deallocate(void* block) {
  if (block == nullptr) return;
  if (budget_bytes != SIZE_MAX) budget_bytes += malloc_usable_size(block);
  std::free(block);
}

class Budget {
 public:
  explicit Budget(std::int64_t bytes) {
    static const bool installed = [] {
      pugi::set_memory_management_functions(&Allocate, &Deallocate);
      return true;
    }();
    static_cast<void>(installed);
    budget_bytes = static_cast<std::size_t>(bytes);
  }
  ~Budget() { budget_bytes = SIZE_MAX; }
  Budget(const Budget&) = delete;
  Budget& operator=(const Budget&) = delete;
};

pugi::xml_parse_status Parse(XmlDocument& document) {
  return document.tree
      .load_buffer_inplace(document.text.data(), document.text.size(), kParseFlags,
                           pugi::encoding_utf8)
      .status;
}

// The limit that the tree exceeds, or nothing. Goes through the tree without recursion.
std::string PassedLimit(const XmlDocument& document, const schemas::FeedSettings& settings) {
  std::int64_t elements = 0;
  std::int64_t depth = 0;
  pugi::xml_node node = document.tree;
  while (true) {
    if (const auto child = node.first_child()) {
      node = child;
      if (++depth > settings.depth_max) return "deeper than feed.depth_max";
    } else {
      while (!node.next_sibling()) {
        node = node.parent();
        if (--depth <= 0) return {};
      }
      node = node.next_sibling();
    }
    if (node.type() == pugi::node_element && ++elements > settings.nodes_max) {
      return "more elements than feed.nodes_max";
    }
  }
}

struct KnownSpace {
  std::string_view uri;  // without scheme, trailing "/" and "#", lower case
  Space space;
};

constexpr auto kSpaces = std::to_array<KnownSpace>({
    {"purl.org/rss/1.0", Space::kRss},
    {"my.netscape.com/rdf/simple/0.9", Space::kRss},
    {"my.netscape.com/publish/formats/rss-0.91.dtd", Space::kRss},
    {"channel.netscape.com/rdf/simple/0.9", Space::kRss},
    {"purl.org/net/rss1.1", Space::kRss},
    {"backend.userland.com/rss", Space::kRss},
    {"backend.userland.com/rss2", Space::kRss},
    {"backend.userland.com/rss091", Space::kRss},
    {"blogs.law.harvard.edu/tech/rss", Space::kRss},
    {"cyber.law.harvard.edu/rss/rss.html", Space::kRss},
    {"cyber.law.harvard.edu/rss", Space::kRss},
    {"www.rssboard.org/rss-specification", Space::kRss},
    {"www.w3.org/2005/atom", Space::kAtom},
    {"purl.org/atom/ns", Space::kAtom},
    {"example.com/newformat", Space::kAtom},
    {"example.com/necho", Space::kAtom},
    {"purl.org/echo", Space::kAtom},
    {"uri/of/echo/namespace", Space::kAtom},
    {"purl.org/pie", Space::kAtom},
    {"purl.org/dc/elements/1.1", Space::kDublinCore},
    {"purl.org/dc/elements/1.0", Space::kDublinCore},
    {"purl.org/metadata/dublin_core", Space::kDublinCore},
    {"purl.org/dc/terms", Space::kDublinTerms},
    {"purl.org/rss/1.0/modules/dcterms", Space::kDublinTerms},
    {"purl.org/rss/1.0/modules/content", Space::kContent},
    {"purl.org/content", Space::kContent},
    {"search.yahoo.com/mrss", Space::kMedia},
    {"video.search.yahoo.com/mrss", Space::kMedia},
    {"tools.search.yahoo.com/mrss", Space::kMedia},
    {"docs.yahoo.com/mediamodule", Space::kMedia},
    {"www.rssboard.org/media-rss", Space::kMedia},
    {"rssboard.org/media-rss", Space::kMedia},
    {"www.itunes.com/dtds/podcast-1.0.dtd", Space::kItunes},
    {"www.itunes.com/dtds/podcast", Space::kItunes},
    {"example.com/dtds/podcast-1.0.dtd", Space::kItunes},
    {"purl.org/rss/1.0/modules/syndication", Space::kSyndication},
    {"rssnamespace.org/feedburner/ext/1.0", Space::kFeedburner},
    {"www.w3.org/1999/02/22-rdf-syntax-ns", Space::kRdf},
    {"www.w3.org/1999/xhtml", Space::kXhtml},
});

struct UsualPrefix {
  std::string_view prefix;
  Space space;
};

// Lenient: the usual meaning of a prefix that was not declared.
constexpr auto kUsualPrefixes = std::to_array<UsualPrefix>({
    {"dc", Space::kDublinCore},
    {"dcterms", Space::kDublinTerms},
    {"content", Space::kContent},
    {"media", Space::kMedia},
    {"itunes", Space::kItunes},
    {"atom", Space::kAtom},
    {"atom10", Space::kAtom},
    {"a10", Space::kAtom},
    {"sy", Space::kSyndication},
    {"feedburner", Space::kFeedburner},
    {"rdf", Space::kRdf},
    {"xhtml", Space::kXhtml},
    {"rss", Space::kRss},
});

Space SpaceByUri(std::string_view uri) {
  std::string folded = schemas::ToLowerAscii(schemas::TrimUnicodeSpace(uri));
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (folded.starts_with(scheme)) folded.erase(0, scheme.size());
  }
  while (!folded.empty() && (folded.back() == '/' || folded.back() == '#')) folded.pop_back();
  if (folded.empty()) return Space::kNone;
  for (const auto& known : kSpaces) {
    if (known.uri == folded) return known.space;
  }
  return Space::kOther;
}

// Elements whose content is no text, and those that stand between two words.
bool IsHidden(std::string_view name) {
  return schemas::EqualsIgnoringCase(name, "script") || schemas::EqualsIgnoringCase(name, "style");
}

// Gathers the characters below a node up to about `bytes_max`; the answer says if that was all.
class TextGatherer {
 public:
  explicit TextGatherer(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  bool Gather(pugi::xml_node top) {
    pugi::xml_node node = top.first_child();
    while (node) {
      if (!Take(node)) return false;
      if (node.type() == pugi::node_element && node.first_child() && !IsHidden(LocalName(node))) {
        node = node.first_child();
        continue;
      }
      while (!node.next_sibling()) {
        node = node.parent();
        if (node == top) return true;
        Break(node);
      }
      node = node.next_sibling();
    }
    return true;
  }
  [[nodiscard]] std::string Take() { return std::move(text_); }

 private:
  bool Take(pugi::xml_node node) {
    const std::string_view value = node.value();
    switch (node.type()) {
      case pugi::node_cdata:
        return Append(value);
      case pugi::node_pcdata: {
        const std::size_t room = bytes_max_ - text_.size();
        if (value.find('&') == std::string_view::npos) return Append(value);
        const bool whole = value.size() <= room;
        text::AppendDecoded(value.substr(0, room), text_);
        return whole && text_.size() < bytes_max_;
      }
      case pugi::node_element:
        Break(node);
        return true;
      default:
        return true;
    }
  }
  bool Append(std::string_view value) {
    const std::size_t room = bytes_max_ - text_.size();
    text_ += value.substr(0, room);
    return value.size() < room;
  }
  void Break(pugi::xml_node node) {
    if (text::IsBlockTag(LocalName(node))) text_ += ' ';
    if (text_.size() > bytes_max_) text_.resize(bytes_max_);
  }

  const std::size_t bytes_max_;
  std::string text_;
};

}  // namespace

void LoadXml(std::string_view text, const schemas::FeedSettings& settings, XmlDocument& document) {
  const Budget budget(settings.tree_bytes_max);
  document.text = text;  // pugixml writes into what it parses
  pugi::xml_parse_status status = Parse(document);
  document.status = XmlStatus::kOk;
  if (status != pugi::status_ok && status != pugi::status_out_of_memory) {
    document.tree.reset();
    document.text = RepairXml(text, static_cast<std::size_t>(settings.depth_max) + 1);
    status = Parse(document);
    document.status = XmlStatus::kRecovered;
  }
  if (status == pugi::status_out_of_memory) {
    document.status = XmlStatus::kOutOfMemory;
  } else if (status != pugi::status_ok) {
    document.status = XmlStatus::kNoElement;
  } else {
    document.passed_limit = PassedLimit(document, settings);
  }
}

std::size_t Namespaces::Enter(pugi::xml_node node) {
  const std::size_t mark = bindings_.size();
  for (auto attribute = node.first_attribute(); attribute; attribute = attribute.next_attribute()) {
    const std::string_view name = attribute.name();
    if (!name.starts_with("xmlns") || (name.size() > 5 && name[5] != ':')) continue;
    const std::string_view prefix = name.size() > 5 ? name.substr(6) : std::string_view();
    bindings_.push_back({prefix, SpaceByUri(attribute.value())});
  }
  return mark;
}

Name Namespaces::NameOf(pugi::xml_node node) const {
  const std::string_view full = node.name();
  const std::size_t colon = full.find(':');
  const bool prefixed = colon != std::string_view::npos;
  const std::string_view prefix = full.substr(0, prefixed ? colon : 0);
  const std::string_view local = full.substr(prefixed ? colon + 1 : 0);
  const Element element = ElementByName(local);
  // Most are a default namespace's; the newest binding counts.
  for (std::size_t i = bindings_.size(); i-- > 0;) {
    if (bindings_[i].prefix == prefix) return {bindings_[i].space, element};
  }
  if (prefix.empty()) return {Space::kNone, element};
  for (const auto& usual : kUsualPrefixes) {
    if (schemas::EqualsIgnoringCase(usual.prefix, prefix)) return {usual.space, element};
  }
  return {Space::kOther, element};
}

std::string_view LocalName(pugi::xml_node node) {
  const std::string_view full = node.name();
  const std::size_t colon = full.find(':');
  return full.substr(colon == std::string_view::npos ? 0 : colon + 1);
}

std::string_view PrefixOf(pugi::xml_node node) {
  const std::string_view full = node.name();
  const std::size_t colon = full.find(':');
  return colon == std::string_view::npos ? std::string_view() : full.substr(0, colon);
}

std::string Attribute(pugi::xml_node node, std::string_view local_name) {
  for (auto attribute = node.first_attribute(); attribute; attribute = attribute.next_attribute()) {
    const std::string_view name = attribute.name();
    const std::size_t colon = name.find(':');
    const bool declares = name.starts_with("xmlns");
    if (declares || !schemas::EqualsIgnoringCase(
                        name.substr(colon == std::string_view::npos ? 0 : colon + 1), local_name)) {
      continue;
    }
    const std::string_view value = attribute.value();
    const bool plain = value.find('&') == std::string_view::npos;
    return std::string(plain ? schemas::TrimUnicodeSpace(value)
                             : schemas::TrimUnicodeSpace(text::DecodeEntities(value)));
  }
  return {};
}

namespace {

// The only child, if its value needs nothing done before it is folded but, in pcdata, entities that
// pugixml does not know.
pugi::xml_node OnlyText(pugi::xml_node node) {
  const pugi::xml_node only = node.first_child();
  const bool is_text =
      only && (only.type() == pugi::node_cdata || only.type() == pugi::node_pcdata);
  return is_text && !only.next_sibling() ? only : pugi::xml_node();
}

}  // namespace

RawText::RawText(pugi::xml_node node) {
  if (const pugi::xml_node only = OnlyText(node)) {
    view_ = only.value();
    if (only.type() == pugi::node_cdata) view_ = text::WithoutCdata(view_);
    if (only.type() == pugi::node_cdata || view_.find('&') == std::string_view::npos) return;
  }
  TextGatherer gatherer(text::kNoLimit);
  static_cast<void>(gatherer.Gather(node));
  gathered_ = gatherer.Take();
  view_ = text::WithoutCdata(gathered_);
}

std::string TrimmedText(pugi::xml_node node) {
  return std::string(schemas::TrimUnicodeSpace(RawText(node).view()));
}

// Most texts are longer than what is kept of them, so their beginning is tried first.
std::string ReadText(pugi::xml_node node, text::Markup markup, std::size_t code_points_max,
                     text::Cut cut) {
  const pugi::xml_node only = OnlyText(node);
  for (const std::size_t bytes : kTryBytes) {
    const std::string_view begin(only.value(), strnlen(only.value(), bytes));
    if (!only || (only.type() == pugi::node_pcdata && begin.find('&') != std::string_view::npos)) {
      break;
    }
    const bool whole = begin.size() < bytes;
    text::Folded folded = text::FoldText(begin, markup, code_points_max, cut,
                                         whole ? text::Extent::kWhole : text::Extent::kBeginning);
    if (whole || folded.cut) return std::move(folded.text);
  }
  for (const std::size_t bytes : kTryBytes) {
    TextGatherer gatherer(bytes);
    const bool whole = gatherer.Gather(node);
    text::Folded folded = text::FoldText(gatherer.Take(), markup, code_points_max, cut,
                                         whole ? text::Extent::kWhole : text::Extent::kBeginning);
    if (whole || folded.cut) return std::move(folded.text);
  }
  return text::PlainText(RawText(node).view(), markup, code_points_max, cut);
}

}  // namespace saunter::crawler::feed::formats
