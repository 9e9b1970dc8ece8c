#include "store/inbox/client.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "tests/store/inbox/fake_inbox.h"
#include "tests/support/files.h"

namespace saunter::store::inbox {
namespace {

class InboxClientTest : public testing::Test {
 protected:
  InboxClientTest() : path_(folder_.File("saunter.db")) {}

  static Request Word(std::uint64_t sequence) {
    return {.sequence = sequence,
            .feedback = {.link_id = 1,
                         .source_id = 2,
                         .given_at = 3,
                         .nonce = sequence,
                         .network = 4,
                         .said = schemas::Vote{}}};
  }
  // Waits for what comes next.
  static Client::Receiving Next(Client& client, Answer& answer) {
    pollfd wait{.fd = client.descriptor(), .events = POLLIN, .revents = 0};
    EXPECT_EQ(poll(&wait, 1, 10000), 1);
    return client.Receive(answer);
  }
  // What the client makes of a frame that an inbox sends.
  Client::Receiving ReceiveFrame(const std::string& frame) {
    const FakeInbox inbox(path_, [&](const Request&) { return frame; });
    Client client(path_);
    EXPECT_TRUE(client.Connect());
    EXPECT_EQ(client.Send(Word(7)), Client::Sending::kSent);
    Answer answer;
    return Next(client, answer);
  }

  support::TemporaryDirectory folder_;
  std::string path_;
};

TEST_F(InboxClientTest, SendsAndReceives) {
  const FakeInbox inbox(path_, Always(AnswerOutcome::kUsed));
  Client client(path_);
  ASSERT_TRUE(client.Connect());
  Answer answer;
  EXPECT_EQ(client.Receive(answer), Client::Receiving::kNothingYet);
  ASSERT_EQ(client.Send(Word(7)), Client::Sending::kSent);
  ASSERT_EQ(Next(client, answer), Client::Receiving::kAnswer);
  EXPECT_EQ(answer, (Answer{.sequence = 7, .outcome = AnswerOutcome::kUsed}));
  EXPECT_EQ(inbox.Requests().front().feedback.nonce, 7U);
}

TEST_F(InboxClientTest, FindsThatThereIsNoCrawler) {
  Client client(path_);
  EXPECT_FALSE(client.Connect()) << "no socket";
  EXPECT_EQ(client.problem(), "");
  {
    const FakeInbox inbox(path_, Always(AnswerOutcome::kCommitted));
  }
  EXPECT_FALSE(client.Connect()) << "a socket that nobody listens on";
  EXPECT_EQ(client.problem(), "");
  EXPECT_EQ(client.descriptor(), -1);
}

TEST_F(InboxClientTest, TellsTheOperatorWhatElseStandsInTheWay) {
  std::filesystem::create_directory(InboxPath(path_));
  Client client(path_);
  EXPECT_FALSE(client.Connect()) << "a folder";
  // The kernel says "connection refused" of whatever is no socket.
  Client too_long(std::string(200, 'x'));
  EXPECT_FALSE(too_long.Connect());
  EXPECT_NE(too_long.problem().find("too long"), std::string::npos);
}

TEST_F(InboxClientTest, LosesACrawlerThatGoesAndFindsItAgain) {
  Client client(path_);
  Answer answer;
  {
    const FakeInbox inbox(path_, Always(AnswerOutcome::kCommitted));
    ASSERT_TRUE(client.Connect());
    // Whoever is still in the backlog would be lost with the listener.
    ASSERT_EQ(client.Send(Word(1)), Client::Sending::kSent);
    ASSERT_EQ(Next(client, answer), Client::Receiving::kAnswer);
  }
  EXPECT_EQ(client.Send(Word(2)), Client::Sending::kLost);
  EXPECT_EQ(client.descriptor(), -1);
  const FakeInbox inbox(path_, Always(AnswerOutcome::kCommitted));
  ASSERT_TRUE(client.Connect());
  ASSERT_EQ(client.Send(Word(3)), Client::Sending::kSent);
  ASSERT_EQ(Next(client, answer), Client::Receiving::kAnswer);
  EXPECT_EQ(answer.sequence, 3U);
}

TEST_F(InboxClientTest, LosesACrawlerThatSpeaksAnotherLanguage) {
  const auto good = EncodeAnswer({.sequence = 7});
  EXPECT_EQ(ReceiveFrame(good), Client::Receiving::kAnswer);
  EXPECT_EQ(ReceiveFrame("x"), Client::Receiving::kLost);
  EXPECT_EQ(ReceiveFrame(good + "x"), Client::Receiving::kLost);
  // More than the client has room for, though it begins well.
  EXPECT_EQ(ReceiveFrame(good + std::string(kFrameBytesMax, '\0')), Client::Receiving::kLost);
}

TEST_F(InboxClientTest, NeverWaitsForACrawlerThatReadsNothing) {
  std::mutex held;
  std::unique_lock hold(held);
  const FakeInbox inbox(path_, [&](const Request&) {
    const std::lock_guard wait(held);
    return std::string();
  });
  Client client(path_);
  ASSERT_TRUE(client.Connect());
  auto sending = Client::Sending::kSent;
  for (std::uint64_t i = 1; i < 100000 && sending == Client::Sending::kSent; ++i) {
    sending = client.Send(Word(i));
  }
  EXPECT_EQ(sending, Client::Sending::kNoRoomYet);
  hold.unlock();
  pollfd wait{.fd = client.descriptor(), .events = POLLOUT, .revents = 0};
  ASSERT_EQ(poll(&wait, 1, 10000), 1);
  EXPECT_EQ(client.Send(Word(1)), Client::Sending::kSent);
}

}  // namespace
}  // namespace saunter::store::inbox
