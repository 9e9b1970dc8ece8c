// The whole house for a test: a scripted web, a settings file, and the three built programs.
//
// Sites are addresses of 127.0.0.0/8 outside of 127.0.0.0/24, each in a /24 of its own; the
// settings open that range to the crawler and let requests follow one another without pause.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/client.h"
#include "tests/support/files.h"
#include "tests/support/origin.h"
#include "tests/support/process.h"

namespace saunter::end_to_end {

inline constexpr auto kDeadline = std::chrono::seconds(60);

// Site n has this address: 127.1.0.1, 127.1.1.1, …
[[nodiscard]] std::string SiteAddress(int number);

class House {
 public:
  explicit House(support::Origin::Handler handler = {}, support::OriginOptions origin = {});

  support::Origin& origin() { return origin_; }
  [[nodiscard]] std::string File(std::string_view name) const { return folder_.File(name); }
  [[nodiscard]] std::string DatabasePath() const { return folder_.File("saunter.db"); }

  // `saunter ARGUMENTS…` with this house's settings, run to its end.
  [[nodiscard]] support::Completed Saunter(std::vector<std::string> arguments,
                                           std::string input = {}) const;
  // Imports one URL a line.
  [[nodiscard]] support::Completed Import(const std::vector<std::string>& urls) const;

  // What StartCrawler starts, for tests that change it.
  [[nodiscard]] support::Command CrawlerCommand(std::vector<std::string> arguments = {}) const;
  std::unique_ptr<support::Process> StartCrawler(std::vector<std::string> arguments = {}) const;
  // Returns once it listens.
  std::unique_ptr<support::Process> StartApi(std::vector<std::string> arguments = {});
  [[nodiscard]] int api_port() const { return api_port_; }
  [[nodiscard]] std::optional<support::ClientAnswer> Ask(std::string_view target) const;
  // The number behind `"name":` in /v1/stats, -1 if there is none.
  [[nodiscard]] std::int64_t Stat(std::string_view name) const;

 private:
  support::TemporaryDirectory folder_;
  support::Origin origin_;
  int api_port_ = 0;
};

// An RSS 2.0 feed of `count` posts below `site_url`, numbered from `first`.
[[nodiscard]] std::string RssFeed(const std::string& site_url, int first, int count);

}  // namespace saunter::end_to_end
