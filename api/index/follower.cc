#include "api/index/follower.h"

#include <pthread.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <utility>

#include "api/index/monotonic_seconds.h"
#include "store/restore.h"

namespace saunter::api::index {
namespace {

// Reading a page takes some milliseconds, far below store.reader_query_ms_max.
constexpr std::int64_t kPageRows = 2000;

// For everybody to read; the log has the details, with the path.
std::string_view PublicDetail(store::OpenStatus status, bool is_copy) {
  switch (status) {
    case store::OpenStatus::kOk:
      return "";
    case store::OpenStatus::kMissing:
      if (is_copy) {
        return "There is no copy of the database yet; saunter-replica fills it, and its log says "
               "how far it is.";
      }
      return "There is no database yet; run `saunter import FILE` and start saunter-crawler.";
    case store::OpenStatus::kNotADatabase:
      return "The file at store.path is not a database; restore a backup.";
    case store::OpenStatus::kForeign:
      return "The database at store.path belongs to another program; correct store.path.";
    case store::OpenStatus::kOlderSchema:
      return "The database was made by an older release; start saunter-crawler or run "
             "`saunter db migrate`.";
    case store::OpenStatus::kNewerSchema:
      return "The database was made by a newer release; install that release of saunter-api.";
    case store::OpenStatus::kLocked:
      return "The database is locked at the moment; try again.";
    case store::OpenStatus::kCorrupt:
      return "The database is damaged; `saunter db check` says how.";
    case store::OpenStatus::kUnavailable:
      return "The database cannot be read at the moment; the log of saunter-api says why.";
  }
  return "";
}

}  // namespace

Follower::Follower(schemas::StoreSettings store, std::int64_t refresh_interval_ms, ErrorLog& errors,
                   std::string topics_path)
    : store_settings_(std::move(store)),
      refresh_interval_ms_(refresh_interval_ms),
      errors_(errors),
      served_(std::make_shared<Served>()),
      topics_file_(std::move(topics_path)) {}

Follower::~Follower() = default;

void Follower::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) {
    pthread_setname_np(pthread_self(), "follower");
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    while (!stop.stop_requested()) {
      Step();
      wake.wait_for(lock, stop, std::chrono::milliseconds(refresh_interval_ms_),
                    [] { return false; });
    }
  });
}

std::shared_ptr<const Served> Follower::served() const {
  const std::lock_guard lock(mutex_);
  return served_;
}

void Follower::Step() {
  try {
    OpenOrFollow();
  } catch (const store::StoreError& error) {
    const auto kind = std::string(store::ToString(error.kind()));
    errors_.Report("following the database failed (" + kind + ")", error.what());
    switch (error.kind()) {
      case store::StoreErrorKind::kBusy:
      case store::StoreErrorKind::kInterrupted:
        // The index that is published stays; the next step tries again.
        if (!is_loaded_) Fail(store::OpenStatus::kUnavailable, error.what());
        break;
      case store::StoreErrorKind::kFull:
      case store::StoreErrorKind::kReadOnly:
      case store::StoreErrorKind::kCorrupt:
      case store::StoreErrorKind::kIo:
      case store::StoreErrorKind::kLost:
      case store::StoreErrorKind::kUnsynced:
      case store::StoreErrorKind::kOther:
        Fail(error.kind() == store::StoreErrorKind::kCorrupt ? store::OpenStatus::kCorrupt
                                                             : store::OpenStatus::kUnavailable,
             error.what());
    }
  } catch (const std::exception& error) {
    errors_.Report("following the database failed", error.what());
    Fail(store::OpenStatus::kUnavailable, error.what());
  }
  last_step_at_.store(MonotonicSeconds());
}

void Follower::OpenOrFollow() {
  if (!reader_ || !reader_->IsCurrent()) {
    // For the moment in which another file takes the place of this one, this one is read on.
    if (is_loaded_ && store::IsRestorePending(store_settings_.path)) return;
    if (!Open()) return;
    is_loaded_ = false;
  }
  TakeTopics();
  if (!is_loaded_ || !TakeChanges() || !TakeBatches() || !TakeWeights()) Load();
  ReportRefused();
  PublishIndex();
}

