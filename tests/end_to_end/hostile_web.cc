#include "tests/end_to_end/hostile_web.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <ctime>
#include <initializer_list>
#include <optional>
#include <string_view>

#include "tests/end_to_end/house.h"

namespace saunter::end_to_end {
namespace {

constexpr int kFirstPosts = 30;
constexpr int kHoursPerPost = 6;
constexpr std::int64_t kSecondsPerHour = 3600;
constexpr int kWanders = kHostileFeeds - 1;  // the feed that is elsewhere each hour
constexpr int kLeaves = kHostileFeeds - 2;   // the feed that leaves for a blog's
constexpr int kEntriesMax = 5000;            // of a hostile feed

std::string Joined(std::initializer_list<int> numbers) {
  std::string text;
  for (const int number : numbers)
    text.append(text.empty() ? "" : "-").append(std::to_string(number));
  return text;
}

std::string AsDate(std::int64_t at) {
  const std::time_t time = at;
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::array<char, 64> text{};
  const auto size = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text.data(), size};
}

// A language that no other number gives.
std::string LanguageOf(int number) {
  std::string text = "q";
  for (int i = 0; i < 2; ++i, number /= 26) text.push_back(static_cast<char>('a' + number % 26));
  return text + "-x" + std::to_string(number);
}

std::string BeginFeed(const std::string& host) {
  return "<?xml version=\"1.0\"?><rss version=\"2.0\" "
         "xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><channel><title>A "
         "site</title><link>http://" +
         host + "/</link>";
}

// An address of 127.64.0.0/10 that no other number gives; blogs and feeds have none of those.
std::string UnseenAddress(int number) {
  constexpr int kByte = 256;
  return "127." + std::to_string(64 + number / kByte / kByte % 128) + "." +
         std::to_string(number / kByte % kByte) + "." + std::to_string(number % kByte);
}

std::string HostileLink(int number, int hour, int entry, const std::string& host) {
  const auto colon = host.rfind(':');
  const auto port = colon == std::string::npos ? std::string() : host.substr(colon);
  const auto own = "http://" + host;
  const auto unseen = Joined({hour, number, entry});
  const auto count = (hour * kHostileFeeds + number) * kEntriesMax + entry;
  const auto blog = "http://" + SiteAddress(entry / 7 % kBlogs) + port + "/post/";
  switch (entry % 7) {
    case 0:
      return own + "/post/" + unseen;
    case 1:  // a session id
      return own + "/post/" + std::to_string(entry) + "?sid=" + unseen;
    case 2:  // a host that nobody has seen
      return "http://" + UnseenAddress(count) + port + "/post/1";
    case 3:  // a sub-host that nobody has seen
      return "http://s" + unseen + ".farm" + std::to_string(number) + "." + kSubHostsBelow + port +
             "/post/1";
    case 4:  // a tenant that nobody has seen
      return own + "/~t" + unseen + "/post/1";
    case 5:  // a blog's post
      return blog + std::to_string(entry / 7 / kBlogs % PostsOfBlog(hour));
    default:  // one that the blog never had
      return blog + "9" + std::to_string(count);
  }
}

std::optional<int> NumberOf(const support::OriginRequest& request, int first, int count) {
  for (int i = first; i < first + count; ++i) {
    if (request.address == SiteAddress(i)) return i - first;
  }
  return std::nullopt;
}

// A page is there if its address ends in a number; of a blog, if it has written that post.
support::OriginAnswer Page(const support::OriginRequest& request, int hour) {
  support::OriginAnswer answer;
  answer.headers = {{"Content-Type", "text/html"}};
  answer.body = "<title>A page</title><p>" + std::string(request.Header("Host")) + request.target;
  constexpr std::string_view kPost = "/post/";
  const auto at = request.target.find(kPost);
  const auto name =
      at == std::string::npos ? std::string_view() : std::string_view(request.target).substr(at);
  const bool has_number =
      name.size() > kPost.size() && std::isdigit(static_cast<unsigned char>(name[kPost.size()]));
  const bool is_there =
      has_number && (!NumberOf(request, 0, kBlogs) ||
                     std::strtol(name.data() + kPost.size(), nullptr, 10) < PostsOfBlog(hour));
  if (!is_there) answer.status = 404;
  return answer;
}

}  // namespace

