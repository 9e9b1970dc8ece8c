// JSON Feed 1.0 and 1.1 (jsonfeed.org), leniently typed.

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "crawler/feed/formats/formats.h"
#include "crawler/feed/formats/repair_json.h"
#include "crawler/text/plain_text.h"
#include "schemas/text.h"

namespace saunter::crawler::feed::formats {
namespace {

using nlohmann::json;

// A member that is text; a number counts as its digits, anything else is absent.
std::string Text(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) return {};
  if (found->is_string()) return found->get<std::string>();
  if (found->is_number_integer()) return found->dump();
  if (found->is_number_float() && std::isfinite(found->get<double>())) return found->dump();
  return {};
}

// JSON Feed 1.1: only content_html is markup, and so is nothing of what is a title. Lenient: some
// summaries are written as markup, too; what they leave open is what they speak of.
struct TextMember {
  const char* key;
  text::Markup markup;
};
constexpr auto kTextMembers = std::to_array<TextMember>({{"summary", text::Markup::kHtmlTitle},
                                                         {"content_text", text::Markup::kPlain},
                                                         {"content_html", text::Markup::kHtml}});

class JsonReader {
 public:
  JsonReader(const Document& document, const schemas::FeedSettings& settings)
      : base_(document.url), settings_(settings) {}

  UnresolvedFeed Read(const json& root) {
    const std::string version = Text(root, "version");
    const std::size_t number = version.rfind('/');
    feed_.format = "json feed";
    if (number != std::string::npos && number + 1 < version.size()) {
      feed_.format += " " + std::string(text::CutCodePoints(version.substr(number + 1), 10));
    }
    feed_.title =
        text::PlainText(Text(root, "title"), text::Markup::kPlain,
                        schemas::Limit(settings_.title_code_points_max), text::Cut::kCodePoint);
    feed_.language = Text(root, "language");
    feed_.site_urls.push_back({UrlRank::kLink, Text(root, "home_page_url"), base_});
    if (base_.empty()) base_ = Text(root, "feed_url");
    ReadAuthors(root, feed_.authors);
    const auto items = root.find("items");
    if (items == root.end() || !items->is_array()) return std::move(feed_);
    for (const auto& item : *items) {
      if (!item.is_object()) continue;
      if (std::ssize(feed_.entries) >= settings_.entries_max) {
        feed_.detail = "more entries than feed.entries_max";
        break;
      }
      ReadItem(item);
    }
    return std::move(feed_);
  }

 private:
  void ReadAuthors(const json& object, RankedAuthors& authors) const {
    const auto take = [&](const json& person) {
      if (!person.is_object()) return;
      authors.Take(
          AuthorRank::kAuthor,
          text::PlainText(Text(person, "name"), text::Markup::kHtml,
                          schemas::Limit(settings_.author_code_points_max), text::Cut::kCodePoint));
    };
    // JSON Feed 1.1: authors replaces author.
    const auto list = object.find("authors");
    if (list != object.end() && list->is_array()) {
      for (const auto& person : *list) take(person);
    }
    const auto one = object.find("author");
    if (one != object.end() && authors.Pick().empty()) take(*one);
  }

  void ReadItem(const json& item) {
    UnresolvedEntry& entry = feed_.entries.emplace_back();
    entry.guid = schemas::TrimUnicodeSpace(Text(item, "id"));
    entry.urls.push_back({UrlRank::kLink, Text(item, "url"), base_});
    entry.urls.push_back({UrlRank::kId, entry.guid, {}});
    entry.urls.push_back({UrlRank::kExternal, Text(item, "external_url"), base_});
    entry.language = Text(item, "language");
    entry.dates.Take(DateRank::kPublished, Text(item, "date_published"));
    entry.dates.Take(DateRank::kUpdated, Text(item, "date_modified"));
    ReadAuthors(item, entry.authors);
    const auto tags = item.find("tags");
    if (tags != item.end() && tags->is_array()) {
      for (const auto& tag : *tags) {
        if (tag.is_string()) TakeCategory(entry.categories, tag.get<std::string>(), settings_);
      }
    }
    for (const auto& [key, markup] : kTextMembers) {
      if (!entry.summary.empty()) break;
      entry.summary =
          text::PlainText(Text(item, key), markup,
                          schemas::Limit(settings_.summary_code_points_max), text::Cut::kWord);
    }
    entry.title =
        text::PlainText(Text(item, "title"), text::Markup::kPlain,
                        schemas::Limit(settings_.title_code_points_max), text::Cut::kCodePoint);
    if (entry.title.empty()) entry.title = text::TitleFromText(entry.summary);
  }

  std::string base_;
  const schemas::FeedSettings& settings_;
  UnresolvedFeed feed_;
};

bool IsJsonFeed(const json& root) {
  if (!root.is_object()) return false;
  if (Text(root, "version").find("jsonfeed") != std::string::npos) return true;
  // Lenient: no version, but what only a feed has.
  const auto items = root.find("items");
  if (items == root.end() || !items->is_array()) return false;
  return root.contains("home_page_url") || root.contains("feed_url") || root.contains("title");
}

}  // namespace

ReadResult ReadJsonFeed(std::string_view text, const Document& document,
                        const schemas::FeedSettings& settings) {
  ReadResult result;
  const JsonExtent extent = MeasureJson(text);
  if (extent.depth > settings.depth_max || extent.values > settings.nodes_max) {
    result.status = ParseStatus::kLimit;
    result.detail = extent.depth > settings.depth_max ? "deeper than feed.depth_max"
                                                      : "more elements than feed.nodes_max";
    return result;
  }
  json root = json::parse(text, nullptr, false);
  if (root.is_discarded()) {
    result.status = ParseStatus::kRecovered;
    root = json::parse(RepairJson(text), nullptr, false);
  }
  if (root.is_discarded() || !IsJsonFeed(root)) {
    result.status = ParseStatus::kNotAFeed;
    result.detail = root.is_discarded() ? "broken JSON" : "JSON, but no JSON Feed";
    return result;
  }
  result.feed = JsonReader(document, settings).Read(root);
  return result;
}

}  // namespace saunter::crawler::feed::formats
