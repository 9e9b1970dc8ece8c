// feedback_kills VOTES: readers vote and try again until they are told that it counted, while the
// crawler and the API are killed in turn.
//
// Each vote comes from a network of its own, so that each counts. In the end every receipt must
// have been used once, and the sums of the sources must hold just as many votes: none was lost that
// was acknowledged, and none was counted twice.
//
// Exit code 0 if that holds.

#include <SQLiteCpp/SQLiteCpp.h>

#include <array>
#include <atomic>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/end_to_end/house.h"

namespace saunter::end_to_end {
namespace {

constexpr int kFeeds = 20;
constexpr int kPostsPerFeed = 5;
constexpr std::size_t kReaders = 8;
constexpr std::size_t kVotesPerKill = 50;
constexpr std::chrono::milliseconds kRetryWait{20};

class Kills {
 public:
  explicit Kills(std::size_t votes)
      : votes_(votes), house_([](const support::OriginRequest& request) {
          support::OriginAnswer answer;
          answer.headers = {{"Content-Type", "application/rss+xml"}};
          answer.body = RssFeed("http://" + request.address, 1, kPostsPerFeed);
          return answer;
        }) {}

  // What went wrong; empty if nothing did.
  std::string Run() {
    Prepare();
    std::string problem;
    {
      std::vector<std::jthread> readers;
      for (std::size_t i = 0; i < kReaders; ++i) {
        readers.emplace_back([this](const std::stop_token& stop) { Vote(stop); });
      }
      problem = KillInTurn();
      if (problem.empty() && !Reaches(votes_)) problem = "the readers do not come to an end";
      for (auto& reader : readers) reader.request_stop();
    }
    if (problem.empty() && refused_ > 0) problem = "a vote was refused";
    crawler_->Signal(SIGTERM);
    if (crawler_->WaitForExit(kDeadline) != 0) return "the crawler: " + crawler_->Errors();
    return problem.empty() ? Compare() : problem;
  }
  void Print() const {
    std::printf("%zu votes over %d kills of each: 202 %ld, 409 %ld, 503 %ld, no answer %ld\n",
                votes_, kills_ / 2, accepted_.load(), used_.load(), later_.load(), silent_.load());
  }

 private:
  void Prepare() {
    std::vector<std::string> urls;
    for (int i = 0; i < kFeeds; ++i) urls.push_back(house_.origin().Url(SiteAddress(i), "/feed"));
    if (house_.Import(urls).exit_code != 0) throw std::runtime_error("the import failed");
    StartCrawler();
    StartApi();
    const auto serves = [&] {
      const auto answer = house_.Ask("/v1/random");
      return house_.Stat("links_in_pool") == kFeeds * kPostsPerFeed && answer &&
             answer->status == 200;
    };
    if (!support::WaitUntil(serves, kDeadline)) throw std::runtime_error("the pool stays empty");
    while (receipts_.size() < votes_) {
      const auto answer = house_.Ask("/v1/random?count=50&fields=receipt");
      if (!answer || answer->status != 200) throw std::runtime_error("there are no receipts");
      const auto read = nlohmann::json::parse(answer->body);
      for (const auto& link : read["links"]) receipts_.push_back(link.at("receipt"));
    }
    receipts_.resize(votes_);
  }
  void StartCrawler() {
    crawler_.reset();
    crawler_ = house_.StartCrawler({"--health.probes_in_flight_max", "0"});
  }
  void StartApi() {
    api_.reset();
    api_ = house_.StartApi({"--api.feedback_per_network_hour", "1000000"});
    port_ = house_.api_port();
  }

  [[nodiscard]] bool Reaches(std::size_t acknowledged) {
    return support::WaitUntil([&] { return acknowledged_ >= acknowledged || refused_ > 0; },
                              kDeadline);
  }
  std::string KillInTurn() {
    for (std::size_t at = kVotesPerKill; at < votes_; at += kVotesPerKill) {
      if (!Reaches(at)) return "the readers do not get on";
      const bool is_crawlers_turn = kills_++ % 2 == 0;
      (is_crawlers_turn ? crawler_ : api_)->Signal(SIGKILL);
      if (is_crawlers_turn) {
        StartCrawler();
      } else {
        StartApi();
      }
    }
    return {};
  }

  // One reader after another, on one thread.
  void Vote(const std::stop_token& stop) {
    for (auto i = next_++; i < votes_; i = next_++) {
      const auto network = "X-Forwarded-For: 10." + std::to_string(i / 256 % 256) + "." +
                           std::to_string(i % 256) + ".1\r\n";
      const nlohmann::json body = {{"receipt", receipts_[i]}, {"vote", i % 3 == 0 ? "down" : "up"}};
      while (!IsAcknowledged(network, body.dump())) {
        if (stop.stop_requested()) return;
        // As long as a patient reader of this test waits.
        if (support::WaitUntil([&] { return stop.stop_requested(); }, kRetryWait)) return;
      }
      ++acknowledged_;
    }
  }
  bool IsAcknowledged(const std::string& network, const std::string& body) {
    const auto answer = support::PostJson(port_, "/v1/votes", network, body, kDeadline);
    const int status = answer ? answer->status : 0;
    switch (status) {
      case 202:
        ++accepted_;
        return true;
      case 409:
        ++used_;
        return true;
      case 503:
        ++later_;
        return false;
      case 0:
        ++silent_;
        return false;
      default:
        ++refused_;
        std::fprintf(stderr, "status %d: %s\n", status, answer->body.c_str());
        return false;
    }
  }

  // The database, when all is over.
  std::string Compare() {
    const auto check = house_.Saunter({"db", "check"});
    if (check.exit_code != 0) return "db check: " + check.output + check.errors;
    const SQLite::Database database(house_.DatabasePath());
    SQLite::Statement used(database, "SELECT count(*) FROM receipt_used WHERE kind = 0");
    SQLite::Statement sums(database, "SELECT total(ups + downs) FROM source_votes");
    used.executeStep();
    sums.executeStep();
    const auto receipts = used.getColumn(0).getInt64();
    const auto counted = sums.getColumn(0).getDouble();
    std::printf("%ld receipts used, %.3f votes counted\n", static_cast<long>(receipts), counted);
    if (receipts != static_cast<std::int64_t>(votes_)) return "not every receipt was used once";
    // Votes lose half their weight in 90 days, and a little of it in the minutes of this test.
    if (std::abs(counted - static_cast<double>(votes_)) > 0.5) {
      return "not every vote was counted once";
    }
    return {};
  }

  const std::size_t votes_;
  House house_;
  std::vector<std::string> receipts_;
  std::unique_ptr<support::Process> crawler_;
  std::unique_ptr<support::Process> api_;
  int kills_ = 0;

  std::atomic<int> port_ = 0;
  std::atomic<std::size_t> next_ = 0;
  std::atomic<std::size_t> acknowledged_ = 0;
  std::atomic<long> accepted_ = 0;
  std::atomic<long> used_ = 0;
  std::atomic<long> later_ = 0;
  std::atomic<long> silent_ = 0;
  std::atomic<long> refused_ = 0;
};

}  // namespace
}  // namespace saunter::end_to_end

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: feedback_kills VOTES\n", stderr);
    return 2;
  }
  try {
    saunter::end_to_end::Kills kills(std::strtoull(argv[1], nullptr, 10));
    const auto problem = kills.Run();
    kills.Print();
    if (!problem.empty()) std::fprintf(stderr, "feedback_kills: %s\n", problem.c_str());
    return problem.empty() ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "feedback_kills: %s\n", error.what());
    return 1;
  }
}
