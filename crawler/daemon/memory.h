// What the process keeps of the memory that it has freed.
//
// Thread safety: all functions. Errors: none.
#pragma once

namespace saunter::crawler::daemon {

// Whole pages that are freed go back to the system at once. tcmalloc would keep them, in pieces
// that the next large document may not fit into: a few feeds of megabytes an hour made the crawler
// larger day by day, though it used a tenth of that between them. Does nothing where another
// allocator is linked.
void KeepNoFreedPages();

}  // namespace saunter::crawler::daemon
