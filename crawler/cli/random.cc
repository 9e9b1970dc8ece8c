#include <spdlog/fmt/fmt.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crawler/cli/commands.h"
#include "crawler/cli/database.h"
#include "crawler/cli/link_choice.h"
#include "crawler/cli/pool_scan.h"
#include "crawler/cli/print.h"
#include "crawler/cli/site_name.h"
#include "schemas/language.h"
#include "schemas/text.h"

namespace saunter::crawler::cli {
namespace {

using schemas::topics::Topics;

constexpr std::int64_t kLinksMax = 10000;
constexpr std::int64_t kLinkAgeDaysMax = 36500;
// Drawn beyond those wanted, for links that have gone meanwhile or cannot stand on a line.
constexpr std::size_t kSpareLinks = 100;

struct RandomOptions {
  std::int64_t count = 1;
  std::vector<std::string> categories;
  std::vector<std::string> not_categories;
  std::string language;
  std::optional<std::int64_t> max_age_days;
  std::string site;
  std::vector<std::string> not_sites;
  std::string fair;
  bool is_long = false;
};

struct ConditionFlag {
  LinkCondition condition;
  std::string_view flag;
};
constexpr std::array<ConditionFlag, kLinkConditions> kConditionFlags = {{
    {LinkCondition::kCategory, "--category"},
    {LinkCondition::kNotCategory, "--not-category"},
    {LinkCondition::kLanguage, "--language"},
    {LinkCondition::kMaxAgeDays, "--max-age-days"},
    {LinkCondition::kSite, "--site"},
    {LinkCondition::kNotSite, "--not-site"},
}};

// What the operator's words stand for.
struct RandomWish {
  LinkWish link;
  std::vector<std::string> unknown_categories;
  std::vector<std::string> operator_words;  // of all feeds
};

std::vector<std::string> SplitAtCommas(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find(',', begin), text.size());
    if (end > begin) parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

// As the API has it: a topic's name means the topic alone.
bool FindCategory(store::Reader& reader, const Topics& topics, const std::string& name,
                  CategoryWish& wish) {
  if (const auto mask = topics.Named(schemas::ToLowerAscii(name))) {
    wish.topics |= *mask;
    return true;
  }
  if (const auto category_id = reader.FindCategory(name)) {
    wish.category_ids.push_back(*category_id);
    return true;
  }
  return false;
}

CategoryWish FindCategories(store::Reader& reader, const Topics& topics,
                            const std::vector<std::string>& given, RandomWish& wish) {
  CategoryWish found;
  for (const auto& text : given) {
    // A category may have a comma in its name.
    if (text.find(',') != std::string::npos && FindCategory(reader, topics, text, found)) continue;
    for (const auto& name : SplitAtCommas(text)) {
      if (FindCategory(reader, topics, name, found)) continue;
      // Of feeds that have no link yet nobody has to be told that the word is wrong.
      const auto& known = wish.operator_words;
      if (std::ranges::find(known, name) == known.end()) wish.unknown_categories.push_back(name);
    }
  }
  return found;
}

// Fills `wish`; false if a site is not there, which stderr says.
bool FindWish(store::Reader& reader, const Topics& topics, const RandomOptions& options,
              RandomWish& wish) {
  for (auto& [feed_id, word] : reader.FeedCategories()) {
    wish.operator_words.push_back(std::move(word));
  }
  if (!options.categories.empty()) {
    wish.link.category = FindCategories(reader, topics, options.categories, wish);
  }
  wish.link.not_category = FindCategories(reader, topics, options.not_categories, wish);
  wish.link.language = options.language;
  wish.link.max_age_days = options.max_age_days;
  if (!options.site.empty()) {
    if (const auto name = SiteNamed(options.site)) wish.link.site_id = reader.FindSiteId(*name);
    if (!wish.link.site_id) {
      PrintProblem("there is no site " + Printable(options.site) +
                   "; `saunter site list` shows all");
      return false;
    }
  }
  for (const auto& text : options.not_sites) {
    for (const auto& site : SplitAtCommas(text)) {
      const auto name = SiteNamed(site);
      const auto site_id = name ? reader.FindSiteId(*name) : std::nullopt;
      if (site_id) wish.link.not_site_ids.push_back(*site_id);
    }
  }
  return true;
}

void PrintUnknownCategories(const RandomWish& wish, const Topics& topics, const PoolScan& scan) {
  if (wish.unknown_categories.empty()) return;
  auto names = wish.operator_words;
  for (const auto& topic : topics.list()) names.push_back(topic.name);
  for (const auto& [category_id, word] : scan.words()) names.push_back(word.name);
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  for (const auto& name : wish.unknown_categories) PrintProblem(UnknownCategory(name, names));
}

// Says which condition alone keeps links away, or that several do.
void PrintNothingFits(const RandomOptions& options, const LinkChoice& choice) {
  if (choice.offered() == 0) {
    return PrintProblem(
        "there is no living link yet; `saunter stats` says what the crawler has done");
  }
  std::string without;
  for (const auto& [condition, flag] : kConditionFlags) {
    const auto count = choice.FittingWithout(condition);
    if (count == 0) continue;
    without += fmt::format("{} {} {} without {}", without.empty() ? "" : ",", count,
                           count == 1 ? "does" : "do", flag);
  }
  if (!without.empty()) return PrintProblem("no living link fits, but" + without);
  const bool asks_category = !options.categories.empty() || !options.not_categories.empty();
  PrintProblem(std::string("no living link fits, nor would one without any single condition; leave "
                           "out several") +
               (asks_category ? "; `saunter category list` shows the categories" : ""));
}

LinkChoice::Weights ReadWeights(store::Reader& reader, const schemas::Settings& settings,
                                const RandomOptions& options) {
  if (!settings.api.weights || options.fair == "strict") return {};
  const auto weeks = reader.WeightWeeks();
  if (weeks.empty()) return {};
  const auto weights = reader.WeightsOf(weeks.back().week);
  return {weights.begin(), weights.end()};
}

// A URL as it can stand on a line and be taken from there by xargs, to which quotes and backslashes
// mean something. Empty: it cannot.
std::string UrlOnALine(const std::string& url) {
  std::string line;
  for (const char c : url) {
    if (c <= ' ' || c >= 0x7f) return {};
    if (c == '\'' || c == '"' || c == '\\') {
      schemas::AppendPercentEncoded(line, c);
    } else {
      line.push_back(c);
    }
  }
  return line;
}

std::vector<std::string> TopicNames(store::Reader& reader, const Topics& topics,
                                    const schemas::Link& link) {
  const auto mask = TopicsOf(topics, link.categories, reader.FeedCategoryOfLink(link.link_id));
  std::vector<std::string> names;
  for (std::size_t bit = 0; bit < topics.list().size(); ++bit) {
    if ((mask >> bit & 1U) != 0) names.push_back(topics.list()[bit].name);
  }
  return names;
}

Json LinkJson(const schemas::Link& link, const std::vector<std::string>& topics) {
  return {{"id", link.link_id},
          {"url", link.url},
          {"title", link.title},
          {"site", link.site},
          {"site_title", OrNull(link.site_title)},
          {"feed_url", OrNull(link.feed_url)},
          {"author", OrNull(link.author)},
          {"published_at", OrNull(link.published_at)},
          {"language", OrNull(link.language)},
          {"categories", link.categories},
          {"topics", topics},
          {"summary", OrNull(link.summary)}};
}

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return Printable(text);
}

void PrintLinkDetails(const schemas::Link& link, const std::vector<std::string>& topics) {
  PrintLine(Printable(link.title));
  PrintField("url", link.url);
  PrintField("site", link.site_title.empty()
                         ? link.site
                         : fmt::format("{} ({})", link.site, Printable(link.site_title)));
  PrintField("feed", link.feed_url);
  PrintField("author", Printable(link.author));
  if (link.published_at) PrintField("published", HumanTime(link.published_at, Now()));
  PrintField("language", link.language);
  PrintField("categories", Joined(link.categories));
  PrintField("topics", Joined(topics));
}

// Returns how many there were.
std::int64_t PrintLinks(store::Reader& reader, const Topics& topics, OutputFormat output,
                        const RandomOptions& options, const std::vector<schemas::Id>& link_ids) {
  std::optional<JsonRows> rows;
  if (output == OutputFormat::kJson) rows.emplace("links");
  const bool is_line = !rows && !options.is_long;
  std::int64_t printed = 0;
  for (const auto link_id : link_ids) {
    if (printed == options.count) break;
    const auto link = reader.FindLink(link_id);
    if (!link) continue;
    const auto line = is_line ? UrlOnALine(link->url) : std::string();
    if (is_line && line.empty()) continue;
    ++printed;
    if (is_line) {
      PrintLine(line);
      continue;
    }
    const auto names = TopicNames(reader, topics, *link);
    rows ? rows->Print(LinkJson(*link, names)) : PrintLinkDetails(*link, names);
  }
  if (rows) rows->End();
  return printed;
}

ExitCode Random(const schemas::Settings& settings, OutputFormat output,
                const RandomOptions& options) {
  const auto reader = OpenReader(settings);
  if (!reader) return ExitCode::kNoDatabase;
  const auto topics = ReadTopics(settings);
  RandomWish wish;
  if (!FindWish(*reader, *topics, options, wish)) return ExitCode::kPartlyFailed;
  LinkChoice choice(wish.link, Now());
  PoolScan scan(*reader, topics);
  while (true) {
    const auto& links = scan.Next();
    if (links.empty()) break;
    for (const auto& link : links) choice.Offer(link.row, link.topics);
  }
  PrintUnknownCategories(wish, *topics, scan);
  choice.WidenLanguage();
  if (choice.fitting() == 0) {
    PrintNothingFits(options, choice);
    return ExitCode::kPartlyFailed;
  }
  std::mt19937_64 random(std::random_device{}());
  const auto count = static_cast<std::size_t>(options.count);
  const auto link_ids =
      choice.Draw(count + kSpareLinks, ReadWeights(*reader, settings, options), random);
  const auto printed = PrintLinks(*reader, *topics, output, options, link_ids);
  if (printed == 0) {
    PrintProblem("no link that fits can be given; try again");
    return ExitCode::kPartlyFailed;
  }
  if (printed < options.count) {
    PrintProblem(fmt::format("only {} living link{} fit{}", printed, printed == 1 ? "" : "s",
                             printed == 1 ? "s" : ""));
  }
  return ExitCode::kDone;
}

std::string CheckLanguage(const std::string& text) {
  if (schemas::IsLanguageRange(text)) return {};
  return "takes a tag such as en or pt-BR";
}

void AddRandomConditions(CLI::App& command, const std::shared_ptr<RandomOptions>& options) {
  command
      .add_option("--category", options->categories,
                  "only links of one of these: topics, operator's categories or feeds' own words; "
                  "commas between them, or given again")
      ->allow_extra_args(false);
  command.add_option("--not-category", options->not_categories, "no links of these")
      ->allow_extra_args(false);
  command
      .add_option("--language", options->language,
                  "only links in this language; en takes en-GB, and en-GB takes en if nothing is "
                  "in en-GB")
      ->check(CLI::Validator(CheckLanguage, "TAG", "language"));
  command
      .add_option("--max-age-days", options->max_age_days,
                  "only links published since so many days")
      ->check(CLI::Range(std::int64_t{1}, kLinkAgeDaysMax));
  command.add_option("--site", options->site, "only links on this site");
  command.add_option("--not-site", options->not_sites, "no links on these sites")
      ->allow_extra_args(false);
  command
      .add_option("--fair", options->fair,
                  "strict: each source has the same chance, whatever readers voted")
      ->check(CLI::IsMember({"strict"}));
}

}  // namespace

void AddRandom(CLI::App& app, Invocation& invocation) {
  auto* command = app.add_subcommand(
      "random",
      "random living links, one URL a line: chooses a source, then one of its links; "
      "`saunter random | xargs -n1 firefox`");
  auto options = std::make_shared<RandomOptions>();
  command->add_option("--count", options->count, "how many, no source twice before all came once")
      ->check(CLI::Range(std::int64_t{1}, kLinksMax));
  AddRandomConditions(*command, options);
  command->add_flag("--long", options->is_long, "with title, site, date, categories and topics");
  command->callback([&invocation, options] {
    invocation.run = [options](const schemas::Settings& settings, OutputFormat output) {
      return Random(settings, output, *options);
    };
  });
}

}  // namespace saunter::crawler::cli
