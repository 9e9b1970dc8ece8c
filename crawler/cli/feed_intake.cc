#include "crawler/cli/feed_intake.h"

#include <spdlog/fmt/fmt.h>

#include <utility>

#include "crawler/cli/print.h"
#include "crawler/judge/schedule.h"
#include "crawler/lists/addresses.h"
#include "crawler/url/url.h"

namespace saunter::crawler::cli {
namespace {

constexpr std::int64_t kUrlsPerRead = 2000;
constexpr std::size_t kUrlBytesMax = 8192;
constexpr std::uint64_t kMarkBits = 3;
constexpr std::size_t kSlotsMin = 1 << 12;

std::uint64_t SlotOf(schemas::Key key, MarkedKeys::Mark mark) {
  const auto bits = static_cast<std::uint64_t>(key) & ~kMarkBits;
  // A key of zero bits only would look like a free slot.
  return (bits == 0 ? kMarkBits + 1 : bits) | static_cast<std::uint64_t>(mark);
}

}  // namespace

MarkedKeys::MarkedKeys() : slots_(kSlotsMin) {}

std::size_t MarkedKeys::PlaceOf(std::uint64_t slot) const {
  const auto mask = slots_.size() - 1;
  auto place = (slot >> 2) & mask;
  while (slots_[place] != 0 && (slots_[place] | kMarkBits) != (slot | kMarkBits)) {
    place = (place + 1) & mask;
  }
  return place;
}

std::optional<MarkedKeys::Mark> MarkedKeys::Insert(schemas::Key key, Mark mark) {
  const auto slot = SlotOf(key, mark);
  const auto place = PlaceOf(slot);
  if (slots_[place] != 0) return static_cast<Mark>(slots_[place] & kMarkBits);
  slots_[place] = slot;
  ++used_;
  if (used_ * 4 > slots_.size() * 3) Grow();
  return std::nullopt;
}

void MarkedKeys::SetMark(schemas::Key key, Mark mark) {
  const auto slot = SlotOf(key, mark);
  slots_[PlaceOf(slot)] = slot;
}

void MarkedKeys::Grow() {
  auto old = std::exchange(slots_, std::vector<std::uint64_t>(slots_.size() * 2));
  for (const auto slot : old) {
    if (slot != 0) slots_[PlaceOf(slot)] = slot;
  }
}

FeedIntake::FeedIntake(const schemas::Settings& settings, std::unique_ptr<store::Reader> reader,
                       schemas::UnixSeconds now, std::string category)
    : schedule_(settings.schedule),
      reader_(std::move(reader)),
      now_(now),
      category_(std::move(category)) {
  blacklist_ = std::make_unique<const health::Blacklist>(
      reader_ ? reader_->Blacklist() : std::vector<schemas::BlacklistEntry>());
  if (reader_) LoadKnown();
}

void FeedIntake::LoadKnown() {
  schemas::Id after = 0;
  while (true) {
    const auto feeds = reader_->FeedOutlines({after, kUrlsPerRead});
    if (feeds.empty()) return;
    for (const auto& feed : feeds) {
      keys_.Insert(url::TextKey(feed.url), feed.category.empty() ? MarkedKeys::Mark::kUncategorised
                                           : feed.category == category_
                                               ? MarkedKeys::Mark::kInCategory
                                               : MarkedKeys::Mark::kKnown);
    }
    after = feeds.back().feed_id;
  }
}

FeedIntake::Judgement FeedIntake::Judge(const lists::Outline& outline) {
  auto url = url::ParseUrl(lists::FeedAddress(outline.url));
  if (!url) return {.kind = Kind::kRefused, .reason = RefusalOf(outline.url)};
  url->fragment.clear();
  schemas::AddFeed feed;
  feed.url = url->ToString();
  if (const auto match = blacklist_->MatchUrl(feed.url)) {
    auto reason = "the blacklist has " + std::string(match->pattern);
    if (!match->reason.empty()) reason += ": " + std::string(match->reason);
    return {
        .kind = Kind::kBlacklisted,
        .reason = std::move(reason),
        .advice = fmt::format("`saunter blacklist {} {}` takes it off the list",
                              match->source == schemas::BlacklistSource::kRule ? "allow" : "remove",
                              ShellWord(match->pattern)),
        .feed = {}};
  }
  const auto key = url::TextKey(feed.url);
  const auto mark = keys_.Insert(key, MarkedKeys::Mark::kSeen);
  if (mark == MarkedKeys::Mark::kSeen) return {.kind = Kind::kRepeated, .reason = {}};
  if (mark) keys_.SetMark(key, MarkedKeys::Mark::kSeen);
  feed.category = category_.empty() ? outline.category : category_;
  feed.host = url::SiteName(*url);
  feed.registrable_domain = url::RegistrableDomain(url->host);
  feed.title = outline.title;
  if (const auto site = url::ParseUrl(outline.site_url)) feed.site_url = site->ToString();
  feed.added_at = now_;
  feed.next_check_at = judge::FirstCheckAt(feed.url, now_, schedule_);
  const bool is_moved =
      !feed.category.empty() && (mark == MarkedKeys::Mark::kUncategorised ||
                                 (!category_.empty() && mark == MarkedKeys::Mark::kKnown));
  return {.kind = mark ? Kind::kKnown : Kind::kAdd,
          .reason = {},
          .feed = std::move(feed),
          .is_moved = is_moved};
}

std::string RefusalOf(std::string_view url) {
  if (url.size() > kUrlBytesMax) return "the URL is longer than 8192 bytes";
  const auto scheme_end = url.find("://");
  const auto scheme = url.substr(0, scheme_end == std::string_view::npos ? 0 : scheme_end);
  if (scheme.empty()) {
    const bool other = url.find(':') < url.find_first_of("./");
    return other ? "only http and https are fetched"
                 : "this is no URL; a URL begins with https:// or http://";
  }
  const bool http = scheme == "http" || scheme == "https" || scheme == "feed" || scheme == "HTTP" ||
                    scheme == "HTTPS" || scheme == "Http" || scheme == "Https";
  if (!http) return "only http and https are fetched";
  const auto authority_begin = scheme_end + 3;
  const auto authority =
      url.substr(authority_begin, url.find_first_of("/?#", authority_begin) - authority_begin);
  if (authority.find('@') != std::string_view::npos) {
    return "a URL with a user name or password is not fetched";
  }
  return "the host or port of this URL is malformed";
}

}  // namespace saunter::crawler::cli
