// wrk, which asks a server as fast as it answers.
#pragma once

#include <chrono>
#include <cstdlib>
#include <string>

#include "tests/support/process.h"

namespace saunter::bench {

struct WrkFigures {
  double requests_per_s = 0;
  double errors = 0;
};

inline double NumberAfter(const std::string& text, const std::string& key) {
  const auto at = text.find(key);
  if (at == std::string::npos) return 0;
  return std::strtod(text.c_str() + at + key.size(), nullptr);
}

struct WrkLoad {
  int port = 0;
  int connections = 0;
  int seconds = 0;
};

// /v1/random, by one thread of wrk's.
inline WrkFigures AskRandom(const WrkLoad& load) {
  const auto wrk = support::RunToEnd(
      {.program = "/usr/bin/wrk",
       .arguments = {"-t1", "-c" + std::to_string(load.connections),
                     "-d" + std::to_string(load.seconds) + "s", "--timeout", "10s",
                     "http://127.0.0.1:" + std::to_string(load.port) + "/v1/random"},
       .environment = {},
       .input = {},
       .directory = {}},
      std::chrono::seconds(load.seconds) + std::chrono::minutes(2));
  return {.requests_per_s = NumberAfter(wrk.output, "Requests/sec:"),
          .errors = NumberAfter(wrk.output, "Non-2xx or 3xx responses:") +
                    NumberAfter(wrk.output, "connect ") + NumberAfter(wrk.output, "read ") +
                    NumberAfter(wrk.output, "write ") + NumberAfter(wrk.output, "timeout ")};
}

}  // namespace saunter::bench
