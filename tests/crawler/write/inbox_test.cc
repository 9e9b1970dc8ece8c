#include "crawler/write/inbox.h"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <map>
#include <optional>

#include "store/inbox/wire.h"
#include "tests/crawler/write/fixture.h"

namespace saunter::crawler::write {
namespace {

using store::inbox::AnswerOutcome;

// What the API's end does, frame by frame.
class FrameClient {
 public:
  explicit FrameClient(const std::string& path)
      : descriptor_(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    EXPECT_EQ(connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)),
              0);
    const timeval wait{.tv_sec = 20, .tv_usec = 0};
    setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
  }
  ~FrameClient() { close(descriptor_); }
  FrameClient(const FrameClient&) = delete;
  FrameClient& operator=(const FrameClient&) = delete;

  bool Send(const std::string& frame) {
    return send(descriptor_, frame.data(), frame.size(), MSG_NOSIGNAL) == std::ssize(frame);
  }
  bool Vote(std::uint64_t sequence, std::uint64_t nonce) {
    return Send(store::inbox::EncodeRequest(
        {.sequence = sequence,
         .feedback = {.link_id = 1,
                      .source_id = 1,
                      .given_at = kNow,
                      .nonce = nonce,
                      .network = nonce,
                      .said = schemas::Vote{schemas::VoteValue::kUp}}}));
  }
  // nullopt: the server has closed the connection.
  std::optional<store::inbox::Answer> Hear() {
    std::array<char, store::inbox::kFrameBytesMax> frame;
    const auto bytes = recv(descriptor_, frame.data(), frame.size(), 0);
    if (bytes <= 0) {
      EXPECT_EQ(bytes, 0) << "no answer, and no end";
      return std::nullopt;
    }
    return store::inbox::DecodeAnswer({frame.data(), static_cast<std::size_t>(bytes)});
  }

 private:
  int descriptor_;
};

class InboxTest : public WriteTest {
 protected:
  void SetUp() override {
    all_settings_.write.batch_age_ms_max = 20;
    OpenWriter();
    AddFeed("https://a.example/feed", "a.example");
    Crawl(1, {store::Entry("a.example", 1)});
    Start();
    server_ = std::make_unique<InboxServer>(settings_.path, *thread_);
  }
  void TearDown() override { server_.reset(); }
  [[nodiscard]] std::string Path() const { return settings_.path + ".inbox"; }

  std::unique_ptr<InboxServer> server_;
};

TEST_F(InboxTest, ListensBesideTheDatabaseForItsGroup) {
  struct stat status{};
  ASSERT_EQ(stat(Path().c_str(), &status), 0);
  EXPECT_TRUE(S_ISSOCK(status.st_mode));
  EXPECT_EQ(status.st_mode & 0777, 0660U);
  server_.reset();
  EXPECT_FALSE(std::filesystem::exists(Path()));
  server_ = std::make_unique<InboxServer>(settings_.path, *thread_);
}

TEST_F(InboxTest, AnswersAfterTheCommit) {
  FrameClient client(Path());
  ASSERT_TRUE(client.Vote(1, 11));
  EXPECT_EQ(client.Hear(), (store::inbox::Answer{1, AnswerOutcome::kCommitted}));
  ASSERT_TRUE(client.Vote(2, 11));
  EXPECT_EQ(client.Hear(), (store::inbox::Answer{2, AnswerOutcome::kUsed}));
  EXPECT_EQ(thread_->Sums().feedback_taken, 1);
  EXPECT_EQ(thread_->Sums().feedback_used, 1);
}

TEST_F(InboxTest, AnswersEachOfManyOnce) {
  FrameClient one(Path());
  FrameClient other(Path());
  constexpr std::uint64_t kFrames = 2000;
  std::map<std::uint64_t, int> answers;
  for (std::uint64_t i = 0; i < kFrames; i += 100) {
    for (std::uint64_t k = i; k < i + 100; ++k) {
      ASSERT_TRUE((k % 2 == 0 ? one : other).Vote(k, k + 1));
    }
    for (std::uint64_t k = i; k < i + 100; ++k) {
      const auto answer = (k % 2 == 0 ? one : other).Hear();
      ASSERT_TRUE(answer);
      EXPECT_EQ(answer->outcome, AnswerOutcome::kCommitted);
      ++answers[answer->sequence];
    }
  }
  EXPECT_EQ(answers.size(), kFrames);
}

TEST_F(InboxTest, ClosesAConnectionThatSendsAnythingElse) {
  for (const auto& bytes : {std::string("GET / HTTP/1.1\r\n\r\n"), std::string(1, '\0'),
                            std::string(1000, 'x'), std::string(4000, 'x')}) {
    FrameClient client(Path());
    ASSERT_TRUE(client.Send(bytes));
    EXPECT_EQ(client.Hear(), std::nullopt);
  }
  FrameClient client(Path());
  ASSERT_TRUE(client.Vote(1, 11));
  EXPECT_TRUE(client.Hear()) << "the others are served on";
}

TEST_F(InboxTest, ServesWhoComesAfterManyHaveGone) {
  for (std::uint64_t i = 0; i < 40; ++i) {
    FrameClient client(Path());
    ASSERT_TRUE(client.Vote(i, 1000 + i));  // gone before its answer
  }
  FrameClient client(Path());
  ASSERT_TRUE(client.Vote(1, 11));
  EXPECT_EQ(client.Hear(), (store::inbox::Answer{1, AnswerOutcome::kCommitted}));
}

TEST_F(InboxTest, SaysThatItIsFullWhileTheDatabaseTakesNoWrites) {
  Intruder intruder(settings_.path);
  intruder.Execute("BEGIN IMMEDIATE");
  FrameClient client(Path());
  ASSERT_TRUE(client.Vote(1, 11));  // waits for the lock
  ASSERT_TRUE(WaitUntil([&] { return thread_->Trouble().has_value(); }));
  ASSERT_TRUE(client.Vote(2, 12));
  EXPECT_EQ(client.Hear(), (store::inbox::Answer{2, AnswerOutcome::kFull}));
  intruder.Execute("ROLLBACK");
  EXPECT_EQ(client.Hear(), (store::inbox::Answer{1, AnswerOutcome::kCommitted}));
}

TEST_F(InboxTest, ClosesItsConnectionsWhenTheWriterStops) {
  FrameClient client(Path());
  ASSERT_TRUE(client.Vote(1, 11));
  ASSERT_TRUE(client.Hear());
  thread_->Stop();
  ASSERT_TRUE(client.Vote(2, 12));
  EXPECT_EQ(client.Hear(), (store::inbox::Answer{2, AnswerOutcome::kFull}));
  server_.reset();
  EXPECT_EQ(client.Hear(), std::nullopt);
}

}  // namespace
}  // namespace saunter::crawler::write