int PostsOfBlog(int hour) { return kFirstPosts + hour / kHoursPerPost; }

support::OriginAnswer HostileWeb::Answer(const support::OriginRequest& request) {
  const int hour = hour_;
  if (!request.target.starts_with("/feed")) return Page(request, hour);
  if (const auto number = NumberOf(request, kBlogs, kHostileFeeds)) {
    auto answer = AnswerHostile(*number, hour, request);
    hours_asked_.at(static_cast<std::size_t>(*number)) = hour + 1;
    return answer;
  }
  support::OriginAnswer answer;
  const std::string host(request.Header("Host"));
  answer.headers = {{"Content-Type", "application/rss+xml"},
                    {"ETag", "\"" + std::to_string(PostsOfBlog(hour)) + "\""}};
  answer.honours_validators = true;
  answer.body = BlogFeed(hour, host);
  return answer;
}

int HostileWeb::HostileFeedsDone() const {
  const int hour = hour_;
  int done = 0;
  for (int i = 0; i < kHostileFeeds; ++i) {
    const bool has_left = i == kLeaves && hour >= kLeavesAtHour;
    const bool was_asked = hours_asked_.at(static_cast<std::size_t>(i)) == hour + 1;
    done += has_left || was_asked ? 1 : 0;
  }
  return done;
}

support::OriginAnswer HostileWeb::AnswerHostile(int number, int hour,
                                                const support::OriginRequest& request) const {
  const std::string host(request.Header("Host"));
  if (number == kLeaves && hour >= kLeavesAtHour) {
    return support::Redirect(301,
                             "http://" + SiteAddress(0) + host.substr(host.find(':')) + "/feed");
  }
  const auto elsewhere = "/feed-" + std::to_string(hour);
  if (number == kWanders && request.target != elsewhere) return support::Redirect(301, elsewhere);
  support::OriginAnswer answer;
  answer.headers = {{"Content-Type", "application/rss+xml"},
                    {"ETag", "\"" + std::to_string(hour) + "\""}};
  answer.body = HostileFeed(number, hour, host);
  return answer;
}

std::string HostileWeb::BlogFeed(int hour, const std::string& host) const {
  auto feed = BeginFeed(host);
  const int newest = PostsOfBlog(hour);
  for (int i = newest - kFirstPosts; i < newest; ++i) {
    const auto url = "http://" + host + "/post/" + std::to_string(i);
    feed.append("<item><title>Post ").append(std::to_string(i)).append("</title><link>");
    feed.append(url).append("</link><guid>").append(url).append("</guid><pubDate>");
    feed.append(AsDate(began_at_ + (i - kFirstPosts) * kHoursPerPost * kSecondsPerHour));
    feed.append("</pubDate><dc:language>en</dc:language><category>essays</category></item>");
  }
  return feed + "</channel></rss>";
}

std::string HostileWeb::HostileFeed(int number, int hour, const std::string& host) const {
  auto feed = BeginFeed(host);
  const auto at = began_at_ + hour * kSecondsPerHour;
  for (int i = 0; i < std::min(entries_, kEntriesMax); ++i) {
    const auto unseen = Joined({hour, number, i});
    feed.append("<item><title>").append(kForeignTitle).append("</title><link>");
    feed.append(HostileLink(number, hour, i, host)).append("</link>");
    // Every second guid stays while its address changes.
    feed.append("<guid isPermaLink=\"false\">").append(i % 2 == 0 ? unseen : Joined({number, i}));
    feed.append("</guid><pubDate>").append(AsDate(at - i)).append("</pubDate><dc:language>");
    feed.append(LanguageOf((hour * kHostileFeeds + number) * kEntriesMax + i));
    feed.append("</dc:language>");
    for (int word = 0; word < kWordsPerEntry; ++word) {
      feed.append("<category>w").append(unseen).append("-").append(std::to_string(word));
      feed.append("</category>");
    }
    feed.append("</item>");
  }
  return feed + "</channel></rss>";
}

}  // namespace saunter::end_to_end
