// Inside crawler/feed/formats: XML as feeds have it, a pugixml tree with namespaces and recovery.
//
// Parsing decodes nothing: pugixml leaves entities as they are written, so that a value is decoded
// once, when it is read, and a value that nobody reads costs nothing.
//
// Thread safety: values, no sharing; each thread has a memory budget of its own. Errors: XmlStatus.
// Ownership: nodes and views point into their XmlDocument.
#pragma once

#include <cstdint>
#include <optional>
#include <pugixml.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "crawler/text/plain_text.h"
#include "schemas/settings.h"

namespace saunter::crawler::feed::formats {

enum class XmlStatus { kOk, kRecovered, kNoElement, kOutOfMemory };

struct XmlDocument {
  XmlStatus status = XmlStatus::kNoElement;
  std::string passed_limit;  // of depth or elements, in words; the tree can be read all the same
  std::string text;          // what the tree points into
  pugi::xml_document tree;
};

// Parses UTF-8 text by pugixml; where that stops, parses the text again as RepairXml mends it.
void LoadXml(std::string_view text, const schemas::FeedSettings& settings, XmlDocument& document);

// The namespaces that feeds use, told by their URI. kNone is no namespace at all, kRss every URI
// that RSS elements were ever put in, kOther any that means nothing here.
enum class Space : std::uint8_t {
  kNone,
  kRss,
  kAtom,
  kDublinCore,
  kDublinTerms,
  kContent,
  kMedia,
  kItunes,
  kSyndication,
  kFeedburner,
  kRdf,
  kXhtml,
  kOther,
};

// The local names that feeds use, in lower case; RSS 0.9x knows them in any case.
enum class Element : std::uint8_t;

struct Name {
  Space space = Space::kNone;
  Element element{};
};

// The namespace prefixes in force at the node where a reader is.
class Namespaces {
 public:
  // Adds what `node` declares. Leave, given the answer, takes that back.
  [[nodiscard]] std::size_t Enter(pugi::xml_node node);
  void Leave(std::size_t mark) { bindings_.resize(mark); }
  [[nodiscard]] Name NameOf(pugi::xml_node node) const;

 private:
  struct Binding {
    std::string_view prefix;
    Space space;
  };
  std::vector<Binding> bindings_;
};

// Enters on construction, leaves on destruction.
class NamespaceScope {
 public:
  NamespaceScope(Namespaces& namespaces, pugi::xml_node node)
      : namespaces_(namespaces), mark_(namespaces.Enter(node)) {}
  ~NamespaceScope() { namespaces_.Leave(mark_); }
  NamespaceScope(const NamespaceScope&) = delete;
  NamespaceScope& operator=(const NamespaceScope&) = delete;

 private:
  Namespaces& namespaces_;
  const std::size_t mark_;
};

[[nodiscard]] std::string_view LocalName(pugi::xml_node node);
[[nodiscard]] std::string_view PrefixOf(pugi::xml_node node);

// An attribute by its local name in any case, decoded and trimmed; empty if absent.
[[nodiscard]] std::string Attribute(pugi::xml_node node, std::string_view local_name);

// All characters below a node, decoded once, white space kept. Most are one piece that needs no
// decoding and are read where they stand. Lenient: a CDATA section that was escaped is unwrapped.
class RawText {
 public:
  explicit RawText(pugi::xml_node node);
  RawText(const RawText&) = delete;
  RawText& operator=(const RawText&) = delete;
  // As long as this object and the tree live.
  [[nodiscard]] std::string_view view() const { return view_; }

 private:
  std::string gathered_;
  std::string_view view_;
};

// RawText without white space around it.
[[nodiscard]] std::string TrimmedText(pugi::xml_node node);

// The text of a node as a person reads it. Child elements are markup.
[[nodiscard]] std::string ReadText(pugi::xml_node node, text::Markup markup,
                                   std::size_t code_points_max, text::Cut cut);

}  // namespace saunter::crawler::feed::formats
