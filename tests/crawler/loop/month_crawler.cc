// month_crawler DATABASE PORT CLOCK UNTIL: the real crawl loop, on a clock that runs ahead.
//
// Goes on from the time that the clock shows. Each tick ends when all that is due is fetched and
// committed. Exit code 0 at UNTIL.

#include <spdlog/spdlog.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <memory>
#include <utility>

#include "crawler/loop/crawl_loop.h"
#include "store/reader.h"
#include "store/writer.h"
#include "tests/crawler/loop/month_clock.h"

namespace {

// How far this thread's clocks are ahead of the machine's; the steady one knows no dates.
thread_local saunter::schemas::UnixSeconds wall_ahead_s = 0;
thread_local saunter::schemas::UnixSeconds steady_ahead_s = 0;

}  // namespace

// Stands before the C library's for the whole program: what the crawl loop and its fetcher measure
// for themselves runs as fast as what they are told. Other threads only wait, in real time.
// NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name)
extern "C" int clock_gettime(clockid_t clock, timespec* time) {
  const long error = syscall(SYS_clock_gettime, clock, time);
  if (error == 0) time->tv_sec += clock == CLOCK_REALTIME ? wall_ahead_s : steady_ahead_s;
  return static_cast<int>(error);
}

namespace saunter::crawler::loop {
namespace {

using schemas::UnixSeconds;

constexpr std::int64_t kTickS = 300;
constexpr std::int64_t kTurnMs = 1;

schemas::Settings SettingsFor(const char* database, int port) {
  schemas::Settings settings;
  settings.store.path = database;
  settings.fetch.contact_url = "https://saunter.example/about";
  settings.fetch.allow_networks = {"127.0.0.0/8"};
  settings.fetch.allow_ports = {port};
  settings.fetch.transfers_max = 8;
  settings.fetch.host_gap_min_ms = 0;  // of real time, which hardly passes here
  settings.fetch.host_gap_max_ms = 0;
  settings.schedule.start_spread_s = 0;  // ticks are longer than the seconds that it spreads
  settings.health.probes_in_flight_max = 0;
  settings.write.batch_age_ms_max = 1;
  return settings;
}

// Ticks end just before the hour, so that nothing slips into an hour that a feed wants to skip.
UnixSeconds NextTick(UnixSeconds now) { return (now + 1) / kTickS * kTickS + kTickS - 1; }

int Run(const char* database, int port, const char* clock_path, UnixSeconds until) {
  MonthClock clock(clock_path);
  const UnixSeconds began_at = std::time(nullptr);
  const UnixSeconds start = clock.Now();
  wall_ahead_s = start - began_at;
  const auto settings = SettingsFor(database, port);
  auto opened = store::OpenWriter(settings.store, "month_crawler");
  if (!opened.writer) throw std::runtime_error(opened.detail);
  write::WriterThread writer(std::move(opened.writer), settings, [&] { return clock.Now(); });
  auto feeds = store::OpenReader(settings.store);
  auto links = store::OpenReader(settings.store);
  if (!feeds.reader || !links.reader) throw std::runtime_error(feeds.detail + links.detail);
  CrawlLoop loop(settings, {std::move(feeds.reader), std::move(links.reader)}, writer, clock.Now());
  while (clock.Now() < until) {
    const UnixSeconds now = NextTick(clock.Now());
    clock.Set(now);
    wall_ahead_s = now - began_at;
    steady_ahead_s = now - start;
    if (!loop.Turn(now, 0)) return 1;
    while (!loop.Idle()) {
      if (!loop.Turn(now, kTurnMs)) return 1;
    }
  }
  loop.Finish(clock.Now());
  writer.Stop();
  return writer.Failed() ? 1 : 0;
}

}  // namespace
}  // namespace saunter::crawler::loop

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  spdlog::set_level(spdlog::level::warn);
  try {
    return saunter::crawler::loop::Run(argv[1], static_cast<int>(std::strtol(argv[2], nullptr, 10)),
                                       argv[3], std::strtoll(argv[4], nullptr, 10));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "month_crawler: %s\n", error.what());
    return 1;
  }
}
