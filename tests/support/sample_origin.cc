// sample-origin: some thirty small sites on loopback, for a first walk without the internet.
//
// Reads DIRECTORY/NN-NAME/site.txt of each site, serves it as NAME.localhost, and writes the feeds'
// list as OPML once it listens. The names of .localhost are this machine's own (RFC 6761, 6.3):
// libcurl and browsers ask no resolver for them. The sites share its addresses and are told apart
// by the Host field; a host of another name is 404. site.txt begins with one line each of `title`,
// `language` and `category`, then `feed TARGET` for each feed to be listed and
//   answer TARGET [status=N] [location=TARGET] [file=NAME] [drip_bytes=N interval_ms=N] [type=…]
// for what is served, `type` last. After an empty line follow the posts, parted by empty lines:
// `post TARGET`, a title, a text. What no line names is 404: that is how posts vanish.
//
// In served files @SITE@ and @HTTPS_SITE@ stand for "http://NAME.localhost:PORT" and its https
// twin.
#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/files.h"
#include "tests/support/origin.h"

namespace saunter::support {
namespace {

struct Post {
  std::string target;
  std::string title;
  std::string text;
};

struct Site {
  std::filesystem::path directory;
  std::string host;
  std::string title;
  std::string language;
  std::string category;
  std::vector<std::string> feeds;    // targets
  std::vector<std::string> answers;  // as written
  std::vector<Post> posts;
};

int ToInt(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw std::runtime_error("not a number: " + std::string(text));
  }
  return value;
}

void ReplaceAll(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
}

std::string AsUtf16(std::string_view ascii) {
  std::string text;
  for (const char c : ascii) text.append({c, '\0'});
  return text;
}

std::string Escaped(std::string text) {
  ReplaceAll(text, "&", "&amp;");
  ReplaceAll(text, "<", "&lt;");
  ReplaceAll(text, "\"", "&quot;");
  return text;
}

// --- site.txt ------------------------------------------------------------------------------------

void ReadHead(std::istream& in, Site& site) {
  std::string line;
  while (std::getline(in, line) && !line.empty()) {
    const std::size_t space = line.find(' ');
    if (space == std::string::npos) throw std::runtime_error("not understood: " + line);
    const std::string word = line.substr(0, space);
    const std::string rest = line.substr(space + 1);
    if (word == "title") {
      site.title = rest;
    } else if (word == "language") {
      site.language = rest;
    } else if (word == "category") {
      site.category = rest;
    } else if (word == "feed") {
      site.feeds.push_back(rest);
    } else if (word == "answer") {
      site.answers.push_back(rest);
    } else {
      throw std::runtime_error("not understood: " + line);
    }
  }
}

Site ReadSite(const std::filesystem::path& directory) {
  Site site;
  site.directory = directory;
  site.host = directory.filename().string().substr(3) + ".localhost";
  std::istringstream in(ReadFile(directory / "site.txt"));
  ReadHead(in, site);
  std::string line;
  while (std::getline(in, line)) {
    if (line.empty()) continue;
    if (!line.starts_with("post ")) throw std::runtime_error("not a post: " + line);
    Post post;
    post.target = line.substr(5);
    std::getline(in, post.title);
    while (std::getline(in, line) && !line.empty()) post.text += line + "\n";
    site.posts.push_back(std::move(post));
  }
  return site;
}

// --- Pages ---------------------------------------------------------------------------------------

std::string Page(const Site& site, const std::string& title, const std::string& body) {
  return "<!doctype html>\n<html lang=\"" + site.language +
         "\">\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width\">\n<title>" +
         Escaped(title) +
         "</title>\n<style>body{max-width:34em;margin:3em auto;padding:0 1em;"
         "font:1.1em/1.6 Georgia,serif}</style>\n" +
         body + "</html>\n";
}

std::string PostPage(const Site& site, const Post& post) {
  return Page(site, post.title,
              "<p><a href=\"/\">" + Escaped(site.title) + "</a></p>\n<h1>" + Escaped(post.title) +
                  "</h1>\n<p>" + Escaped(post.text) + "</p>\n");
}

std::string FrontPage(const Site& site) {
  std::string body = "<h1>" + Escaped(site.title) + "</h1>\n<ul>\n";
  for (const Post& post : site.posts) {
    body += "<li><a href=\"" + post.target + "\">" + Escaped(post.title) + "</a></li>\n";
  }
  return Page(site, site.title, body + "</ul>\n");
}

OriginAnswer Html(std::string body) {
  OriginAnswer answer;
  answer.headers = {{"Content-Type", "text/html; charset=utf-8"}};
  answer.body = std::move(body);
  return answer;
}

// --- Answers -------------------------------------------------------------------------------------

// By host and target. All functions at any time.
class Answers {
 public:
  void Set(const std::string& host, const std::string& target, OriginAnswer answer) {
    const std::lock_guard lock(mutex_);
    answers_.insert_or_assign({host, target}, std::move(answer));
  }

