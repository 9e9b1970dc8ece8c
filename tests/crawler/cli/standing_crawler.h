// The lock, the queue and the socket of a crawler, without its loop.
#pragma once

#include "crawler/write/control.h"
#include "crawler/write/writer_thread.h"
#include "schemas/settings.h"
#include "store/writer.h"

namespace saunter::crawler::cli {

struct StandingCrawler {
  explicit StandingCrawler(const schemas::Settings& settings)
      : thread(store::OpenWriter(settings.store, "saunter-crawler").writer, settings,
               [] { return schemas::UnixSeconds{1000}; }),
        control(settings.store.path, thread) {}
  write::WriterThread thread;
  write::ControlServer control;
};

}  // namespace saunter::crawler::cli
