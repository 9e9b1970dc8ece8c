#include "crawler/write/change_json.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "crawler/health/pattern.h"
#include "crawler/url/url.h"

namespace saunter::crawler::write {
namespace {

using nlohmann::json;
using schemas::AddBlacklist;
using schemas::AddFeed;
using schemas::BeginImport;
using schemas::ChangeOutcome;
using schemas::DecideReports;
using schemas::EditFeed;
using schemas::EndUndo;
using schemas::FeedState;
using schemas::OperatorChange;
using schemas::RemoveBlacklist;
using schemas::RemoveFeed;
using schemas::SetFeedState;

constexpr FeedState kFeedStates[] = {FeedState::kActive, FeedState::kPaused, FeedState::kGone};
constexpr schemas::ImportKind kImportKinds[] = {schemas::ImportKind::kFeeds,
                                                schemas::ImportKind::kBlacklist};
constexpr ChangeOutcome kOutcomes[] = {ChangeOutcome::kDone, ChangeOutcome::kAlreadyKnown,
                                       ChangeOutcome::kNotFound, ChangeOutcome::kBlacklisted,
                                       ChangeOutcome::kWanted};
constexpr std::size_t kSourceBytesMax = 4096;

json ToJson(const AddFeed& change) {
  return {{"kind", "add_feed"},
          {"url", change.url},
          {"host", change.host},
          {"registrable_domain", change.registrable_domain},
          {"title", change.title},
          {"site_url", change.site_url},
          {"category", change.category},
          {"added_at", change.added_at},
          {"next_check_at", change.next_check_at},
          {"import_key", change.import_key}};
}
json ToJson(const RemoveFeed& change) {
  return {{"kind", "remove_feed"}, {"url", change.url}, {"import_id", change.import_id}};
}
json ToJson(const SetFeedState& change) {
  return {
      {"kind", "set_feed_state"}, {"url", change.url}, {"state", schemas::ToString(change.state)}};
}
json ToJson(const EditFeed& change) {
  json object = {{"kind", "edit_feed"}, {"url", change.url}};
  if (change.title) object["title"] = *change.title;
  if (change.category) object["category"] = *change.category;
  return object;
}
json ToJson(const AddBlacklist& change) {
  json object = {{"kind", "add_blacklist"},
                 {"pattern", change.entry.pattern},
                 {"source", static_cast<int>(change.entry.source)},
                 {"reason", change.entry.reason},
                 {"added_at", change.entry.added_at},
                 {"import_key", change.import_key}};
  if (change.entry.until_at) object["until_at"] = *change.entry.until_at;
  return object;
}
json ToJson(const DecideReports& change) {
  return {{"kind", "decide_reports"},
          {"link_id", change.link_id},
          {"upheld", change.decision == schemas::ReportDecision::kUpheld}};
}
json ToJson(const RemoveBlacklist& change) {
  return {
      {"kind", "remove_blacklist"}, {"pattern", change.pattern}, {"import_id", change.import_id}};
}
json ToJson(const BeginImport& change) {
  return {{"kind", "begin_import"},
          {"import_key", change.import_key},
          {"import_kind", schemas::ToString(change.kind)},
          {"source", change.source},
          {"started_at", change.started_at}};
}
json ToJson(const EndUndo& change) {
  return {{"kind", "end_undo"}, {"import_id", change.import_id}, {"undone_at", change.undone_at}};
}

// Thrown by the readers below and caught in ParseChanges; json's own exceptions join it there.
class Misunderstood : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

std::string Text(const json& object, const char* key) { return object.at(key).get<std::string>(); }

// Of an import; a program of an older release does not send it.
std::int64_t NumberOrNone(const json& object, const char* key) {
  return object.contains(key) ? object.at(key).get<std::int64_t>() : 0;
}

std::string FeedUrl(const json& object) {
  auto url = Text(object, "url");
  if (url::NormaliseFeedUrl(url) != url) throw Misunderstood("not a normalised URL: " + url);
  return url;
}

std::string Pattern(const json& object) {
  auto pattern = Text(object, "pattern");
  if (health::NormalisePattern(pattern).pattern != pattern) {
    throw Misunderstood("not a normalised pattern: " + pattern);
  }
  return pattern;
}

AddFeed ReadAddFeed(const json& object) {
  AddFeed change;
  change.url = FeedUrl(object);
  change.host = Text(object, "host");
  const auto url = url::ParseUrl(change.url);
  if (!url || change.host != url::SiteName(*url)) {
    throw Misunderstood("not the site of " + change.url + ": " + change.host);
  }
  change.registrable_domain = Text(object, "registrable_domain");
  change.title = Text(object, "title");
  change.site_url = Text(object, "site_url");
  change.category = Text(object, "category");
  change.added_at = object.at("added_at").get<schemas::UnixSeconds>();
  change.next_check_at = object.at("next_check_at").get<schemas::UnixSeconds>();
  change.import_key = NumberOrNone(object, "import_key");
  return change;
}

SetFeedState ReadSetFeedState(const json& object) {
  const auto name = Text(object, "state");
  for (const auto state : kFeedStates) {
    if (schemas::ToString(state) == name) return {FeedUrl(object), state};
  }
  throw Misunderstood("unknown state: " + name);
}

EditFeed ReadEditFeed(const json& object) {
  EditFeed change{.url = FeedUrl(object), .title = std::nullopt, .category = std::nullopt};
  if (object.contains("title")) change.title = Text(object, "title");
  if (object.contains("category")) change.category = Text(object, "category");
  return change;
}

AddBlacklist ReadAddBlacklist(const json& object) {
  AddBlacklist change;
  change.entry.pattern = Pattern(object);
  const auto source = object.at("source").get<int>();
  if (source == static_cast<int>(schemas::BlacklistSource::kAllow)) {
    change.entry.source = schemas::BlacklistSource::kAllow;
  } else if (source != static_cast<int>(schemas::BlacklistSource::kOperator)) {
    throw Misunderstood("only the crawler itself makes entries of the rule");
  }
  change.entry.reason = Text(object, "reason");
  change.entry.added_at = object.at("added_at").get<schemas::UnixSeconds>();
  if (object.contains("until_at")) {
    change.entry.until_at = object.at("until_at").get<schemas::UnixSeconds>();
  }
  change.import_key = NumberOrNone(object, "import_key");
  return change;
}

BeginImport ReadBeginImport(const json& object) {
  BeginImport change;
  change.import_key = object.at("import_key").get<schemas::ImportKey>();
  if (change.import_key == 0) throw Misunderstood("an import needs a key");
  const auto name = Text(object, "import_kind");
  const auto* const kind = std::ranges::find_if(
      kImportKinds, [&](auto known) { return schemas::ToString(known) == name; });
  if (kind == std::end(kImportKinds)) throw Misunderstood("unknown kind of import: " + name);
  change.kind = *kind;
  change.source = Text(object, "source");
  if (change.source.size() > kSourceBytesMax) throw Misunderstood("too long a source");
  change.started_at = object.at("started_at").get<schemas::UnixSeconds>();
  return change;
}

OperatorChange ReadChange(const json& object) {
  const auto kind = Text(object, "kind");
  if (kind == "add_feed") return ReadAddFeed(object);
  if (kind == "remove_feed") {
    return RemoveFeed{FeedUrl(object), NumberOrNone(object, "import_id")};
  }
  if (kind == "set_feed_state") return ReadSetFeedState(object);
  if (kind == "edit_feed") return ReadEditFeed(object);
  if (kind == "add_blacklist") return ReadAddBlacklist(object);
  if (kind == "remove_blacklist") {
    return RemoveBlacklist{Pattern(object), NumberOrNone(object, "import_id")};
  }
  if (kind == "begin_import") return ReadBeginImport(object);
  if (kind == "end_undo") {
    return EndUndo{.import_id = object.at("import_id").get<schemas::Id>(),
                   .undone_at = object.at("undone_at").get<schemas::UnixSeconds>()};
  }
  if (kind == "decide_reports") {
    return DecideReports{.link_id = object.at("link_id").get<schemas::Id>(),
                         .decision = object.at("upheld").get<bool>()
                                         ? schemas::ReportDecision::kUpheld
                                         : schemas::ReportDecision::kDismissed};
  }
  throw Misunderstood("unknown kind: " + kind);
}

ChangeOutcome ReadOutcome(const std::string& name) {
  for (const auto outcome : kOutcomes) {
    if (schemas::ToString(outcome) == name) return outcome;
  }
  throw Misunderstood("unknown outcome: " + name);
}

// A title that is not UTF-8 must not stop an import.
std::string Print(const json& document) {
  return document.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

std::string PrintChanges(const std::vector<OperatorChange>& changes) {
  auto list = json::array();
  for (const auto& change : changes) {
    list.push_back(std::visit([](const auto& kind) { return ToJson(kind); }, change));
  }
  return Print({{"changes", std::move(list)}});
}

ParsedChanges ParseChanges(std::string_view text) {
  try {
    const auto document = json::parse(text);
    std::vector<OperatorChange> changes;
    for (const auto& object : document.at("changes")) changes.push_back(ReadChange(object));
    return {std::move(changes), {}};
  } catch (const json::exception& exception) {
    return {std::nullopt, std::string("the request is not understood: ") + exception.what()};
  } catch (const Misunderstood& misunderstood) {
    return {std::nullopt, std::string("the request is not understood: ") + misunderstood.what()};
  }
}

std::string PrintReceipt(const ChangeReceipt& receipt) {
  if (!receipt.committed) return Print({{"problem", receipt.problem}});
  auto outcomes = json::array();
  for (const auto outcome : receipt.outcomes) outcomes.push_back(schemas::ToString(outcome));
  return Print({{"batch_id", receipt.batch_id}, {"outcomes", std::move(outcomes)}});
}

std::optional<ChangeReceipt> ParseReceipt(std::string_view text) {
  try {
    const auto document = json::parse(text);
    ChangeReceipt receipt;
    if (document.contains("problem")) {
      receipt.problem = document.at("problem").get<std::string>();
      return receipt;
    }
    receipt.committed = true;
    receipt.batch_id = document.at("batch_id").get<std::int64_t>();
    for (const auto& outcome : document.at("outcomes")) {
      receipt.outcomes.push_back(ReadOutcome(outcome.get<std::string>()));
    }
    return receipt;
  } catch (const json::exception&) {
    return std::nullopt;
  } catch (const Misunderstood&) {
    return std::nullopt;
  }
}

}  // namespace saunter::crawler::write
