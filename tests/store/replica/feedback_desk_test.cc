#include "store/replica/feedback_desk.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "store/inbox/client.h"
#include "store/inbox/server.h"
#include "store/replica/progress.h"
#include "tests/store/replica/source.h"
#include "tests/support/files.h"

namespace saunter::store::replica {
namespace {

using inbox::AnswerOutcome;

constexpr int kPatienceMs = 20000;

// The inbox of a replica, as the API beside it knows it; what is written goes into a file.
class FeedbackDeskTest : public ::testing::Test {
 protected:
  FeedbackDeskTest() {
    settings_.path = directory_.path().string() + "/database.db";
    copy_path_ = directory_.path().string() + "/copy.db";
    EXPECT_EQ(OpenFileWriter(settings_, "test").detail, "");
    desk_.emplace(
        settings_,
        [this](const schemas::StoreSettings& settings) -> OpenedWriter {
          if (is_away_) return {OpenStatus::kUnavailable, "nobody answers", nullptr};
          return OpenFileWriter(settings, "test");
        },
        [this] {
          // The first transaction waits until the test has gathered what comes with the next one.
          if (is_gathered_.valid() && !std::exchange(was_writing_, true)) {
            is_writing_.set_value();
            is_gathered_.wait();
          }
          return kStart;
        },
        progress_);
    server_.emplace(copy_path_, *desk_);
  }

  std::optional<AnswerOutcome> Vote(std::uint64_t nonce) {
    inbox::Client client(copy_path_);
    if (!client.Connect()) return std::nullopt;
    inbox::Request request{.sequence = 1,
                           .feedback = {.link_id = 1,
                                        .source_id = 1,
                                        .given_at = kStart,
                                        .nonce = nonce,
                                        .network = 5,
                                        .said = schemas::Vote{schemas::VoteValue::kUp}}};
    if (client.Send(request) != inbox::Client::Sending::kSent) return std::nullopt;
    inbox::Answer answer;
    pollfd polled{client.descriptor(), POLLIN, 0};
    poll(&polled, 1, kPatienceMs);
    if (client.Receive(answer) != inbox::Client::Receiving::kAnswer) return std::nullopt;
    return answer.outcome;
  }

  std::future<std::vector<schemas::FeedbackOutcome>> Put(std::uint64_t nonce) {
    const schemas::Feedback vote{.link_id = 1,
                                 .source_id = 1,
                                 .given_at = kStart,
                                 .nonce = nonce,
                                 .network = nonce,
                                 .said = schemas::Vote{schemas::VoteValue::kUp}};
    auto ticket =
        std::make_shared<inbox::FeedbackTicket>(std::vector{vote}, std::make_shared<inbox::Wake>());
    auto outcomes = ticket->Outcomes();
    EXPECT_TRUE(desk_->Take(std::move(ticket)));
    return outcomes;
  }

  support::TemporaryDirectory directory_;
  schemas::StoreSettings settings_;
  std::string copy_path_;
  std::atomic<bool> is_away_ = false;
  Progress progress_;
  std::shared_future<void> is_gathered_;
  std::promise<void> is_writing_;
  bool was_writing_ = false;  // confined to the desk's thread
  std::optional<FeedbackDesk> desk_;
  std::optional<inbox::Server> server_;
};

TEST_F(FeedbackDeskTest, AnswersAfterTheCommitInTheDatabase) {
  EXPECT_EQ(Vote(7), AnswerOutcome::kCommitted);
  EXPECT_EQ(Vote(7), AnswerOutcome::kUsed);
  EXPECT_EQ(Vote(8), AnswerOutcome::kCommitted);
  EXPECT_EQ(progress_.Facts().feedback_taken, 2);
  EXPECT_EQ(progress_.Facts().feedback_used, 1);
}

// They come while the desk writes something else, and so into one transaction.
TEST_F(FeedbackDeskTest, WritesWhatIsGoodBesideWhatCannotBeWritten) {
  {
    SQLite::Database database(settings_.path, SQLite::OPEN_READWRITE);
    database.exec("INSERT INTO receipt_used (nonce, kind, used_at) VALUES (100, 1, " +
                  std::to_string(kStart) + ")");
    database.exec(
        "CREATE UNIQUE INDEX i ON receipt_used (used_at IS NULL) WHERE nonce = 9 OR nonce = 100");
  }
  std::promise<void> gathered;
  is_gathered_ = gathered.get_future().share();
  auto first = Put(7);
  is_writing_.get_future().wait();
  auto good = Put(8);
  auto refused = Put(9);
  auto another = Put(10);
  gathered.set_value();
  EXPECT_EQ(first.get().size(), 1U);
  EXPECT_EQ(good.get().size(), 1U);
  EXPECT_THROW(refused.get(), std::future_error);
  EXPECT_EQ(another.get().size(), 1U);
  EXPECT_EQ(Vote(11), AnswerOutcome::kCommitted) << "the desk was closed";
}

// The watchdog watches the copier by it.
TEST_F(FeedbackDeskTest, DoesNotPassForACopierThatGoesOn) {
  const auto noted_at = progress_.noted_at();
  EXPECT_EQ(Vote(7), AnswerOutcome::kCommitted);
  server_.reset();
  desk_.reset();
  EXPECT_EQ(progress_.Facts().feedback_taken, 1);
  EXPECT_EQ(progress_.noted_at(), noted_at);
}

TEST_F(FeedbackDeskTest, TellsReadersToKeepWhatTheySaidWhileTheDatabaseIsAway) {
  is_away_ = true;
  EXPECT_EQ(Vote(7), AnswerOutcome::kFull);
  EXPECT_EQ(Vote(7), AnswerOutcome::kFull);  // at once: the database is not asked again so soon
  EXPECT_EQ(progress_.Facts().feedback_taken, 0);
}

}  // namespace
}  // namespace saunter::store::replica
