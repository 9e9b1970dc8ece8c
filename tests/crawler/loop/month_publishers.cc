#include "tests/crawler/loop/month_publishers.h"

#include <array>
#include <ctime>
#include <utility>

#include "tests/support/moment.h"

namespace saunter::crawler::loop {
namespace {

using schemas::UnixSeconds;
using support::OriginAnswer;
using support::OriginRequest;

using support::kDay;
using support::kHour;
constexpr int kFeedsPerHost = 4;

// How many of each; a thousand in all, and every host is of one temper.
constexpr std::pair<Temper, int> kMix[] = {
    {Temper::kHourly, 12},      {Temper::kDaily, 120},       {Temper::kWeekly, 236},
    {Temper::kDormant, 200},    {Temper::kNoValidators, 60}, {Temper::kForgetful, 40},
    {Temper::kTurning, 40},     {Temper::kBroken, 40},       {Temper::kMissing, 20},
    {Temper::kUnreachable, 20}, {Temper::kFlaky, 40},        {Temper::kBusy, 20},
    {Temper::kOverloaded, 20},  {Temper::kMaxAge, 20},       {Temper::kExpires, 16},
    {Temper::kTtl, 20},         {Temper::kUpdatePeriod, 12}, {Temper::kSkipHours, 16},
    {Temper::kGone, 12},        {Temper::kMoved, 16},        {Temper::kAway, 8},
    {Temper::kTwin, 12}};

std::string Format(UnixSeconds at, const char* form) {
  const std::time_t time = at;
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::array<char, 64> text{};
  return std::string(text.data(), std::strftime(text.data(), text.size(), form, &parts));
}

std::string ImfDate(UnixSeconds at) { return Format(at, "%a, %d %b %Y %H:%M:%S GMT"); }

std::int64_t PostGap(Temper temper) {
  switch (temper) {
    case Temper::kWeekly:
    case Temper::kDormant:
      return 7 * kDay;
    case Temper::kDaily:
    case Temper::kForgetful:
    case Temper::kTurning:
    case Temper::kFlaky:
    case Temper::kOverloaded:
    case Temper::kMoved:
    case Temper::kAway:
    case Temper::kTwin:
      return kDay;
    case Temper::kHourly:
    case Temper::kNoValidators:
    case Temper::kBroken:
    case Temper::kMissing:
    case Temper::kUnreachable:
    case Temper::kBusy:
    case Temper::kMaxAge:
    case Temper::kExpires:
    case Temper::kTtl:
    case Temper::kUpdatePeriod:
    case Temper::kSkipHours:
    case Temper::kGone:
      return kHour;
  }
  return kHour;
}

void Add(OriginAnswer& answer, const char* name, std::string value) {
  answer.headers.emplace_back(name, std::move(value));
}

std::string_view Find(const support::Headers& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

// What each answer carries that must leave no trace in a later request.
void AddTemptations(OriginAnswer& answer, UnixSeconds now) {
  Add(answer, "Date", ImfDate(now));
  Add(answer, "Set-Cookie", "visitor=1; Max-Age=31536000; Path=/");
  Add(answer, "Strict-Transport-Security", "max-age=31536000");
  Add(answer, "Alt-Svc", "h2=\":443\"; ma=86400");
  Add(answer, "Accept-CH", "DPR, Viewport-Width");
}

}  // namespace

Publisher::Publisher(Temper temper, int number)
    : temper_(temper),
      number_(number),
      address_("127.1." + std::to_string(number / kFeedsPerHost % 250) + "." +
               std::to_string(1 + number / kFeedsPerHost / 250)) {}

std::vector<std::string> Publisher::Listed() const {
  const std::string feed = "/feed/" + std::to_string(number_);
  if (temper_ == Temper::kTwin) return {feed + "?a=1", feed + "?b"};
  return {feed};
}

std::vector<std::string> Publisher::Targets() const {
  std::vector<std::string> targets = Listed();
  if (temper_ == Temper::kMoved || temper_ == Temper::kAway || temper_ == Temper::kTwin) {
    targets.push_back("/elsewhere/" + std::to_string(number_));
  }
  return targets;
}

std::vector<Visit> Publisher::Log(std::string_view target) const {
  std::vector<Visit> visits;
  for (const Visit& visit : log_) {
    if (visit.target == target) visits.push_back(visit);
  }
  return visits;
}

UnixSeconds Publisher::NewestAt(UnixSeconds now) const {
  if (temper_ == Temper::kDormant) return kMonthStart - 200 * kDay - number_ * kHour / 4;
  return now - (now + number_ * 977) % PostGap(temper_);
}

// Forms that a client must send back as they are, whatever he makes of them.
Validators Publisher::Current(UnixSeconds now) const {
  if (temper_ == Temper::kNoValidators) return {};
  if (temper_ == Temper::kTurning) return {"\"turn-" + std::to_string(log_.size()) + "\"", ""};
  const UnixSeconds newest_at = NewestAt(now);
  const std::string version = std::to_string(newest_at);
  switch (number_ % 5) {
    case 0:
      return {"\"" + version + "\"", ""};
    case 1:
      return {"W/\"" + version + "-gzip\"", ImfDate(newest_at)};
    case 2:
      return {"", ImfDate(newest_at)};
    case 3:
      return {"not quoted, " + version + " \\ \"", ImfDate(newest_at)};
    default:
      return {"", Format(newest_at, "%Y-%m-%d %H:%M:%S+00:00")};
  }
}

std::string Publisher::Body(const std::string& site_url, UnixSeconds now) const {
  std::string body =
      "<rss version=\"2.0\" xmlns:sy=\"http://purl.org/rss/1.0/modules/syndication/\">"
      "<channel><title>Site</title><link>" +
      site_url + "/</link>";
  if (temper_ == Temper::kTtl) body += "<ttl>720</ttl>";
  if (temper_ == Temper::kUpdatePeriod) {
    body += "<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>";
  }
  if (temper_ == Temper::kSkipHours) {
    body += "<skipHours>";
    for (int hour = 0; hour < 6; ++hour) body += "<hour>" + std::to_string(hour) + "</hour>";
    body += "</skipHours>";
  }
  for (int i = 0; i < 3; ++i) {
    const UnixSeconds at = NewestAt(now) - i * PostGap(temper_);
    const std::string url =
        site_url + "/post/" + std::to_string(number_) + "/" + std::to_string(at);
    body += "<item><title>Post</title><link>" + url + "</link><guid>" + url + "</guid><pubDate>" +
            ImfDate(at) + "</pubDate></item>";
  }
  return body + "</channel></rss>";
}

// RFC 9110, 10.2.3 and 5.6.7: each form in turn.
std::string Publisher::RetryAfter(UnixSeconds now, std::int64_t seconds) const {
  switch (number_ % 4) {
    case 0:
      return std::to_string(seconds);
    case 1:
      return ImfDate(now + seconds);
    case 2:
      return Format(now + seconds, "%A, %d-%b-%y %H:%M:%S GMT");
    default:
      return Format(now + seconds, "%a %b %e %H:%M:%S %Y");
  }
}

OriginAnswer Publisher::Fail(int status) const {
  OriginAnswer answer;
  answer.status = status;
  answer.body = "no";
  return answer;
}

OriginAnswer Publisher::Serve(const OriginRequest& request, UnixSeconds now) {
  OriginAnswer answer;
  const Validators current = Current(now);
  const std::string_view none_match = request.Header("If-None-Match");
  const std::string_view since = request.Header("If-Modified-Since");
  const std::string_view etag = temper_ == Temper::kTurning ? given_.etag : current.etag;
  const bool same =
      none_match.empty() ? !since.empty() && since == current.last_modified : none_match == etag;
  const bool forgets = temper_ == Temper::kForgetful && log_.size() % 3 == 2;
  answer.status = same && !forgets ? 304 : 200;
  if (answer.status == 200) {
    Add(answer, "Content-Type", "application/rss+xml; charset=utf-8");
    answer.body = Body("http://" + std::string(request.Header("Host")), now);
  }
  if (!forgets && !current.etag.empty()) Add(answer, "ETag", current.etag);
  if (!forgets && !current.last_modified.empty()) {
    Add(answer, "Last-Modified", current.last_modified);
  }
  if (temper_ == Temper::kMaxAge) {
    Add(answer, "Cache-Control", "public, max-age=25200");
    Add(answer, "Age", "3600");
  }
  if (temper_ == Temper::kExpires) Add(answer, "Expires", ImfDate(now + 8 * kHour));
  return answer;
}

OriginAnswer Publisher::Answer(const OriginRequest& request, UnixSeconds now,
                               std::vector<std::string>& complaints) {
  const Validators sent{std::string(request.Header("If-None-Match")),
                        std::string(request.Header("If-Modified-Since"))};
  JudgeValidators(sent, complaints);
  const bool validators_lost = validators_lost_;
  const bool listed = request.target.starts_with("/feed/");
  const std::size_t turn = log_.size();
  OriginAnswer answer;
  std::int64_t retry_after_s = 0;
  if (temper_ == Temper::kBroken) {
    answer = Fail(500);
  } else if (temper_ == Temper::kMissing) {
    answer = Fail(404);
  } else if (temper_ == Temper::kGone) {
    answer = Fail(410);
  } else if (temper_ == Temper::kUnreachable) {
    answer.manner = support::OriginManner::kClose;
    answer.status = 0;
  } else if (temper_ == Temper::kBusy) {
    answer = Fail(429);
    retry_after_s = 2 * kDay;
  } else if (temper_ == Temper::kOverloaded && turn % 2 == 1) {
    answer = Fail(503);
    retry_after_s = 30 * kHour;
  } else if ((temper_ == Temper::kFlaky && turn % 3 == 2) ||
             (temper_ == Temper::kTtl && turn % 2 == 1)) {
    answer = Fail(500);
  } else if (listed && Targets().size() > Listed().size()) {
    answer = support::Redirect(temper_ == Temper::kAway ? 302 : 301, Targets().back());
  } else {
    answer = Serve(request, now);
    NoteGiven(answer);
  }
  if (retry_after_s > 0) Add(answer, "Retry-After", RetryAfter(now, retry_after_s));
  AddTemptations(answer, now);
  log_.push_back({.at = now,
                  .target = request.target,
                  .conditional = !sent.Empty(),
                  .status = answer.status,
                  .not_before_at = retry_after_s > 0 ? now + retry_after_s : 0,
                  .after_kill = std::exchange(answer_lost_, false),
                  .validators_lost = validators_lost});
  return answer;
}

void Publisher::JudgeValidators(const Validators& sent,
                                std::vector<std::string>& complaints) const {
  if (sent == given_ || (validators_lost_ && sent == given_before_)) return;
  // What was given by way of one address need not be known by way of the other.
  if (temper_ == Temper::kTwin && (sent.Empty() || sent == given_before_)) return;
  complaints.push_back("publisher " + std::to_string(number_) + " gave \"" + given_.etag +
                       "\" and \"" + given_.last_modified + "\", got back \"" + sent.etag +
                       "\" and \"" + sent.last_modified + "\"");
}

void Publisher::NoteGiven(const OriginAnswer& answer) {
  const Validators before = given_;
  validators_lost_ = false;
  const Validators named{std::string(Find(answer.headers, "ETag")),
                         std::string(Find(answer.headers, "Last-Modified"))};
  if (answer.status == 200 || !named.etag.empty()) given_.etag = named.etag;
  if (answer.status == 200 || !named.last_modified.empty()) {
    given_.last_modified = named.last_modified;
  }
  if (given_ != before) given_before_ = before;
}

void Publisher::NoteKill(UnixSeconds since) {
  if (log_.empty() || log_.back().at < since) return;
  answer_lost_ = true;
  validators_lost_ = true;
  log_.back().not_before_at = 0;  // nobody knows what it said
}

// --- All of them ---------------------------------------------------------------------------------

Publishers::Publishers(std::function<UnixSeconds()> clock) : clock_(std::move(clock)) {
  for (const auto& [temper, count] : kMix) {
    for (int i = 0; i < count; ++i) {
      all_.emplace_back(temper, static_cast<int>(all_.size()));
      for (const std::string& target : all_.back().Targets()) {
        by_address_.emplace(all_.back().address() + target, all_.size() - 1);
      }
    }
  }
}

OriginAnswer Publishers::Answer(const OriginRequest& request) {
  const std::scoped_lock lock(mutex_);
  const UnixSeconds now = clock_();
  JudgeHeaders(request);
  if (kill_ && now >= kill_at_) std::exchange(kill_, nullptr)();
  const auto found = by_address_.find(request.address + request.target);
  if (found == by_address_.end()) {
    complaints_.push_back("nobody published " + request.address + request.target);
    return {};
  }
  return all_[found->second].Answer(request, now, complaints_);
}

// No cookie, no referrer, nothing that goes around caches; a name that says where to complain.
void Publishers::JudgeHeaders(const OriginRequest& request) {
  const auto complain = [&](const std::string& what) {
    complaints_.push_back(what + " in " + request.raw);
  };
  if (request.method != "GET") complain("method");
  for (const auto& [name, value] : request.headers) {
    const bool expected = name == "Host" || name == "User-Agent" || name == "Accept" ||
                          name == "Accept-Encoding" || name == "If-None-Match" ||
                          name == "If-Modified-Since";
    if (!expected) complain(name);
  }
  const std::string_view agent = request.Header("User-Agent");
  if (agent != "Saunter/" SAUNTER_VERSION " (+https://saunter.example/about)") {
    complain("User-Agent");
  }
  if (request.Header("Host").substr(0, request.address.size()) != request.address) {
    complain("Host");
  }
}

void Publishers::KillAt(UnixSeconds at, std::function<void()> kill) {
  const std::scoped_lock lock(mutex_);
  kill_at_ = at;
  kill_ = std::move(kill);
}

void Publishers::NoteKill(UnixSeconds since) {
  const std::scoped_lock lock(mutex_);
  for (Publisher& publisher : all_) publisher.NoteKill(since);
}

}  // namespace saunter::crawler::loop
