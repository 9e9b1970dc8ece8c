#include "crawler/cli/pool_scan.h"

#include <spdlog/fmt/fmt.h>

#include <utility>

#include "crawler/cli/print.h"
#include "schemas/nearest.h"
#include "schemas/topics/topics_file.h"
#include "store/page.h"

namespace saunter::crawler::cli {
namespace {

constexpr std::int64_t kLinksPerRead = 10000;

}  // namespace

std::shared_ptr<const schemas::topics::Topics> ReadTopics(const schemas::Settings& settings) {
  schemas::topics::TopicsFile file(settings.api.topics_path);
  const auto look = file.Changed();
  if (look && !look->problem.empty()) {
    PrintProblem("the list of topics has a mistake, so the built-in one is used: " + look->problem);
  }
  return look && look->topics ? look->topics : schemas::topics::Topics::BuiltIn();
}

const std::vector<PoolScan::ScannedLink>& PoolScan::Next() {
  links_.clear();
  auto rows = reader_.PoolRows({after_, kLinksPerRead});
  if (rows.empty()) return links_;
  LearnWords(rows);
  const auto said = reader_.PoolFeedCategories({.after = after_, .last = rows.back().link_id});
  after_ = rows.back().link_id;
  auto word = said.begin();
  for (auto& row : rows) {
    auto& link = links_.emplace_back();
    while (word != said.end() && word->first < row.link_id) ++word;
    if (word != said.end() && word->first == row.link_id) link.topics = topics_->Of(word->second);
    if (link.topics == 0) {
      for (const auto category_id : row.categories) {
        if (const auto known = words_.find(category_id); known != words_.end()) {
          link.topics |= known->second.topics;
        }
      }
    }
    link.row = std::move(row);
  }
  return links_;
}

void PoolScan::LearnWords(const std::vector<schemas::PoolRow>& rows) {
  std::vector<schemas::Id> unknown;
  for (const auto& row : rows) {
    for (const auto category_id : row.categories) {
      if (words_.try_emplace(category_id).second) unknown.push_back(category_id);
    }
  }
  for (auto& [category_id, name] : reader_.CategoryNames(unknown)) {
    const auto topics = topics_->Of(name);
    words_[category_id] = {.name = std::move(name), .topics = topics};
  }
}

schemas::topics::TopicMask TopicsOf(const schemas::topics::Topics& topics,
                                    const std::vector<std::string>& words,
                                    const std::string& feed_category) {
  if (const auto decided = topics.Of(feed_category); decided != 0) return decided;
  schemas::topics::TopicMask mask = 0;
  for (const auto& word : words) mask |= topics.Of(word);
  return mask;
}

std::string UnknownCategory(const std::string& name, const std::vector<std::string>& names) {
  schemas::NearNames near(name);
  for (const auto& known : names) near.Offer(known);
  auto said = fmt::format("there is no category \"{}\"", Printable(name));
  const auto nearest = near.Names();
  for (std::size_t i = 0; i < nearest.size(); ++i) {
    said += i == 0 ? "; did you mean " : i + 1 == nearest.size() ? " or " : ", ";
    said += fmt::format("\"{}\"", Printable(nearest[i]));
  }
  return said + (nearest.empty() ? "; `saunter category list` shows what there is" : "?");
}

}  // namespace saunter::crawler::cli