// One that has just been put in place of another may not be readable at once: until it is, the
// index of the old one is served.
bool Follower::Open() {
  auto opened = store::OpenFileReader(store_settings_);
  if (opened.status == store::OpenStatus::kUnavailable && is_loaded_) {
    errors_.Report("the database that took the place of another one cannot be opened yet",
                   opened.detail);
    return false;
  }
  if (opened.status != store::OpenStatus::kOk) {
    Fail(opened.status, opened.detail);
    return false;
  }
  reader_ = std::move(opened.reader);
  ++generation_;
  return true;
}

// Each page is read in a transaction of its own. What changes meanwhile comes again as a change,
// since the number of the newest change was read before the first page.
void Follower::Load() {
  // If anything ends this early, the next step begins it again.
  is_loaded_ = false;
  builder_.Clear();
  const auto stats = reader_->ReadStats();
  last_batch_id_ = stats.batches;
  last_batch_at_ = stats.last_batch_at;
  weight_weeks_.clear();
  TakeWeights();
  feed_categories_ = reader_->FeedCategories();
  change_id_ = reader_->LastPoolChange();
  store::Page page{.after = 0, .count_max = kPageRows};
  for (auto rows = reader_->PoolRows(page); !rows.empty(); rows = reader_->PoolRows(page)) {
    const store::LinkSpan span{.after = page.after, .last = rows.back().link_id};
    std::vector<std::pair<schemas::Id, std::string>> feed_categories;
    if (!feed_categories_.empty()) feed_categories = reader_->PoolFeedCategories(span);
    LearnCategoriesOf(rows);
    auto feed_category = feed_categories.begin();
    for (const auto& row : rows) {
      std::string_view word;
      for (; feed_category != feed_categories.end() && feed_category->first <= row.link_id;
           ++feed_category) {
        if (feed_category->first == row.link_id && word.empty()) word = feed_category->second;
      }
      builder_.Put(row.link_id, row, word);
    }
    page.after = span.last;
  }
  // If changes were trimmed meanwhile, the next step misses them too and loads anew.
  if (!TakeChanges()) spdlog::warn("the pool changes faster than the index can be loaded");
  if (!TakeBatches()) spdlog::info("feeds got other categories while the index was being loaded");
  is_loaded_ = true;
  is_index_stale_ = true;
}

void Follower::LearnCategoriesOf(const std::vector<schemas::PoolRow>& rows) {
  std::vector<schemas::Id> ids;
  for (const auto& row : rows) {
    for (const auto category_id : row.categories) {
      if (!builder_.KnowsCategory(category_id)) ids.push_back(category_id);
    }
  }
  LearnCategories(ids);
}

void Follower::LearnCategories(std::vector<schemas::Id>& category_ids) {
  if (category_ids.empty()) return;
  std::sort(category_ids.begin(), category_ids.end());
  category_ids.erase(std::unique(category_ids.begin(), category_ids.end()), category_ids.end());
  builder_.LearnCategories(reader_->CategoryNames(category_ids));
}

bool Follower::TakeChanges() {
  while (true) {
    auto changes = reader_->ChangesAfter(change_id_, kPageRows);
    if (!changes.complete) return false;
    if (changes.last_change_id == change_id_) return true;
    is_index_stale_ = true;
    // Known ones too: the id of a category that is gone may have been given to another.
    std::vector<schemas::Id> ids;
    for (const auto& change : changes.changes) {
      if (!change.row) continue;
      ids.insert(ids.end(), change.row->categories.begin(), change.row->categories.end());
    }
    LearnCategories(ids);
    for (const auto& change : changes.changes) {
      builder_.Put(change.link_id, change.row, change.feed_category);
    }
    change_id_ = changes.last_change_id;
  }
}

bool Follower::TakeBatches() {
  bool has_changes = false;
  store::Page page{.after = last_batch_id_, .count_max = kPageRows};
  for (auto batches = reader_->Batches(page); !batches.empty(); batches = reader_->Batches(page)) {
    for (const auto& batch : batches) {
      last_batch_id_ = batch.batch_id;
      last_batch_at_ = batch.committed_at;
      has_changes = has_changes || batch.changes > 0;
    }
    page.after = last_batch_id_;
  }
  return !has_changes || reader_->FeedCategories() == feed_categories_;
}

