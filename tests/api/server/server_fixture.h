// The whole server on a free port of 127.0.0.1, following a database of the test's own.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <thread>

#include "api/index/error_log.h"
#include "api/index/follower.h"
#include "api/server/server.h"
#include "tests/api/database.h"
#include "tests/api/server/raw_client.h"
#include "tests/support/files.h"

namespace saunter::api::server {

class ServerTest : public testing::Test {
 protected:
  ServerTest() : path_(folder_.File("saunter.db")) {
    settings_.store.path = path_;
    settings_.api.listen = "127.0.0.1:0";
    settings_.api.refresh_interval_ms = 20;
    settings_.api.topics_path = folder_.File("topics.txt");
    settings_.api.receipt_key_path = folder_.File("receipt.key");
  }

  void Start() {
    follower_ = std::make_unique<index::Follower>(
        settings_.store, settings_.api.refresh_interval_ms, errors_, settings_.api.topics_path);
    follower_->Step();
    follower_->Start();
    server_ = std::make_unique<Server>(settings_, *follower_, errors_);
    server_->Start();
  }

  void StartWithLinks() {
    database_ = std::make_unique<TestDatabase>(path_);
    database_->AddSite("a.example", 10);
    database_->AddSite("b.example", 1);
    Start();
  }

  [[nodiscard]] int port() const { return server_->port(); }

  // Asks until `is_met`, two seconds at most: what the design promises.
  bool Becomes(const std::function<bool(const RawAnswer&)>& is_met,
               std::string_view target = "/v1/random?count=50") {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(2);
    do {
      const auto answer = GetOnce(port(), target);
      if (answer && is_met(*answer)) return true;
      std::this_thread::yield();
    } while (std::chrono::steady_clock::now() < deadline);
    return false;
  }

  static std::string ReasonOf(const RawAnswer& answer) {
    return nlohmann::json::parse(answer.body).value("reason", "");
  }

  TemporaryDirectory folder_;
  std::string path_;
  schemas::Settings settings_;
  index::ErrorLog errors_;
  std::unique_ptr<TestDatabase> database_;
  std::unique_ptr<index::Follower> follower_;
  std::unique_ptr<Server> server_;
};

}  // namespace saunter::api::server
