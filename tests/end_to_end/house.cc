#include "tests/end_to_end/house.h"

#include <charconv>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace saunter::end_to_end {
namespace {

std::vector<std::string> WithConfig(const std::string& config, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"--config", config});
  return arguments;
}

}  // namespace

std::string SiteAddress(int number) {
  return "127." + std::to_string(1 + number / 256) + "." + std::to_string(number % 256) + ".1";
}

House::House(support::Origin::Handler handler, support::OriginOptions origin)
    : origin_(origin, std::move(handler)) {
  folder_.Write("saunter.toml",
                "[store]\npath = \"" + DatabasePath() +
                    "\"\n[fetch]\nallow_networks = [\"127.0.0.0/8\"]\nallow_ports = [80, 443, " +
                    std::to_string(origin_.port()) +
                    "]\nhost_gap_min_ms = 0\nhost_gap_max_ms = 0\n"
                    "[schedule]\nstart_spread_s = 0\n"
                    "[health]\nprobe_spacing_s = 0\ndead_gap_s = 0\n"
                    "[write]\nbatch_age_ms_max = 50\n"
                    "[api]\nlisten = \"127.0.0.1:0\"\nreceipt_key_path = \"" +
                    File("receipt.key") + "\"\n");
}

support::Completed House::Saunter(std::vector<std::string> arguments, std::string input) const {
  return support::RunToEnd({.program = support::Built("crawler/cli/saunter"),
                            .arguments = WithConfig(File("saunter.toml"), std::move(arguments)),
                            .environment = {},
                            .input = std::move(input),
                            .directory = {}},
                           kDeadline);
}

support::Completed House::Import(const std::vector<std::string>& urls) const {
  std::string list;
  for (const auto& url : urls) list.append(url).push_back('\n');
  return Saunter({"import", "-"}, std::move(list));
}

support::Command House::CrawlerCommand(std::vector<std::string> arguments) const {
  return {.program = support::Built("crawler/saunter-crawler"),
          .arguments = WithConfig(File("saunter.toml"), std::move(arguments)),
          .environment = {},
          .input = {},
          .directory = {}};
}

std::unique_ptr<support::Process> House::StartCrawler(std::vector<std::string> arguments) const {
  return std::make_unique<support::Process>(CrawlerCommand(std::move(arguments)));
}

std::unique_ptr<support::Process> House::StartApi(std::vector<std::string> arguments) {
  auto api = std::make_unique<support::Process>(
      support::Command{.program = support::Built("api/saunter-api"),
                       .arguments = WithConfig(File("saunter.toml"), std::move(arguments)),
                       .environment = {},
                       .input = {},
                       .directory = {}});
  constexpr std::string_view kSays = "listening on http://127.0.0.1:";
  const auto line = api->WaitForLine(kSays, kDeadline);
  if (!line) throw std::runtime_error("the API does not listen: " + api->Errors());
  const auto digits = line->find(kSays) + kSays.size();
  std::from_chars(line->data() + digits, line->data() + line->size(), api_port_);
  return api;
}

std::optional<support::ClientAnswer> House::Ask(std::string_view target) const {
  return support::Get(api_port_, target, {}, kDeadline);
}

std::int64_t House::Stat(std::string_view name) const {
  const auto answer = Ask("/v1/stats");
  const auto key = "\"" + std::string(name) + "\":";
  if (!answer || answer->status != 200) return -1;
  const auto at = answer->body.find(key);
  if (at == std::string::npos) return -1;
  std::int64_t value = -1;
  const auto* begin = answer->body.data() + at + key.size();
  std::from_chars(begin, answer->body.data() + answer->body.size(), value);
  return value;
}

std::string RssFeed(const std::string& site_url, int first, int count) {
  std::string feed =
      "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>Site</title><link>" + site_url +
      "/</link>";
  for (int i = first; i < first + count; ++i) {
    const auto number = std::to_string(i);
    feed.append("<item><title>Post " + number + "</title><link>" + site_url + "/post/" + number +
                "</link><guid>" + site_url + "/post/" + number +
                "</guid><pubDate>Mon, 06 Sep 2021 16:45:00 GMT</pubDate></item>");
  }
  return feed + "</channel></rss>";
}

}  // namespace saunter::end_to_end