  [[nodiscard]] OriginAnswer To(const OriginRequest& request) const {
    const std::string_view host_and_port = request.Header("Host");
    const std::string host(host_and_port.substr(0, host_and_port.find(':')));
    const std::lock_guard lock(mutex_);
    const auto found = answers_.find({host, request.target});
    if (found != answers_.end()) return found->second;
    OriginAnswer not_found;
    not_found.status = 404;
    return not_found;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, OriginAnswer> answers_;  // guarded by mutex_
};

std::string ServedFile(const Origin& origin, const Site& site, const std::string& name) {
  std::string bytes = ReadFile(site.directory / name);
  const std::string http = origin.Url(site.host, "");
  const std::map<std::string, std::string> places = {{"@SITE@", http},
                                                     {"@HTTPS_SITE@", "https" + http.substr(4)}};
  for (const auto& [place, url] : places) {
    ReplaceAll(bytes, place, url);
    ReplaceAll(bytes, AsUtf16(place), AsUtf16(url));
  }
  return bytes;
}

// "TARGET key=value … type=all the rest" into the table of the origin.
void SetWrittenAnswer(const Origin& origin, const Site& site, const std::string& written,
                      Answers& answers) {
  std::istringstream words(written.substr(0, written.find(" type=")));
  std::string target;
  words >> target;
  OriginAnswer answer;
  for (std::string word; words >> word;) {
    const std::size_t equals = word.find('=');
    const std::string key = word.substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : word.substr(equals + 1);
    if (key == "status") {
      answer.status = ToInt(value);
    } else if (key == "location") {
      answer.headers.emplace_back("Location", origin.Url(site.host, value));
    } else if (key == "file") {
      answer.body = ServedFile(origin, site, value);
    } else if (key == "drip_bytes") {
      answer.manner = OriginManner::kDrip;
      answer.piece_bytes = ToInt(value);
    } else if (key == "interval_ms") {
      answer.interval_ms = ToInt(value);
    } else {
      throw std::runtime_error("not understood: " + word);
    }
  }
  if (const std::size_t type = written.find(" type="); type != std::string::npos) {
    answer.headers.emplace_back("Content-Type", written.substr(type + 6));
    answer.headers.emplace_back("ETag", "\"" + std::to_string(answer.body.size()) + "\"");
    answer.honours_validators = true;
  }
  answers.Set(site.host, target, std::move(answer));
}

void Serve(const Origin& origin, const Site& site, Answers& answers) {
  answers.Set(site.host, "/", Html(FrontPage(site)));
  for (const Post& post : site.posts) {
    answers.Set(site.host, post.target, Html(PostPage(site, post)));
  }
  for (const std::string& written : site.answers) SetWrittenAnswer(origin, site, written, answers);
}

// --- The list ------------------------------------------------------------------------------------

std::string Opml(const Origin& origin, const std::vector<Site>& sites) {
  std::map<std::string, std::string> folders;
  for (const Site& site : sites) {
    for (const std::string& feed : site.feeds) {
      folders[site.category] += "      <outline type=\"rss\" text=\"" + Escaped(site.title) +
                                "\" xmlUrl=\"" + origin.Url(site.host, feed) + "\" htmlUrl=\"" +
                                origin.Url(site.host, "/") + "\"/>\n";
    }
  }
  std::string opml =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<opml version=\"2.0\">\n"
      "  <head><title>Sample sites</title></head>\n  <body>\n";
  for (const auto& [category, outlines] : folders) {
    opml += "    <outline text=\"" + Escaped(category) + "\">\n" + outlines + "    </outline>\n";
  }
  return opml + "  </body>\n</opml>\n";
}

// The whole file at once, so that whoever waits for it never reads half of it.
void WriteList(const std::string& path, const std::string& opml) {
  const std::string unfinished = path + ".new";
  std::ofstream file(unfinished, std::ios::binary);
  file << opml;
  file.close();
  if (!file) throw std::runtime_error("cannot write " + unfinished);
  std::filesystem::rename(unfinished, path);
}

int Run(const std::string& directory, const std::string& list_path, int port) {
  // Blocked before the origin's threads begin, so that only sigwait takes them.
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);

  std::vector<Site> sites;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.is_directory()) sites.push_back(ReadSite(entry.path()));
  }
  std::ranges::sort(sites, {}, &Site::directory);
  OriginOptions options;
  options.port = port;
  options.logs_requests = false;
  Answers answers;
  const Origin origin(options, [&](const OriginRequest& request) { return answers.To(request); });
  for (const Site& site : sites) Serve(origin, site, answers);
  WriteList(list_path, Opml(origin, sites));
  std::printf("%zu sample sites from %s\n", sites.size(),
              sites.empty() ? "nowhere" : origin.Url(sites.front().host, "/").c_str());
  std::fflush(stdout);

  int signal = 0;
  sigwait(&ends, &signal);
  std::printf("%llu requests answered\n", static_cast<unsigned long long>(origin.requests()));
  return 0;
}

}  // namespace
}  // namespace saunter::support

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: sample-origin DIRECTORY LIST_FILE PORT\n");
    return 2;
  }
  try {
    return saunter::support::Run(argv[1], argv[2], saunter::support::ToInt(argv[3]));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sample-origin: %s\n", error.what());
    return 1;
  }
}
