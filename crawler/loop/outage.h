// Tells our own network's outage from hosts that are down: then every host fails, and none answers.
//
// Two rules judge the answers to feeds and probes, in order of time:
//
// *Down*: twenty hosts in a row fail before any answer. While it lasts a few requests at a time are
// let out as a trial; the first two answers in a row end it. Dead links on dead hosts come in rows,
// so a failed probe begins no such row; during an outage it may be the trial.
//
// *Most fail*: of the hosts asked within some minutes more than half failed (failing_share.h). What
// is held against feeds looks at the hosts of feeds alone, what is held against links at all hosts.
// Of what is held against links three hosts are enough, if none answers.
// A link that was not alive before tells of an outage only if it answers: any feed may list as many
// dead hosts as it likes, and what is never held against them would never end.
//
// A failure that no host has answered since may be an outage's beginning, so it is not yet held
// against anyone. Where few feeds are asked, no row of twenty comes together: there several hosts
// that fail while nobody answers, or one for some minutes, are enough to doubt it.
//
// Thread safety: none. Errors: none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_set>

#include "crawler/loop/failing_share.h"
#include "schemas/units.h"

namespace saunter::crawler::loop {

class OutageWatch {
 public:
  // kNewLink: one that was not found alive when it was looked at last.
  enum class Asked : std::uint8_t { kFeed, kLink, kNewLink };
  // `host` failed before any HTTP answer (DNS, connect, TLS, time-out), or not.
  void Note(Asked asked, const std::string& host, bool failed, schemas::UnixSeconds now);
  // Time goes on; once a turn, so that LinksDoubtedAt() is right.
  void Tick(schemas::UnixSeconds now);

  [[nodiscard]] bool Down() const { return down_; }
  // What failed now is not held against a feed.
  [[nodiscard]] bool FeedsDoubted(schemas::UnixSeconds now) const {
    return down_ || feed_hosts_.MostFail(now);
  }
  // Hosts of feeds failed, `host` among them, and none has answered since: they may be all that
  // were asked. False for a host that had failed before when another answered: that is its own.
  [[nodiscard]] bool NobodyAnswers(const std::string& host, schemas::UnixSeconds now) const;
  // After so many seconds a feed is asked again that failed while FeedsDoubted or NobodyAnswers.
  [[nodiscard]] std::int64_t FeedLookS() const;
  // The last time at which a failure was not to be held against a link.
  [[nodiscard]] std::optional<schemas::UnixSeconds> LinksDoubtedAt() const {
    return links_doubted_at_;
  }
  // Whether some host has answered since a failure of that time: it was the host's own.
  [[nodiscard]] bool AnsweredSince(schemas::UnixSeconds failed_at) const;
  // While Down(): how many requests may be in flight now. 0 between two trials.
  [[nodiscard]] std::size_t TrialSize(schemas::UnixSeconds now);

 private:
  [[nodiscard]] bool LinksFail(schemas::UnixSeconds now) const {
    return all_hosts_.MostFail(now) || all_hosts_.AllFail(now);
  }
  void NoteInRow(const std::string& host, bool failed, schemas::UnixSeconds now);

  std::unordered_set<std::string> failed_hosts_;  // since the last answer
  schemas::UnixSeconds row_at_ = 0;               // the first of these failures
  // Hosts that had failed when another answered, and have not answered themselves since.
  std::unordered_set<std::string> failed_alone_;
  schemas::UnixSeconds answered_at_ = 0;
  bool down_ = false;
  int answers_ = 0;              // in a row, while down
  std::size_t trials_left_ = 0;  // of the trial that runs
  schemas::UnixSeconds trial_at_ = 0;
  FailingShare feed_hosts_;
  FailingShare all_hosts_;
  std::optional<schemas::UnixSeconds> links_doubted_at_;
};

}  // namespace saunter::crawler::loop
