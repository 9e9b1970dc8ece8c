#include "systemd/metrics_server.h"

#include <prometheus/collectable.h>
#include <prometheus/exposer.h>
#include <prometheus/metric_family.h>

#include <limits>
#include <stdexcept>

namespace saunter::systemd {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

struct Families::Made {
  ClientMetric& Begin(const char* name, const char* help, MetricType type) {
    return families.emplace_back(MetricFamily{name, help, type, {}}).metric.emplace_back();
  }

  std::vector<MetricFamily> families;
};

Families::Families() : made_(std::make_unique<Made>()) {}
Families::~Families() = default;

void Families::Gauge(const char* name, const char* help, double value) {
  made_->Begin(name, help, MetricType::Gauge).gauge.value = value;
}

void Families::Counter(const char* name, const char* help, double value) {
  made_->Begin(name, help, MetricType::Counter).counter.value = value;
}

void Families::AddCounters(const char* name, const char* help, const char* label,
                           const std::vector<std::pair<std::string, double>>& counts) {
  auto& family = made_->families.emplace_back(MetricFamily{name, help, MetricType::Counter, {}});
  for (const auto& [key, count] : counts) {
    auto& metric = family.metric.emplace_back();
    metric.label = {{label, key}};
    metric.counter.value = count;
  }
}

void Families::Histogram(const char* name, const char* help, double sum,
                         const std::vector<double>& bounds,
                         const std::vector<std::uint64_t>& counts) {
  auto& histogram = made_->Begin(name, help, MetricType::Histogram).histogram;
  histogram.sample_sum = sum;
  auto bound = bounds.begin();
  for (const auto count : counts) {
    histogram.sample_count += count;
    const bool last = bound == bounds.end();
    histogram.bucket.push_back(
        {histogram.sample_count, last ? std::numeric_limits<double>::infinity() : *bound});
    if (!last) ++bound;
  }
}

class MetricsServer::State {
 public:
  State(const std::string& listen, Collect collect)
      : asked_(std::make_shared<Asked>(std::move(collect))), exposer_(listen, kThreads) {
    exposer_.RegisterCollectable(asked_);
  }

  [[nodiscard]] int port() const { return exposer_.GetListeningPorts().at(0); }

 private:
  static constexpr std::size_t kThreads = 1;  // a scrape every few seconds

  class Asked : public prometheus::Collectable {
   public:
    explicit Asked(MetricsServer::Collect collect) : collect_(std::move(collect)) {}
    [[nodiscard]] std::vector<MetricFamily> Collect() const override {
      Families families;
      collect_(families);
      return std::move(families.made_->families);
    }

   private:
    const MetricsServer::Collect collect_;
  };

  std::shared_ptr<Asked> asked_;
  prometheus::Exposer exposer_;
};

MetricsServer::MetricsServer(const std::string& listen, Collect collect) {
  try {
    state_ = std::make_unique<State>(listen, std::move(collect));
  } catch (const std::exception& exception) {
    throw std::runtime_error("metrics.listen " + listen + " cannot be had: " + exception.what());
  }
}
MetricsServer::~MetricsServer() = default;

int MetricsServer::port() const { return state_->port(); }

}  // namespace saunter::systemd
