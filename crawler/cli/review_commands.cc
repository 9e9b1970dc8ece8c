// What readers reported, and what an operator makes of it.
#include <spdlog/fmt/fmt.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "crawler/cli/change_writer.h"
#include "crawler/cli/commands.h"
#include "crawler/cli/database.h"
#include "crawler/cli/input.h"
#include "crawler/cli/pattern_hits.h"
#include "crawler/cli/print.h"
#include "crawler/health/blacklist.h"
#include "crawler/url/url.h"

namespace saunter::crawler::cli {
namespace {

constexpr std::int64_t kLinksPerReview = 1000;
constexpr std::size_t kNotesInListMax = 3;  // of a link

struct ReviewOptions {
  bool of_site = false;
  bool dry_run = false;
  std::vector<schemas::Id> links;
  std::string reason;
};

// A link with all reports on it that are kept.
struct ReviewedCase {
  store::ReviewedLink link;
  std::vector<store::KeptReport> reports;
  std::map<schemas::ReportKind, std::int64_t> kinds;  // of those that wait
  std::int64_t waiting = 0;
};

ReviewedCase ReadCase(store::Review& review, store::ReviewedLink link) {
  ReviewedCase read{.link = std::move(link), .reports = {}, .kinds = {}, .waiting = 0};
  read.reports = review.ReportsOn(read.link.link_id);
  for (const auto& report : read.reports) {
    if (report.decision) continue;
    ++read.kinds[report.kind];
    ++read.waiting;
  }
  return read;
}

bool IsToReview(const ReviewedCase& reviewed) {
  return reviewed.waiting > 0 || reviewed.link.is_withheld;
}

// What readers miss comes first, then what most of them reported.
std::vector<ReviewedCase> ReadCases(store::Review& review) {
  std::vector<ReviewedCase> cases;
  schemas::Id after = 0;
  while (true) {
    const auto links = review.LinksToReview({after, kLinksPerReview});
    for (const auto link_id : links) {
      if (auto link = review.FindReviewedLink(link_id)) {
        cases.push_back(ReadCase(review, std::move(*link)));
      }
    }
    if (std::ssize(links) < kLinksPerReview) break;
    after = links.back();
  }
  const auto rank = [](const ReviewedCase& one) {
    return std::tuple(!one.link.is_withheld, -one.link.networks, -one.waiting, one.link.link_id);
  };
  std::ranges::sort(cases, [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  return cases;
}

// "3 spam, 1 ai"
std::string KindsText(const ReviewedCase& reviewed) {
  std::string text;
  for (const auto& [kind, count] : reviewed.kinds) {
    if (!text.empty()) text += ", ";
    text += fmt::format("{} {}", count, schemas::ToString(kind));
  }
  return text;
}

Json CaseJson(const ReviewedCase& reviewed) {
  auto json = ToJson(reviewed.link);
  json["kinds"] = Json::object();
  for (const auto& [kind, count] : reviewed.kinds) {
    json["kinds"][std::string(schemas::ToString(kind))] = count;
  }
  json["reports"] = Json::array();
  for (const auto& report : reviewed.reports) json["reports"].push_back(ToJson(report));
  return json;
}

void PrintCaseLines(const ReviewedCase& reviewed) {
  PrintLine(Printable(fmt::format(
      "{:>10} {:>8} {:<8}  {}  {}", reviewed.link.link_id, reviewed.link.networks,
      reviewed.link.is_withheld ? "withheld" : "", reviewed.link.url, KindsText(reviewed))));
  std::size_t notes = 0;
  for (const auto& report : reviewed.reports) {
    if (report.decision || report.note.empty()) continue;
    if (++notes > kNotesInListMax) break;
    PrintLine(
        Printable(fmt::format("{:30}{}: {}", "", schemas::ToString(report.kind), report.note)));
  }
}

void PrintCase(const ReviewedCase& reviewed, schemas::UnixSeconds now) {
  PrintLine(Printable(reviewed.link.url));
  PrintField("link", std::to_string(reviewed.link.link_id));
  PrintField("title", reviewed.link.title);
  PrintField("given to readers", YesOrNo(reviewed.link.is_in_pool));
  PrintField("withheld", reviewed.link.is_withheld ? "until this is reviewed" : "no");
  PrintField("waiting", KindsText(reviewed));
  PrintField("networks", std::to_string(reviewed.link.networks));
  for (const auto& report : reviewed.reports) {
    auto text =
        fmt::format("{}: {}", HumanTime(report.reported_at, now), schemas::ToString(report.kind));
    if (!report.note.empty()) text += ", \"" + report.note + "\"";
    if (report.decision) {
      text += fmt::format("; {} {}", schemas::ToString(*report.decision),
                          HumanTime(report.decided_at, now));
    }
    PrintField("report", text);
  }
}

ExitCode ListCases(const schemas::Settings& settings, OutputFormat output,
                   const ReviewOptions& /*options*/) {
  const auto reader = OpenReader(settings);
  if (!reader) return ExitCode::kNoDatabase;
  const auto cases = ReadCases(*reader);
  if (output == OutputFormat::kJson) {
    JsonRows rows("links");
    for (const auto& reviewed : cases) rows.Print(CaseJson(reviewed));
    rows.End();
    return ExitCode::kDone;
  }
  PrintLine(fmt::format("{:>10} {:>8} {:<8}  {}", "link", "networks", "", "address, reports"));
  for (const auto& reviewed : cases) PrintCaseLines(reviewed);
  return ExitCode::kDone;
}

void PrintUnknownLink(schemas::Id link_id) {
  PrintProblem(
      fmt::format("there are no reports on a link {}; `saunter review list` shows all", link_id));
}

ExitCode ShowCases(const schemas::Settings& settings, OutputFormat output,
                   const ReviewOptions& options) {
  const auto reader = OpenReader(settings);
  if (!reader) return ExitCode::kNoDatabase;
  auto code = ExitCode::kDone;
  std::optional<JsonRows> rows;
  if (output == OutputFormat::kJson) rows.emplace("links");
  for (const auto link_id : options.links) {
    auto link = reader->FindReviewedLink(link_id);
    if (!link) {
      PrintUnknownLink(link_id);
      code = ExitCode::kPartlyFailed;
      continue;
    }
    const auto reviewed = ReadCase(*reader, std::move(*link));
    rows ? rows->Print(CaseJson(reviewed)) : PrintCase(reviewed, Now());
  }
  if (rows) rows->End();
  return code;
}

// What is to be written, and what could not be decided.
struct Decisions {
  std::vector<schemas::OperatorChange> changes;
  std::vector<std::string> patterns;  // that are added
  std::int64_t refused = 0;
};

// Those that were asked for; what is not there is named and counted.
std::vector<ReviewedCase> CasesOf(store::Review& review, const std::vector<schemas::Id>& links,
                                  Decisions& decisions) {
  std::vector<ReviewedCase> cases;
  for (const auto link_id : std::set(links.begin(), links.end())) {
    auto link = review.FindReviewedLink(link_id);
    if (link) {
      cases.push_back(ReadCase(review, std::move(*link)));
      if (IsToReview(cases.back())) continue;
      cases.pop_back();
      PrintProblem(fmt::format("the reports on link {} are decided already", link_id));
    } else {
      PrintUnknownLink(link_id);
    }
    ++decisions.refused;
  }
  return cases;
}

struct UpheldPattern {
  std::string pattern;
  std::string problem;  // why there is none
};

// What keeps this address out, or the whole of its site.
UpheldPattern PatternAgainst(const std::string& address, const ReviewOptions& options) {
  const auto url = url::ParseUrl(address);
  if (!url) return {.pattern = {}, .problem = "its address is none"};
  if (options.of_site) {
    return {.pattern = health::PatternOfSite(url::SiteName(*url)), .problem = {}};
  }
  // A pattern applies to all ports.
  const auto normal = health::NormalisePattern(url->host + url->path + url->query);
  if (!normal.pattern) return {.pattern = {}, .problem = normal.problem};
  if (health::SiteOfPattern(*normal.pattern)) {
    return {.pattern = {},
            .problem =
                "it is the first page of its site, and what keeps it out keeps out the "
                "site; --site does that"};
  }
  return {.pattern = *normal.pattern, .problem = {}};
}

schemas::BlacklistEntry UpheldEntry(const std::string& pattern, const ReviewedCase& reviewed,
                                    const ReviewOptions& options) {
  schemas::BlacklistEntry entry;
  entry.pattern = pattern;
  entry.source = schemas::BlacklistSource::kOperator;
  entry.added_at = Now();
  entry.reason = OperatorText(options.reason);
  if (!entry.reason.empty()) return entry;
  entry.reason = "readers reported it";
  if (const auto kinds = KindsText(reviewed); !kinds.empty()) entry.reason += ": " + kinds;
  return entry;
}

// The entries first: no link comes back between an answer and its entry, should the two fall into
// several batches. What an entry keeps out need not be reviewed link by link.
Decisions DecideToUphold(store::Review& review, const ReviewOptions& options) {
  Decisions decisions;
  std::vector<schemas::BlacklistEntry> entries;
  for (const auto& reviewed : CasesOf(review, options.links, decisions)) {
    const auto against = PatternAgainst(reviewed.link.url, options);
    auto entry = UpheldEntry(against.pattern, reviewed, options);
    if (against.problem.empty() && health::Blacklist({entry}).MatchUrl(reviewed.link.url)) {
      entries.push_back(std::move(entry));
      continue;
    }
    PrintProblem(
        fmt::format("link {} ({}): {}", reviewed.link.link_id, reviewed.link.url,
                    against.problem.empty() ? "no pattern has its address" : against.problem));
    ++decisions.refused;
  }
  for (const auto& entry : entries) {
    decisions.patterns.push_back(entry.pattern);
    decisions.changes.emplace_back(schemas::AddBlacklist{entry});
  }
  const health::Blacklist upheld(std::move(entries));
  for (const auto& reviewed : ReadCases(review)) {
    if (!upheld.MatchUrl(reviewed.link.url)) continue;
    decisions.changes.emplace_back(schemas::DecideReports{
        .link_id = reviewed.link.link_id, .decision = schemas::ReportDecision::kUpheld});
  }
  return decisions;
}

Decisions DecideToDismiss(store::Review& review, const ReviewOptions& options) {
  Decisions decisions;
  for (const auto& reviewed : CasesOf(review, options.links, decisions)) {
    decisions.changes.emplace_back(schemas::DecideReports{
        .link_id = reviewed.link.link_id, .decision = schemas::ReportDecision::kDismissed});
  }
  return decisions;
}

// Nothing if the database takes no more, and stderr says why.
std::optional<std::int64_t> WriteDecisions(const schemas::Settings& settings,
                                           const Decisions& decisions) {
  ChangeWriter writer(settings);
  std::int64_t links = 0;
  const auto& changes = decisions.changes;
  for (std::size_t at = 0; at < changes.size(); at += kChangesPerBatch) {
    const auto end = std::min(at + kChangesPerBatch, changes.size());
    const std::vector<schemas::OperatorChange> piece(
        changes.begin() + static_cast<std::ptrdiff_t>(at),
        changes.begin() + static_cast<std::ptrdiff_t>(end));
    const auto written = writer.Apply(piece);
    if (!written.problem.empty()) {
      PrintProblem(written.problem);
      return std::nullopt;
    }
    for (std::size_t i = 0; i < piece.size(); ++i) {
      const bool is_decision = std::holds_alternative<schemas::DecideReports>(piece[i]);
      if (is_decision && written.outcomes[i] == schemas::ChangeOutcome::kDone) ++links;
    }
  }
  return links;
}

ExitCode PrintDecided(OutputFormat output, std::string_view done, std::int64_t links,
                      const Decisions& decisions) {
  if (output == OutputFormat::kJson) {
    PrintJson({{done, links}, {"patterns", decisions.patterns}, {"refused", decisions.refused}},
              JsonStyle::kCompact);
  } else {
    PrintLine(fmt::format("{} links {}, {} refused", links, done, decisions.refused));
    for (const auto& pattern : decisions.patterns) PrintLine("  keeps out " + Printable(pattern));
  }
  return decisions.refused > 0 ? ExitCode::kPartlyFailed : ExitCode::kDone;
}

// What the patterns would keep out, and how many links would be decided.
ExitCode PrintWouldUphold(store::Reader& reader, OutputFormat output, const Decisions& decisions) {
  const auto hits = FindHits(reader, decisions.patterns);
  const auto decided = std::ssize(decisions.changes) - std::ssize(decisions.patterns);
  if (output == OutputFormat::kJson) {
    auto json = Json{{"would_uphold", decided}, {"refused", decisions.refused}};
    json["patterns"] = Json::array();
    for (const auto& [pattern, found] : hits) {
      json["patterns"].push_back({{"pattern", pattern},
                                  {"feeds", found.feeds},
                                  {"sites", found.sites},
                                  {"links", found.links},
                                  {"sample_urls", found.sample_urls}});
    }
    PrintJson(json, JsonStyle::kCompact);
  } else {
    PrintLine(fmt::format("would uphold the reports on {} links", decided));
    for (const auto& [pattern, found] : hits) {
      PrintLine(Printable(fmt::format("  keeps out {}: {} feeds, {} sites, {} links", pattern,
                                      found.feeds, found.sites, found.links)));
    }
  }
  return decisions.refused > 0 ? ExitCode::kPartlyFailed : ExitCode::kDone;
}

ExitCode UpholdCases(const schemas::Settings& settings, OutputFormat output,
                     const ReviewOptions& options) {
  const auto reader = OpenReader(settings);
  if (!reader) return ExitCode::kNoDatabase;
  const auto decisions = DecideToUphold(*reader, options);
  if (options.dry_run) return PrintWouldUphold(*reader, output, decisions);
  const auto links = WriteDecisions(settings, decisions);
  return links ? PrintDecided(output, "upheld", *links, decisions) : ExitCode::kNoDatabase;
}

ExitCode DismissCases(const schemas::Settings& settings, OutputFormat output,
                      const ReviewOptions& options) {
  const auto reader = OpenReader(settings);
  if (!reader) return ExitCode::kNoDatabase;
  const auto decisions = DecideToDismiss(*reader, options);
  const auto links = WriteDecisions(settings, decisions);
  return links ? PrintDecided(output, "dismissed", *links, decisions) : ExitCode::kNoDatabase;
}

using ReviewCommand = ExitCode (*)(const schemas::Settings&, OutputFormat, const ReviewOptions&);

}  // namespace

void AddReviewCommands(CLI::App& app, Invocation& invocation) {
  auto* group = app.add_subcommand("review", "what readers reported, and what comes of it");
  group->require_subcommand(1);
  const auto options = std::make_shared<ReviewOptions>();
  const auto add_command = [&](const char* name, const char* summary, ReviewCommand command) {
    auto* added = group->add_subcommand(name, summary);
    added->callback([&invocation, options, command] {
      invocation.run = [options, command](const schemas::Settings& settings, OutputFormat output) {
        return command(settings, output, *options);
      };
    });
    return added;
  };
  const auto add_links = [&](CLI::App* command) {
    command->add_option("LINK", options->links, "its number, as `saunter review list` shows it")
        ->required()
        ->check(CLI::PositiveNumber);
  };

  add_command("list", "links with reports that wait, those first that are kept from readers",
              ListCases);

  add_links(add_command("show", "all reports on links, the decided ones too", ShowCases));

  auto* uphold = add_command(
      "uphold", "keep the address and all below it out for good, by an entry of the blacklist",
      UpholdCases);
  add_links(uphold);
  uphold->add_flag("--site", options->of_site, "keep out the whole site");
  uphold->add_option("--reason", options->reason,
                     "why, to be shown with the entry; else the kinds of the reports");
  uphold->add_flag("--dry-run", options->dry_run,
                   "show what the entry would keep out, and change nothing");

  add_links(add_command("dismiss", "give the link to readers again, and leave it in peace",
                        DismissCases));
}

}  // namespace saunter::crawler::cli
