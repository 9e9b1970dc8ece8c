#include <CLI/CLI.hpp>
#include <string>

#include "crawler/cli/commands.h"
#include "crawler/cli/input.h"
#include "crawler/cli/print.h"
#include "crawler/feed/feed.h"

namespace saunter::crawler::cli {
namespace {

struct ParseOptions {
  std::string file;
  std::string url;
  std::string content_type;
  std::string content_language;
};

std::string_view StatusText(feed::ParseStatus status) {
  switch (status) {
    case feed::ParseStatus::kOk:
      return "ok";
    case feed::ParseStatus::kRecovered:
      return "recovered";
    case feed::ParseStatus::kNotAFeed:
    case feed::ParseStatus::kLimit:
      return "not_a_feed";
  }
  return "not_a_feed";
}

std::string_view SourceText(feed::CharsetSource source) {
  switch (source) {
    case feed::CharsetSource::kByteOrderMark:
      return "byte_order_mark";
    case feed::CharsetSource::kBytePattern:
      return "byte_pattern";
    case feed::CharsetSource::kValidUtf8:
      return "valid_utf8";
    case feed::CharsetSource::kContentType:
      return "content_type";
    case feed::CharsetSource::kDeclaration:
      return "xml_declaration";
    case feed::CharsetSource::kDetected:
      return "detected";
    case feed::CharsetSource::kFallback:
      return "fallback";
  }
  return "fallback";
}

Json EntryJson(const feed::ParsedEntry& entry) {
  return {{"guid", OrNull(entry.guid)},
          {"url", OrNull(entry.url)},
          {"title", OrNull(entry.title)},
          {"published_at", OrNull(entry.published_at)},
          {"updated_at", OrNull(entry.updated_at)},
          {"author", OrNull(entry.author)},
          {"language", OrNull(entry.language)},
          {"categories", entry.categories},
          {"summary", OrNull(entry.summary)}};
}

Json FeedJson(const feed::ParsedFeed& parsed) {
  Json entries = Json::array();
  for (const auto& entry : parsed.entries) entries.push_back(EntryJson(entry));
  const bool is_read = !parsed.encoding.empty();
  return {{"format", OrNull(parsed.format)},
          {"status", StatusText(parsed.status)},
          {"encoding", OrNull(parsed.encoding)},
          {"encoding_from", is_read ? Json(SourceText(parsed.encoding_from)) : Json()},
          {"detail", OrNull(parsed.detail)},
          {"title", OrNull(parsed.title)},
          {"site_url", OrNull(parsed.site_url)},
          {"language", OrNull(parsed.language)},
          {"ttl_minutes", OrNull(parsed.ttl_minutes)},
          {"entries", std::move(entries)}};
}

ExitCode Parse(const schemas::Settings& settings, OutputFormat output,
               const ParseOptions& options) {
  std::string body;
  // One byte more than the limit is enough for the parser to say that it is too much.
  const auto bytes_max = static_cast<std::size_t>(settings.feed.body_bytes_max) + 1;
  if (const auto problem = ReadInput(options.file, bytes_max, body)) {
    PrintProblem(*problem);
    return ExitCode::kPartlyFailed;
  }
  const feed::Document document{body, options.url, options.content_type, options.content_language};
  const auto parsed = feed::ParseFeed(document, settings.feed, Now());
  PrintJson(FeedJson(parsed),
            output == OutputFormat::kJson ? JsonStyle::kCompact : JsonStyle::kPretty);
  const bool is_feed =
      parsed.status == feed::ParseStatus::kOk || parsed.status == feed::ParseStatus::kRecovered;
  return is_feed ? ExitCode::kDone : ExitCode::kPartlyFailed;
}

}  // namespace

void AddParse(CLI::App& app, Invocation& invocation) {
  auto* command =
      app.add_subcommand("parse", "show as JSON what the crawler would see in a document");
  auto options = std::make_shared<ParseOptions>();
  command->add_option("FILE", options->file, "a feed document, or - for standard input")
      ->required();
  command->add_option("--url", options->url, "where it was fetched from");
  command->add_option("--content-type", options->content_type, "its Content-Type header");
  command->add_option("--content-language", options->content_language,
                      "its Content-Language header");
  command->callback([&invocation, options] {
    invocation.run = [options](const schemas::Settings& settings, OutputFormat output) {
      return Parse(settings, output, *options);
    };
  });
}

}  // namespace saunter::crawler::cli
