#include "tests/api/routes/fixture.h"

namespace saunter::api::routes {

RoutesTest::RoutesTest() {
  settings_.store.path = folder_.File("saunter.db");
  settings_.api.receipt_key_path = folder_.File("receipt.key");
}

TestDatabase& RoutesTest::Database() {
  if (!database_) database_ = std::make_unique<TestDatabase>(settings_.store.path);
  return *database_;
}

void RoutesTest::Restart() {
  follower_ =
      std::make_unique<index::Follower>(settings_.store, 500, errors_, folder_.File("topics.txt"));
  routes_ = std::make_unique<Routes>(settings_, *follower_, errors_, ++seed_,
                                     std::make_shared<SharedAnswers>(settings_.api));
}

http::Request RoutesTest::By(http::Method method) {
  http::Request request;
  request.method = method;
  return request;
}

http::Request RoutesTest::ForText() {
  http::Request request;
  request.prefers_text = true;
  return request;
}

http::Answer RoutesTest::Answer(const http::Request& request, schemas::UnixSeconds now) {
  if (!routes_) Restart();
  http::Answer answer;
  routes_->Respond(request, now, answer);
  return answer;
}

http::Answer RoutesTest::Ask(std::string_view target, http::Request request,
                             schemas::UnixSeconds now) {
  if (!routes_) Restart();
  follower_->Step();
  const auto question = target.find('?');
  request.path = target.substr(0, question);
  if (question != std::string_view::npos) request.query = target.substr(question + 1);
  return Answer(request, now);
}

nlohmann::json RoutesTest::AskJson(std::string_view target, int status) {
  const auto answer = Ask(target);
  EXPECT_EQ(answer.status, status) << target << "\n" << answer.body;
  return nlohmann::json::parse(answer.body);
}

}  // namespace saunter::api::routes
