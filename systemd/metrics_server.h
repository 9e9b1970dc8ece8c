// What a daemon tells Prometheus, on a loopback port.
//
// Nobody's state is held meanwhile: each scrape asks `collect`, which fills the families that it
// answers with.
//
// Thread safety: `collect` is called on a thread of the server's, one call at a time. Ownership:
// the port is open as long as the server lives. Errors: a listen text is judged by
// schemas::CheckSettings; a port that cannot be had throws std::runtime_error.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace saunter::systemd {

// Families of metrics in the order in which they are printed.
class Families {
 public:
  Families();
  ~Families();
  Families(const Families&) = delete;
  Families& operator=(const Families&) = delete;

  void Gauge(const char* name, const char* help, double value);
  void Counter(const char* name, const char* help, double value);
  // One counter for each key, under a label that names it.
  template <typename Key>
  void Counters(const char* name, const char* help, const char* label,
                const std::map<Key, std::int64_t>& counts) {
    std::vector<std::pair<std::string, double>> named;
    named.reserve(counts.size());
    for (const auto& [key, count] : counts) {
      named.emplace_back(ToString(key), static_cast<double>(count));
    }
    AddCounters(name, help, label, named);
  }
  // `counts` has one more than `bounds`: what is above the last of them.
  void Histogram(const char* name, const char* help, double sum, const std::vector<double>& bounds,
                 const std::vector<std::uint64_t>& counts);

 private:
  friend class MetricsServer;
  struct Made;
  void AddCounters(const char* name, const char* help, const char* label,
                   const std::vector<std::pair<std::string, double>>& counts);

  std::unique_ptr<Made> made_;
};

class MetricsServer {
 public:
  using Collect = std::function<void(Families& to)>;

  MetricsServer(const std::string& listen, Collect collect);
  ~MetricsServer();
  MetricsServer(const MetricsServer&) = delete;
  MetricsServer& operator=(const MetricsServer&) = delete;

  [[nodiscard]] int port() const;  // also where `listen` left the choice: port 0

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace saunter::systemd