bool Follower::TakeWeights() {
  auto weeks = reader_->WeightWeeks();
  if (weeks == weight_weeks_) return true;
  for (const auto& known : weight_weeks_) {
    for (const auto& week : weeks) {
      if (week.week == known.week && week.decided_at != known.decided_at) return false;
    }
  }
  auto weights = builder_.weeks();
  std::erase_if(weights, [&](const WeekWeights& known) {
    return std::none_of(weeks.begin(), weeks.end(),
                        [&](const store::WeightWeek& week) { return week.week == known.week; });
  });
  for (const auto& week : weeks) {
    if (std::find(weight_weeks_.begin(), weight_weeks_.end(), week) != weight_weeks_.end())
      continue;
    auto& added = weights.emplace_back();
    added.week = static_cast<std::uint32_t>(week.week);
    for (const auto& [source_id, weight] : reader_->WeightsOf(week.week)) {
      added.halves.emplace_back(source_id, static_cast<std::uint8_t>(weight));
    }
  }
  std::sort(weights.begin(), weights.end(),
            [](const WeekWeights& a, const WeekWeights& b) { return a.week < b.week; });
  builder_.SetWeights(std::move(weights));
  weight_weeks_ = std::move(weeks);
  is_index_stale_ = true;
  return true;
}

// With another list of topics every link gets its topics anew.
void Follower::TakeTopics() {
  auto look = topics_file_.Changed();
  if (!look) return;
  topics_problem_ = look->problem;
  is_index_stale_ = true;  // publishes the problem, or that it is gone
  if (!look->problem.empty())
    spdlog::error("the list of topics has a mistake, so the topics stay as they are: {}",
                  look->problem);
  if (!look->topics) return;
  is_loaded_ = false;
  builder_.Clear();
  builder_.SetTopics(std::move(look->topics));
  spdlog::info("topics are read from {}", look->source);
}

void Follower::ReportRefused() {
  if (builder_.refused() == refused_) return;
  errors_.Report("the index cannot hold some links",
                 std::to_string(builder_.refused() - refused_) + " since the last look");
  refused_ = builder_.refused();
}

void Follower::PublishIndex() {
  const auto old = served();
  if (!is_index_stale_ && old->index && old->last_batch_id == last_batch_id_) {
    return;
  }
  const bool is_new_database = !old->index || old->generation != generation_;
  if (is_index_stale_ || !old->index) index_ = builder_.Build();
  is_index_stale_ = false;
  Publish({.status = store::OpenStatus::kOk,
           .detail = {},
           .index = index_,
           .generation = generation_,
           .last_batch_id = last_batch_id_,
           .last_batch_at = last_batch_at_,
           .topics_problem = topics_problem_});
  if (!is_new_database) return;
  spdlog::info("serving {} links of {} sites and {} sources from {}", index_->links(),
               index_->sites.sites(), index_->counts.sources(), store_settings_.path);
}

void Follower::Publish(Served served) {
  auto next = std::make_shared<const Served>(std::move(served));
  {
    const std::lock_guard lock(mutex_);
    served_.swap(next);
  }
  version_.fetch_add(1, std::memory_order_release);
  // `next` holds the old one now, which is freed outside of the lock.
}

void Follower::Fail(store::OpenStatus status, const std::string& detail) {
  reader_.reset();
  const auto old = served();
  index_ = nullptr;
  is_loaded_ = false;
  if (has_failed_ && old->status == status && !old->index) return;
  has_failed_ = true;
  errors_.Report("the database cannot be used (" + std::string(store::ToString(status)) + ")",
                 detail);
  Publish({.status = status,
           .detail = std::string(PublicDetail(status, !store_settings_.url.empty())),
           .index = nullptr,
           .generation = generation_,
           .last_batch_at = {},
           .topics_problem = topics_problem_});
}

}  // namespace saunter::api::index
