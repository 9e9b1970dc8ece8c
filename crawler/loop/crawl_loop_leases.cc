#include <utility>

#include "crawler/loop/crawl_loop.h"

namespace saunter::crawler::loop {

// Once a turn, after what was read before it was taken.
void CrawlLoop::FollowLease() {
  const auto view = keeper_.View();
  if (lease_.owner != 0 && (view.lease.owner != lease_.owner || keeper_.IsOver())) DropAll();
  if (view.lease.owner == 0 || keeper_.IsOver()) return;
  if (lease_.owner == 0) BeginLease(view);
  fetching_.ShareBlocks(view.crawlers);
  if (view.lease.epoch > lease_.epoch) hosts_epoch_ = view.lease.epoch;
  TakeUpHosts();
  if (view.silent_until_ms > silent_until_ms_) silent_until_ms_ = view.silent_until_ms;
  if (silent_until_ms_ != 0 && LeaseKeeper::SleepingMs() >= silent_until_ms_) {
    silent_until_ms_ = 0;
    if (!hosts_epoch_) hosts_epoch_ = lease_.epoch;
  }
  LeaveShards(view.leaving);
}

void CrawlLoop::BeginLease(const LeaseView& view) {
  lease_ = {.owner = view.lease.owner, .epoch = 0};
  writer_.ActFor(lease_);
  feeds_.TellShards();
  probes_.TellShards();
}

// What was read, asked, judged or is to be written. Others may have asked it since.
void CrawlLoop::DropAll() {
  lease_ = {};
  hosts_epoch_.reset();
  silent_until_ms_ = 0;
  leaving_.reset();
  writer_.ActFor(lease_);
  feeds_ = FeedStream(random_());
  if (due_limit_) feeds_.LimitTo(*due_limit_);
  probes_ = ProbeStream(random_());
  judge_ = std::make_unique<judge::JudgeThread>(settings_);
  outbox_.Drop();
  fetching_.Renew(settings_);
}

// What is of shards of a newer epoch is asked only then. When the silence of some is over it is
// read once more, and the lists of what is due are walked from their beginning.
void CrawlLoop::TakeUpHosts() {
  auto read = supply_->TakeHosts();
  if (!read || read->epoch < lease_.epoch) return;
  fetching_.fetcher().TakeUp(read->hosts);
  lease_.epoch = read->epoch;
  if (hosts_epoch_ && *hosts_epoch_ <= read->epoch) hosts_epoch_.reset();
  writer_.ActFor(lease_);
  feeds_.StartOver();
  probes_.StartOver();
}

// What was not asked is forgotten, and what was is waited for until it is written.
void CrawlLoop::LeaveShards(const store::ShardSet& leaving) {
  if (leaving != leaving_) {
    leaving_ = leaving;
    feeds_were_read_ = links_were_read_ = false;
  }
  if (leaving_.none()) return;
  feeds_were_read_ = feeds_were_read_ || !supply_->ReadsFeeds();
  links_were_read_ = links_were_read_ || !supply_->ReadsLinks();
  feeds_.Drop(leaving_);
  probes_.Drop(leaving_);
  if (!feeds_were_read_ || !links_were_read_) return;
  keeper_.NoteClear(leaving_ & ~feeds_.KnownShards() & ~probes_.KnownShards());
}

bool CrawlLoop::WaitsForLease() const {
  if (!keeper_.is_shared()) return false;
  const auto view = keeper_.View();
  return view.lease.owner == 0 || view.lease.owner != lease_.owner ||
         view.lease.epoch > lease_.epoch || silent_until_ms_ != 0 || hosts_epoch_;
}

}  // namespace saunter::crawler::loop
