#include "crawler/loop/probe_stream.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "crawler/health/site.h"

namespace saunter::crawler::loop {
namespace {

constexpr std::size_t kLooksKnownMax = 4096;
constexpr std::size_t kLinksKnownMax = 10000;
constexpr std::size_t kHeldBackMax = 20000;
constexpr std::size_t kReadyHostsMin = 2000;  // fewer are ready: more is read
constexpr std::size_t kSitesPerRead = 64;
// So often the lists of what is due are walked from their beginning.
constexpr schemas::UnixSeconds kLapS = 300;
constexpr std::int64_t kLinksPerRead = 4000;
constexpr schemas::UnixSeconds kHoldS = 300;
constexpr std::size_t kOutPerSlot = 64;

health::PageAnswer PageAnswerOf(std::string asked_url, const fetch::Response& response) {
  return {.outcome = response.outcome,
          .status = response.status,
          .asked_url = std::move(asked_url),
          .effective_url = response.effective_url,
          .body = response.body,
          .challenge = response.challenge,
          .detours = judge::DetoursOf(response)};
}

}  // namespace

std::optional<DueLinksQuery> ProbeStream::Want(schemas::UnixSeconds due_at,
                                               schemas::UnixSeconds now,
                                               const schemas::HealthSettings& settings) {
  // Those that are held wait for nothing but time.
  const auto known = Known() - std::min(Known(), HeldBack());
  const bool has_room = settings.probes_in_flight_max > 0 && !links_.IsReading() &&
                        known < kLinksKnownMax && HeldBack() < kHeldBackMax;
  const bool walks = has_room && ReadyHosts() < kReadyHostsMin && read_all_at_ != now;
  const bool refills = has_room && links_.HasHungry();
  if (!walks && !refills) return std::nullopt;
  links_.BeginRead();
  walking_ = walks;
  const bool lap_is_over = walked_to_end_ && now - lap_at_ >= kLapS;
  if (walks && (lap_is_over || now < lap_at_)) {
    StartOver();
    lap_at_ = now;
  }
  return DueLinksQuery{.due_at = due_at,
                       .asked_at = now,
                       .from = read_to_,
                       .count_max = walks ? kLinksPerRead : 0,
                       .fresh_percent = settings.fresh_probes_percent,
                       .sites = links_.TakeHungry(kSitesPerRead)};
}

void ProbeStream::TakeDue(DueLinks due) {
  constexpr auto kAll = std::numeric_limits<std::int64_t>::max();
  for (auto& site : due.sites) (void)links_.AddOfSite(std::move(site), kAll);
  for (auto& link : due.links) (void)links_.Add(std::move(link));
  for (const auto& site : due.crowded_sites) links_.NoteMore(site);
  if (walking_) {
    read_to_ = due.walked_to;
    walked_to_end_ = due.read_to_end;
    if (due.read_to_end) read_all_at_ = due.asked_at;
  }
  walking_ = false;
  links_.EndRead();
}

void ProbeStream::DueFailed() {
  walking_ = false;
  links_.EndRead();
}

std::optional<fetch::Request> ProbeStream::Next(const health::Blacklist& blacklist,
                                                schemas::UnixSeconds now,
                                                const schemas::HealthSettings& settings,
                                                std::vector<ProbeOutput>& results) {
  if (Out() >= kOutPerSlot * static_cast<std::size_t>(settings.probes_in_flight_max)) {
    return std::nullopt;
  }
  while (again_.empty()) {
    auto link = links_.Next();
    if (!link) return std::nullopt;
    const auto match = blacklist.MatchUrl(link->url);
    if (match && !(link->on_parole && health::IsOnParole(match->ToEntry(), now))) {
      links_.Answered(link->host);
      results.emplace_back(judge::SkipLink(*link, now, settings));
      continue;
    }
    if (const auto newer = looks_.find(link->site_id); newer != looks_.end()) {
      if (!link->look || link->look->looked_at < newer->second.looked_at) {
        link->look = newer->second;
      }
    }
    // A page that has to be compared is asked for at once.
    const health::ProbeFacts alive{.outcome = schemas::FetchOutcome::kOk,
                                   .status = 200,
                                   .asked_url = link->url,
                                   .effective_url = link->url,
                                   .challenge = false,
                                   .permanent_url = {},
                                   .page = {},
                                   .detours = {}};
    const bool whole = link->look && health::NeedsPage(alive, *link->look);
    auto url = link->url;
    Ask(whole ? Part::kPage : Part::kLink, std::move(url), std::move(*link));
  }
  auto request = std::move(again_.front());
  again_.pop_front();
  return request;
}

void ProbeStream::Ask(Part part, std::string url, schemas::DueLink link) {
  again_.push_back({.ticket = ++last_ticket_,
                    .kind = fetch::RequestKind::kProbe,
                    .url = std::move(url),
                    .etag = {},
                    .last_modified = {},
                    .wants_body = part != Part::kLink && part != Part::kSibling,
                    .errand = link.on_parole ? fetch::Errand::kSecondLook : fetch::Errand::kUsual});
  out_.emplace(last_ticket_, Asked{part, std::move(link), again_.back()});
}

void ProbeStream::AskLater(std::uint64_t ticket) {
  const auto asked = out_.find(ticket);
  if (asked != out_.end()) again_.push_back(asked->second.request);
}

void ProbeStream::Take(const fetch::Response& response, OutageWatch& watch,
                       const judge::JudgeInputs& inputs, std::vector<ProbeOutput>& results) {
  auto node = out_.extract(response.ticket);
  if (node.empty()) return;
  auto& asked = node.mapped();
  const bool was_alive = asked.link.state == schemas::LinkState::kAlive;
  watch.Note(was_alive ? OutageWatch::Asked::kLink : OutageWatch::Asked::kNewLink, asked.link.host,
             judge::FailedBeforeAnswer(response), inputs.now);
  switch (asked.part) {
    case Part::kLink:
    case Part::kPage: {
      auto answer = judge::ReadProbe(asked.link, response, inputs.blacklist, inputs.now);
      TakeLink({std::move(asked.link), std::move(answer), inputs.now}, asked.part, inputs, results);
      break;
    }
    case Part::kSibling:
    case Part::kSiblingPage:
      TakeSibling(asked, response, inputs, results);
      break;
    case Part::kFrontPage:
      EndLook(asked.link.site_id, PageAnswerOf(health::FrontPageUrl(asked.link.url), response),
              inputs, results);
      break;
  }
}

void ProbeStream::TakeLink(Answered answered, Part part, const judge::JudgeInputs& inputs,
                           std::vector<ProbeOutput>& results) {
  auto& link = answered.link;
  const auto& facts = answered.answer.facts;
  const bool leads_away = answered.answer.leads_away;
  if (!leads_away && health::NeedsAbsentPage(facts) &&
      !health::IsFresh(link.look, inputs.now, inputs.settings.health)) {
    const auto site_id = link.site_id;
    auto [look, first] = looking_.try_emplace(site_id);
    if (first) {
      look->second.before = link.look;
      look->second.sibling.asked_url = health::AbsentPageUrl(link.url, random_());
      Ask(Part::kSibling, look->second.sibling.asked_url, link);
    }
    look->second.waiting.push_back(std::move(answered));
    return;
  }
  if (!leads_away && part == Part::kLink && link.look && health::NeedsPage(facts, *link.look)) {
    auto url = link.url;
    return Ask(Part::kPage, std::move(url), std::move(link));
  }
  links_.Answered(link.host);
  if (answered.answer.failed_before_answer) {
    held_.push_back(std::move(answered));
  } else {
    Judge(answered, inputs, false, results);
  }
}

void ProbeStream::TakeSibling(const Asked& asked, const fetch::Response& response,
                              const judge::JudgeInputs& inputs, std::vector<ProbeOutput>& results) {
  auto& look = looking_.at(asked.link.site_id);
  const bool head_succeeds = asked.part == Part::kSiblingPage;
  look.sibling = PageAnswerOf(look.sibling.asked_url, response);
  look.sibling.head_succeeds = head_succeeds;
  if (!head_succeeds && response.outcome == schemas::FetchOutcome::kOk && response.body.empty()) {
    return Ask(Part::kSiblingPage, look.sibling.asked_url, asked.link);
  }
  if (health::NeedsFrontPage(look.sibling)) {
    return Ask(Part::kFrontPage, health::FrontPageUrl(asked.link.url), asked.link);
  }
  EndLook(asked.link.site_id, std::nullopt, inputs, results);
}

void ProbeStream::EndLook(schemas::Id site_id, const std::optional<health::PageAnswer>& front,
                          const judge::JudgeInputs& inputs, std::vector<ProbeOutput>& results) {
  auto done = std::move(looking_.extract(site_id).mapped());
  const auto look = health::JudgeAbsentPage(site_id, done.before, done.sibling, front, inputs.now,
                                            inputs.settings.health);
  KeepLook(look);
  results.emplace_back(look);
  for (auto& answered : done.waiting) {
    auto& link = answered.link;
    link.look = look;
    if (health::NeedsPage(answered.answer.facts, look)) {
      auto url = link.url;
      Ask(Part::kPage, std::move(url), std::move(link));
      continue;
    }
    links_.Answered(link.host);
    Judge(answered, inputs, false, results);
  }
}

void ProbeStream::Judge(const Answered& answered, const judge::JudgeInputs& inputs, bool outage,
                        std::vector<ProbeOutput>& results) {
  auto own = inputs;
  own.outage = outage;
  results.emplace_back(judge::JudgeLink(answered.link, answered.answer, own));
  ComparePost(answered, inputs, results);
}

// Its posts may tell what an unproven site is.
void ProbeStream::ComparePost(const Answered& answered, const judge::JudgeInputs& inputs,
                              std::vector<ProbeOutput>& results) {
  const auto& link = answered.link;
  if (!link.look || answered.answer.leads_away) return;
  const auto newest = looks_.find(link.site_id);
  const auto& look = newest == looks_.end() ? *link.look : newest->second;
  auto after =
      posts_.Note(look, link.link_id, answered.answer.facts, inputs.now, inputs.settings.health);
  if (!after) return;
  results.emplace_back(*after);
  KeepLook(*std::move(after));
}

void ProbeStream::KeepLook(schemas::SiteLook look) {
  if (looks_.size() >= kLooksKnownMax) looks_.clear();
  looks_.insert_or_assign(look.site_id, std::move(look));
}

void ProbeStream::Settle(Held held, const OutageWatch& watch, const judge::JudgeInputs& inputs,
                         std::vector<ProbeOutput>& results) {
  const auto doubted_at = watch.LinksDoubtedAt();
  while (!held_.empty()) {
    const auto& oldest = held_.front();
    // A failure from the future is one from before the clock was set back.
    const bool due = oldest.at > inputs.now || inputs.now - oldest.at >= kHoldS;
    if (!due && held == Held::kDue) return;
    Judge(oldest, inputs, doubted_at && *doubted_at >= oldest.at, results);
    held_.pop_front();
  }
}

}  // namespace saunter::crawler::loop
