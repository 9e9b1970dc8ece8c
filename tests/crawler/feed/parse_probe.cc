// Prints what the parser sees in a file, in the shape that `saunter parse` has, for measuring the
// parser without the rest: parse_probe parse FILE [--url URL] [--content-type TYPE]
// [--content-language TAG], or parse_probe date TEXT.

#include <unistd.h>

#include <ctime>
#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "crawler/feed/date.h"
#include "crawler/feed/feed.h"

namespace saunter::crawler::feed {
namespace {

using nlohmann::json;

json OrNull(const std::string& text) { return text.empty() ? json() : json(text); }
json OrNull(const std::optional<std::int64_t>& number) { return number ? json(*number) : json(); }

std::string StatusName(ParseStatus status) {
  switch (status) {
    case ParseStatus::kOk:
      return "ok";
    case ParseStatus::kRecovered:
      return "recovered";
    case ParseStatus::kNotAFeed:
      return "not_a_feed";
    case ParseStatus::kLimit:
      return "limit";
  }
  return {};
}

json ToJson(const ParsedFeed& feed) {
  json entries = json::array();
  for (const auto& entry : feed.entries) {
    entries.push_back({{"guid", OrNull(entry.guid)},
                       {"url", OrNull(entry.url)},
                       {"title", OrNull(entry.title)},
                       {"published_at", OrNull(entry.published_at)},
                       {"updated_at", OrNull(entry.updated_at)},
                       {"author", OrNull(entry.author)},
                       {"language", OrNull(entry.language)},
                       {"categories", entry.categories},
                       {"summary", OrNull(entry.summary)}});
  }
  return {{"format", OrNull(feed.format)},           {"status", StatusName(feed.status)},
          {"detail", OrNull(feed.detail)},           {"title", OrNull(feed.title)},
          {"site_url", OrNull(feed.site_url)},       {"language", OrNull(feed.language)},
          {"ttl_minutes", OrNull(feed.ttl_minutes)}, {"entries", std::move(entries)}};
}

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::istream& input = path == "-" ? std::cin : file;
  return {std::istreambuf_iterator<char>(input), {}};
}

int Main(const std::vector<std::string>& arguments) {
  if (arguments.size() < 2) return 2;
  if (arguments[0] == "date") {
    std::cout << json{{"epoch", OrNull(ParseDate(arguments[1]))}} << '\n';
    return 0;
  }
  const std::string body = ReadAll(arguments[1]);
  Document document;
  document.body = body;
  for (std::size_t i = 2; i + 1 < arguments.size(); i += 2) {
    if (arguments[i] == "--url") document.url = arguments[i + 1];
    if (arguments[i] == "--content-type") document.content_type = arguments[i + 1];
    if (arguments[i] == "--content-language") document.content_language = arguments[i + 1];
  }
  std::cout << ToJson(ParseFeed(document, schemas::FeedSettings(), std::time(nullptr))).dump()
            << '\n';
  return 0;
}

}  // namespace
}  // namespace saunter::crawler::feed

int main(int argc, char** argv) {
  return saunter::crawler::feed::Main(std::vector<std::string>(argv + 1, argv + argc));
}
