#include "crawler/loop/probe_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crawler/loop/outage.h"
#include "tests/support/moment.h"

namespace saunter::crawler::loop {
namespace {

using schemas::FetchOutcome;
using schemas::LinkState;
using schemas::ProbeResult;
using schemas::SiteAnswer;
using schemas::SiteLook;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using support::kNow;
constexpr std::string_view kNoPage = "<title>Oops</title>There is nothing here.";

schemas::DueLink LinkOf(schemas::Id link_id, const std::string& host) {
  schemas::DueLink link;
  link.link_id = link_id;
  link.site_id = 3;
  link.host = host;
  link.url = "https://" + host + "/" + std::to_string(link_id);
  return link;
}

class Probing : public ::testing::Test {
 protected:
  judge::JudgeInputs Inputs(schemas::UnixSeconds now) {
    return {.settings = settings_,
            .blacklist = *blacklist_,
            .now = now,
            .random = 0.5,
            .outage = false};
  }
  std::optional<fetch::Request> Next() {
    return stream_.Next(*blacklist_, kNow, settings_.health, results_);
  }
  void Answer(const fetch::Request& request, FetchOutcome outcome, int status,
              std::string_view body = {}) {
    fetch::Response response;
    response.ticket = request.ticket;
    response.kind = request.kind;
    response.outcome = outcome;
    response.status = status;
    response.effective_url = request.url;
    if (request.wants_body) response.body = body;
    stream_.Take(response, watch_, Inputs(kNow), results_);
  }
  void Settle(ProbeStream::Held held, schemas::UnixSeconds now) {
    watch_.Tick(now);
    stream_.Settle(held, watch_, Inputs(now), results_);
  }
  void Ok(const fetch::Request& request, std::string_view body = {}) {
    Answer(request, FetchOutcome::kOk, 200, body);
  }
  [[nodiscard]] std::vector<ProbeResult> Probes() const {
    std::vector<ProbeResult> probes;
    for (const auto& result : results_) {
      if (const auto* probe = std::get_if<ProbeResult>(&result)) probes.push_back(*probe);
    }
    return probes;
  }
  [[nodiscard]] std::vector<SiteLook> Looks() const {
    std::vector<SiteLook> looks;
    for (const auto& result : results_) {
      if (const auto* look = std::get_if<SiteLook>(&result)) looks.push_back(*look);
    }
    return looks;
  }
  void Blacklist(const std::string& pattern, schemas::BlacklistSource source) {
    blacklist_ = std::make_shared<const health::Blacklist>(std::vector<schemas::BlacklistEntry>{
        {.pattern = pattern, .source = source, .reason = {}, .added_at = 0, .until_at = kNow}});
  }

