#include "api/routes/page_routes.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "api/http/markup.h"
#include "api/web/web_files.h"

namespace saunter::api::routes {
namespace {

constexpr std::string_view kPagePolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";

// The language of the query, which the page's own links name, else the one that suits the browser.
std::size_t LanguageOf(const http::Request& request) {
  const auto offered = web::PageLanguages();
  constexpr std::string_view kAsked = "language=";
  if (request.query.starts_with(kAsked)) {
    const auto asked =
        std::find(offered.begin(), offered.end(), request.query.substr(kAsked.size()));
    if (asked != offered.end()) return static_cast<std::size_t>(asked - offered.begin());
  }
  return http::BestLanguage(request.accept_language, offered).value_or(0);
}

void AppendDay(std::string& out, schemas::UnixSeconds time) {
  constexpr schemas::UnixSeconds kYear9999 = 253402300799;
  const std::time_t clamped = std::clamp<schemas::UnixSeconds>(time, 0, kYear9999);
  std::tm parts{};
  gmtime_r(&clamped, &parts);
  std::array<char, 16> text;
  out.append(text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d", &parts));
}

// Author, day and language, as far as they are known.
void AppendFacts(std::string& out, const schemas::Link& link) {
  const auto begin = out.size();
  const auto separate = [&] {
    if (out.size() > begin) out.append(" · ");
  };
  if (!link.author.empty() && link.author != link.site_title) {
    out.append("<bdi>");
    http::AppendMarkup(out, link.author);
    out.append("</bdi>");
  }
  if (link.published_at) {
    separate();
    out.append("<time>");
    AppendDay(out, *link.published_at);
    out.append("</time>");
  }
  if (!link.language.empty()) {
    separate();
    http::AppendMarkup(out, link.language);
  }
}

void AppendAttribute(std::string& out, std::string_view name, std::string_view value) {
  out.append(" ").append(name).append("=\"");
  http::AppendMarkup(out, value);
  out.append("\"");
}

bool IsOfTheWeb(std::string_view url) {
  return url.starts_with("http://") || url.starts_with("https://");
}

// JSON in a script element, which nothing in it may end.
void AppendScriptData(std::string& out, std::string_view json) {
  for (const char c : json) {
    if (c == '<') {
      out.append("\\u003c");
    } else {
      out.push_back(c);
    }
  }
}

void AppendLanguage(std::string& out, const schemas::Link& link) {
  if (!link.language.empty()) AppendAttribute(out, "lang", link.language);
}

void AppendTopicItems(std::string& out, const RandomRoutes::FirstLink& first) {
  for (const auto topic : first.topics) {
    out.append("<li>");
    http::AppendMarkup(out, topic);
    out.append("</li>");
  }
}

// What stands at the place {{name}} of the template.
void AppendPlace(std::string& out, std::string_view name, const RandomRoutes::FirstLink& first) {
  const auto& link = first.link;
  const bool has_name = !link.site_title.empty() && link.site_title != link.site;
  if (name == "state") {
    if (link.summary.empty()) out.append("bare");
  } else if (name == "site") {
    http::AppendMarkup(out, has_name ? link.site_title : link.site);
  } else if (name == "host") {
    if (has_name) http::AppendMarkup(out, link.site);
  } else if (name == "link") {
    if (IsOfTheWeb(link.url)) AppendAttribute(out, "href", link.url);
    AppendLanguage(out, link);
  } else if (name == "lang") {
    AppendLanguage(out, link);
  } else if (name == "title") {
    http::AppendMarkup(out, link.title.empty() ? link.url : link.title);
  } else if (name == "facts") {
    AppendFacts(out, link);
  } else if (name == "summary") {
    http::AppendMarkup(out, link.summary);
  } else if (name == "topics") {
    AppendTopicItems(out, first);
  } else if (name == "first") {
    AppendScriptData(out, first.json);
  }
}

// The same while there is no post.
void AppendEmptyPlace(std::string& out, std::string_view name, std::string_view not_ready) {
  if (name == "state") {
    out.append("empty");
  } else if (name == "title") {
    out.append(not_ready);
  } else if (name == "first") {
    out.append("null");
  }
}

// Copies the template and calls append(name) at each place.
template <typename Append>
std::string Fill(std::string_view page, Append&& append) {
  std::string out;
  out.reserve(page.size() + 4096);
  for (auto place = page.find("{{"); place != std::string_view::npos; place = page.find("{{")) {
    const auto end = page.find("}}", place);
    out.append(page.substr(0, place));
    append(out, page.substr(place + 2, end - place - 2));
    page.remove_prefix(end + 2);
  }
  out.append(page);
  return out;
}

std::string_view ProblemTitle(int status) {
  switch (status) {
    case 400:
      return "This address cannot be read";
    case 404:
      return "The path ends here";
    case 503:
      return "One moment";
    default:
      return http::ReasonPhrase(status);
  }
}

}  // namespace

void PageRoutes::Problem(http::Answer& answer) {
  answer.body = Fill(web::ProblemTemplate(), [&](std::string& out, std::string_view name) {
    if (name == "title") out.append(ProblemTitle(answer.status));
    if (name == "detail") http::AppendMarkup(out, answer.detail);
  });
  answer.content_type = "text/html; charset=utf-8";
  answer.content_policy = kPagePolicy;
  answer.headers.append("Vary: Accept\r\n");
}

void PageRoutes::Page(const http::Request& request, schemas::UnixSeconds now,
                      http::Answer& answer) {
  const auto language = LanguageOf(request);
  const auto page = web::PageTemplate(language);
  std::optional<RandomRoutes::FirstLink> first;
  try {
    first = random_.First(now, answer);
  } catch (const store::StoreError& error) {
    pool_.GiveUp(error, answer);
  }
  if (first) {
    answer.body = Fill(
        page, [&](std::string& out, std::string_view name) { AppendPlace(out, name, *first); });
  } else {
    answer.body = Fill(page, [&](std::string& out, std::string_view name) {
      AppendEmptyPlace(out, name, web::NotReadyWords(language));
    });
  }
  answer.content_type = "text/html; charset=utf-8";
  answer.content_policy = kPagePolicy;
  // A post for this reader alone; what the page loads may be kept.
  answer.cache_control = "no-store";
  answer.headers.append("Vary: Accept-Language\r\nContent-Language: ")
      .append(web::PageLanguages()[language])
      .append("\r\n");
}

}  // namespace saunter::api::routes
