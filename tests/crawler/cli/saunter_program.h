// The built `saunter` over a database of its own.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "schemas/settings.h"
#include "tests/support/files.h"
#include "tests/support/process.h"

namespace saunter::crawler::cli {

class SaunterTest : public testing::Test {
 protected:
  // Settings come from nowhere but the flags given here.
  support::Completed Run(std::vector<std::string> arguments, const std::string& input = {}) {
    support::Command command;
    command.program = support::Built("crawler/cli/saunter");
    command.arguments = std::move(arguments);
    command.arguments.push_back("--config=" + config_);
    const bool names_another = std::ranges::any_of(command.arguments, [](const auto& argument) {
      return argument.starts_with("--store.path=");
    });
    if (!names_another) command.arguments.push_back("--store.path=" + database());
    command.input = input;
    return support::RunToEnd(command, kDeadline);
  }

  nlohmann::json RunJson(std::vector<std::string> arguments, const std::string& input = {}) {
    arguments.emplace_back("--json");
    const auto completed = Run(std::move(arguments), input);
    auto json = nlohmann::json::parse(completed.output, nullptr, false);
    EXPECT_FALSE(json.is_discarded()) << completed.output << completed.errors;
    return json;
  }

  [[nodiscard]] std::string database() const { return directory_.File("saunter.db"); }
  [[nodiscard]] schemas::Settings settings() const {
    schemas::Settings settings;
    settings.store.path = database();
    return settings;
  }

  static constexpr std::chrono::milliseconds kDeadline{60000};
  support::TemporaryDirectory directory_;
  std::string config_ = directory_.Write("saunter.toml", "");
};

}  // namespace saunter::crawler::cli