  schemas::Settings settings_;
  std::shared_ptr<const health::Blacklist> blacklist_ =
      std::make_shared<const health::Blacklist>(std::vector<schemas::BlacklistEntry>());
  OutageWatch watch_;
  ProbeStream stream_{1};
  std::vector<ProbeOutput> results_;
};

TEST_F(Probing, LooksAtASiteOnceForAllItsLinks) {
  for (schemas::Id id = 1; id <= 2; ++id) stream_.Add(LinkOf(id, "a.example"));
  const auto first = *Next();
  const auto second = *Next();
  EXPECT_FALSE(first.wants_body);
  EXPECT_FALSE(Next());
  Ok(first);
  const auto sibling = *Next();
  EXPECT_THAT(sibling.url, ::testing::MatchesRegex("https://a.example/[a-z]{25}"));
  EXPECT_FALSE(sibling.wants_body);
  Ok(second);
  EXPECT_FALSE(Next()) << "the second link waits for the same look";
  EXPECT_THAT(results_, IsEmpty());
  Answer(sibling, FetchOutcome::kNotFound, 404);
  ASSERT_THAT(Looks(), SizeIs(1));
  EXPECT_EQ(Looks()[0].answer, SiteAnswer::kHonest);
  ASSERT_THAT(Probes(), SizeIs(2));
  EXPECT_EQ(Probes()[0].state, LinkState::kAlive);
  EXPECT_EQ(Probes()[1].state, LinkState::kAlive);
  // The next link knows it already, though it was read from the database before.
  stream_.Add(LinkOf(7, "a.example"));
  Ok(*Next());
  EXPECT_THAT(Probes(), SizeIs(3));
  EXPECT_EQ(stream_.Out(), 0U);
}

TEST_F(Probing, AsksForNoMoreAtOnceThanItHasPlaces) {
  settings_.health.probes_in_flight_max = 1;
  int out = 0;
  for (schemas::Id id = 1; id <= 100; ++id) {
    stream_.Add(LinkOf(id, "h" + std::to_string(id) + ".example"));
  }
  std::optional<fetch::Request> last;
  while (auto request = Next()) {
    last = std::move(request);
    ++out;
  }
  EXPECT_GT(out, 0);
  EXPECT_LT(out, 100);
  Answer(*last, FetchOutcome::kNotFound, 404);
  EXPECT_TRUE(Next());
  EXPECT_FALSE(Next());
}

TEST_F(Probing, NeedsNoLookWhereALinkIsDead) {
  stream_.Add(LinkOf(1, "a.example"));
  Answer(*Next(), FetchOutcome::kNotFound, 404);
  EXPECT_THAT(Looks(), IsEmpty());
  ASSERT_THAT(Probes(), SizeIs(1));
  EXPECT_EQ(Probes()[0].state, LinkState::kDoubtful);
}

TEST_F(Probing, AsksForThePagesOfASiteThatGivesOneForNone) {
  stream_.Add(LinkOf(1, "a.example"));
  Ok(*Next());
  Ok(*Next());
  const auto sibling = *Next();
  EXPECT_TRUE(sibling.wants_body) << "a HEAD was told that it is there";
  Ok(sibling, kNoPage);
  const auto front = *Next();
  EXPECT_EQ(front.url, "https://a.example/");
  Ok(front, "<title>A blog</title>All my posts");
  ASSERT_THAT(Looks(), SizeIs(1));
  EXPECT_EQ(Looks()[0].answer, SiteAnswer::kSoft);
  EXPECT_THAT(Probes(), IsEmpty());
  const auto page = *Next();
  EXPECT_EQ(page.url, "https://a.example/1");
  EXPECT_TRUE(page.wants_body);
  Ok(page, kNoPage);
  ASSERT_THAT(Probes(), SizeIs(1));
  EXPECT_EQ(Probes()[0].state, LinkState::kDoubtful);
  // The next one is asked for its page at once.
  stream_.Add(LinkOf(2, "a.example"));
  const auto other = *Next();
  EXPECT_TRUE(other.wants_body);
  Ok(other, "<title>On rain</title>It rained, and I walked.");
  ASSERT_THAT(Probes(), SizeIs(2));
  EXPECT_EQ(Probes()[1].state, LinkState::kAlive);
}

TEST_F(Probing, BelievesNoHeadOfASiteThatHasEverythingForHeads) {
  stream_.Add(LinkOf(1, "a.example"));
  Ok(*Next());
  const auto head = *Next();
  Ok(head);
  const auto get = *Next();
  EXPECT_EQ(get.url, head.url);
  Answer(get, FetchOutcome::kNotFound, 404);
  ASSERT_THAT(Looks(), SizeIs(1));
  EXPECT_EQ(Looks()[0].answer, SiteAnswer::kHeadLies);
  const auto page = *Next();
  EXPECT_TRUE(page.wants_body);
  Answer(page, FetchOutcome::kNotFound, 404);
  ASSERT_THAT(Probes(), SizeIs(1));
  EXPECT_EQ(Probes()[0].verdict, schemas::Verdict::kDead);
}

TEST_F(Probing, FindsASiteParkedByItsPosts) {
  constexpr const char* kOffer = "<title>a.example</title>Related searches: shoes, cars";
  for (schemas::Id id = 1; id <= 4; ++id) {
    stream_.Add(LinkOf(id, "a.example"));
    while (const auto request = Next()) Ok(*request, kOffer);
  }
  ASSERT_THAT(Looks(), SizeIs(2));
  EXPECT_EQ(Looks()[0].answer, SiteAnswer::kUnproven);
  EXPECT_EQ(Looks()[1].answer, SiteAnswer::kParked);
  ASSERT_THAT(Probes(), SizeIs(4));
  for (const auto& probe : Probes()) EXPECT_EQ(probe.verdict, schemas::Verdict::kUnknown);
}

TEST_F(Probing, HoldsFailuresUntilItIsClearThatTheyAreNotOurOwn) {
  for (schemas::Id id = 1; id <= 12; ++id) {
    auto link = LinkOf(id, "host" + std::to_string(id) + ".example");
    link.site_id = id;
    link.state = LinkState::kAlive;
    stream_.Add(std::move(link));
  }
  for (int i = 0; i < 12; ++i) Answer(*Next(), FetchOutcome::kDnsFailure, 0);
  EXPECT_THAT(results_, IsEmpty());
  EXPECT_EQ(stream_.HeldBack(), 12U);
  Settle(ProbeStream::Held::kDue, kNow + 299);
  EXPECT_THAT(results_, IsEmpty());
  Settle(ProbeStream::Held::kDue, kNow + 300);
  ASSERT_THAT(Probes(), SizeIs(12));
  for (const auto& probe : Probes()) {
    EXPECT_EQ(probe.state, LinkState::kAlive) << "all hosts failed at once";
    EXPECT_EQ(probe.strikes, 0);
    EXPECT_FALSE(probe.checked_at);
  }
}

TEST_F(Probing, CountsAFailureWhileOthersAnswer) {
  auto link = LinkOf(1, "gone.example");
  link.state = LinkState::kAlive;
  stream_.Add(std::move(link));
  Answer(*Next(), FetchOutcome::kDnsFailure, 0);
  Settle(ProbeStream::Held::kAll, kNow);
  ASSERT_THAT(Probes(), SizeIs(1));
  EXPECT_EQ(Probes()[0].state, LinkState::kDoubtful);
}

// They would else look like an outage of ours for as long as they are asked again.
TEST_F(Probing, FindsDeadHostsDeadHoweverManyAFeedLists) {
  constexpr schemas::Id kHosts = 600;
  for (schemas::Id id = 1; id <= kHosts; ++id) {
    auto link = LinkOf(id, "invented" + std::to_string(id) + ".example");
    link.site_id = id;
    stream_.Add(std::move(link));
  }
  while (const auto request = Next()) Answer(*request, FetchOutcome::kDnsFailure, 0);
  Settle(ProbeStream::Held::kAll, kNow);
  ASSERT_THAT(Probes(), SizeIs(kHosts));
  for (const auto& probe : Probes()) {
    EXPECT_EQ(probe.state, LinkState::kDoubtful);
    EXPECT_EQ(probe.strikes, 1);
  }
}

// A domain of one owner, who has switched it off.
TEST_F(Probing, FindsADomainDeadHoweverManyHostsItHas) {
  for (schemas::Id id = 1; id <= 100; ++id) {
    auto link = LinkOf(id, "h" + std::to_string(id) + ".farm.example");
    link.site_id = id;
    link.state = LinkState::kAlive;
    stream_.Add(std::move(link));
  }
  while (const auto request = Next()) Answer(*request, FetchOutcome::kDnsFailure, 0);
  Settle(ProbeStream::Held::kAll, kNow);
  ASSERT_THAT(Probes(), SizeIs(100));
  for (const auto& probe : Probes()) EXPECT_EQ(probe.strikes, 1);
}

TEST_F(Probing, AsksBlacklistedSitesOnParoleAlone) {
  Blacklist("a.example", schemas::BlacklistSource::kRule);
  stream_.Add(LinkOf(1, "a.example"));
  EXPECT_FALSE(Next());
  ASSERT_THAT(Probes(), SizeIs(1));
  EXPECT_EQ(Probes()[0].outcome, FetchOutcome::kBlacklisted);
  EXPECT_FALSE(Probes()[0].checked_at);
  auto sample = LinkOf(2, "a.example");
  sample.on_parole = true;
  stream_.Add(sample);
  Answer(*Next(), FetchOutcome::kNotFound, 404);
  EXPECT_EQ(Probes().at(1).outcome, FetchOutcome::kNotFound);
  Blacklist("a.example", schemas::BlacklistSource::kOperator);
  sample.link_id = 3;
  stream_.Add(sample);
  EXPECT_FALSE(Next()) << "an operator's entry knows no parole";
}

TEST_F(Probing, TakesALinkThatLeadsToABlacklistedSiteFromThePool) {
  Blacklist("bad.example", schemas::BlacklistSource::kOperator);
  auto link = LinkOf(1, "a.example");
  link.state = LinkState::kAlive;
  stream_.Add(std::move(link));
  const auto request = *Next();
  fetch::Response response;
  response.ticket = request.ticket;
  response.kind = request.kind;
  response.status = 200;
  response.hops = {{302, request.url}};
  response.effective_url = "http://www.bad.example/";
  stream_.Take(response, watch_, Inputs(kNow), results_);
  ASSERT_THAT(Probes(), SizeIs(1));
  EXPECT_FALSE(schemas::IsServable(Probes()[0].state));
  EXPECT_EQ(Probes()[0].strikes, 0);
}

}  // namespace
}  // namespace saunter::crawler::loop
