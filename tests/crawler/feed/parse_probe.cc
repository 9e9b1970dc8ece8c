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

#include "crawler/feed/feed.h"
#include "crawler/feed/formats/date.h"
#include "tests/crawler/feed/feed_json.h"

namespace saunter::crawler::feed {
namespace {

using nlohmann::json;

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::istream& input = path == "-" ? std::cin : file;
  return {std::istreambuf_iterator<char>(input), {}};
}

int Main(const std::vector<std::string>& arguments) {
  if (arguments.size() < 2) return 2;
  if (arguments[0] == "date") {
    std::cout << json{{"epoch", OrNull(formats::ParseDate(arguments[1]))}} << '\n';
    return 0;
  }
  Document document;
  std::string path;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    if (!arguments[i].starts_with("--")) {
      path = arguments[i];
      continue;
    }
    if (i + 1 == arguments.size()) return 2;
    if (arguments[i] == "--url") document.url = arguments[i + 1];
    if (arguments[i] == "--content-type") document.content_type = arguments[i + 1];
    if (arguments[i] == "--content-language") document.content_language = arguments[i + 1];
    ++i;
  }
  const std::string body = ReadAll(path);
  document.body = body;
  std::cout << ToJson(ParseFeed(document, schemas::FeedSettings(), std::time(nullptr))).dump()
            << '\n';
  return 0;
}

}  // namespace
}  // namespace saunter::crawler::feed

int main(int argc, char** argv) {
  return saunter::crawler::feed::Main(std::vector<std::string>(argv + 1, argv + argc));
}
