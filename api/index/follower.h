// Follows the writer: opens the database, loads the index, and keeps it current.
//
// One thread looks for commits every refresh_interval_ms, builds the next index and then publishes
// it whole; requests take what is published. A missing, foreign, older, newer, replaced or damaged
// database never ends the process: it is a state with a reason, and each step tries again.
//
// Thread safety: served(), version() and last_step_at() from any thread; Step() from one, which is
// the follower's own after Start(). Errors: none are thrown; they become Served::status.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "api/index/error_log.h"
#include "api/index/index_builder.h"
#include "schemas/settings.h"
#include "schemas/topics/topics_file.h"
#include "schemas/units.h"
#include "store/reader.h"
#include "store/status.h"

namespace saunter::api::index {

// What requests are answered from. Immutable once published.
struct Served {
  store::OpenStatus status = store::OpenStatus::kUnavailable;
  std::string detail =  // says what to do about it; empty if status is kOk
      "The database has not been opened yet; try again.";
  std::shared_ptr<const LinkIndex> index;  // null unless status is kOk
  // Counts openings: a worker whose reader is of another generation opens it anew.
  std::uint64_t generation = 0;
  std::int64_t last_batch_id = 0;
  std::optional<schemas::UnixSeconds> last_batch_at;
  std::string topics_problem;  // what is wrong with the operator's list of topics, if anything
};

class Follower {
 public:
  // Without `topics_path` the built-in topics are used.
  Follower(schemas::StoreSettings store, std::int64_t refresh_interval_ms, ErrorLog& errors,
           std::string topics_path = {});
  ~Follower();
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

  // Does what is needed once: opens, loads or follows.
  void Step();
  // Steps on a thread of its own until destruction.
  void Start();

  [[nodiscard]] std::shared_ptr<const Served> served() const;
  // Changes whenever served() does; cheap to compare.
  [[nodiscard]] std::uint64_t version() const { return version_.load(std::memory_order_acquire); }
  // Monotonic seconds of the end of the last step.
  [[nodiscard]] std::int64_t last_step_at() const { return last_step_at_.load(); }

 private:
  void OpenOrFollow();
  bool Open();
  void Load();
  // False: some changes since the last step have been trimmed already.
  bool TakeChanges();
  void PublishIndex();
  // Their names, as far as there are any; `category_ids` is sorted here.
  void LearnCategoriesOf(const std::vector<schemas::PoolRow>& rows);
  void LearnCategories(std::vector<schemas::Id>& category_ids);
  void TakeTopics();
  // False: a week that is known has other weights now.
  bool TakeWeights();
  void ReportRefused();
  // False: an operator gave other categories to feeds than those that the index knows.
  bool TakeBatches();
  void Publish(Served served);
  void Fail(store::OpenStatus status, const std::string& detail);

  const schemas::StoreSettings store_settings_;
  const std::int64_t refresh_interval_ms_;
  ErrorLog& errors_;

  mutable std::mutex mutex_;
  std::shared_ptr<const Served> served_;  // guarded by mutex_
  std::atomic<std::uint64_t> version_ = 0;
  std::atomic<std::int64_t> last_step_at_ = 0;

  // Confined to the thread that steps.
  std::unique_ptr<store::Reader> reader_;
  IndexBuilder builder_;
  std::int64_t change_id_ = 0;
  std::uint64_t generation_ = 0;
  std::shared_ptr<const LinkIndex> index_;  // the one last published
  bool is_loaded_ = false;                  // builder_ holds the whole pool as of change_id_
  bool is_index_stale_ = false;             // builder_ knows more than index_
  bool has_failed_ = false;
  schemas::topics::TopicsFile topics_file_;
  std::string topics_problem_;
  std::vector<std::pair<schemas::Id, std::string>> feed_categories_;  // as loaded
  std::vector<store::WeightWeek> weight_weeks_;                       // as known
  std::int64_t last_batch_id_ = 0;
  std::optional<schemas::UnixSeconds> last_batch_at_;
  std::int64_t refused_ = 0;  // links, as last reported

  std::jthread thread_;
};

}  // namespace saunter::api::index
