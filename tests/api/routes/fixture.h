// Routes over a database of their own, without a network.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "api/routes/routes.h"
#include "tests/api/database.h"
#include "tests/support/files.h"

namespace saunter::api::routes {

class RoutesTest : public testing::Test {
 protected:
  RoutesTest();

  // Made when it is first asked for; before that there is none.
  TestDatabase& Database();
  // What another process, on another machine perhaps, begins with.
  void Restart();

  // What a request says beside its target.
  static http::Request By(http::Method method);
  static http::Request ForText();

  // What the routes answer with what they know of the database.
  http::Answer Answer(const http::Request& request, schemas::UnixSeconds now = kTestNow);
  // The same after following the writer's commits; the target has the path, and a query or none.
  http::Answer Ask(std::string_view target, http::Request request = {},
                   schemas::UnixSeconds now = kTestNow);
  nlohmann::json AskJson(std::string_view target, int status = 200);

  TemporaryDirectory folder_;
  schemas::Settings settings_;
  index::ErrorLog errors_;
  std::unique_ptr<TestDatabase> database_;
  std::unique_ptr<index::Follower> follower_;
  std::unique_ptr<Routes> routes_;

 private:
  std::uint64_t seed_ = 0;
};

}  // namespace saunter::api::routes
