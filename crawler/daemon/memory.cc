#include "crawler/daemon/memory.h"

#include <gperftools/malloc_extension_c.h>

// Weak, since tests and sanitized programs are linked without tcmalloc.
#pragma weak MallocExtension_SetNumericProperty

namespace saunter::crawler::daemon {

void KeepNoFreedPages() {
  if (MallocExtension_SetNumericProperty == nullptr) return;
  MallocExtension_SetNumericProperty("tcmalloc.aggressive_memory_decommit", 1);
}

}  // namespace saunter::crawler::daemon
