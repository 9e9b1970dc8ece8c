// What an answer means: turns statuses into outcomes, and outcomes into words.
//
// Thread safety: pure functions. Errors: none.
#pragma once

#include <string>

#include "crawler/fetch/fetcher.h"
#include "crawler/fetch/response_headers.h"
#include "schemas/outcome.h"

namespace saunter::crawler::fetch {

// What a whole answer with this status means for this request.
[[nodiscard]] schemas::FetchOutcome OutcomeOfStatus(int status, const Request& request,
                                                    const ResponseHeaders& headers);

// Whether a GET may tell more than this answer to a HEAD: not if the server could not be reached or
// asks for fewer requests.
[[nodiscard]] bool GetMayTellMore(schemas::FetchOutcome outcome);

// The outcome in our own words. Hosts that refuse and hosts that are silent read alike, so that
// nobody can use this text to explore a network from the inside.
[[nodiscard]] std::string Describe(const Response& response);

}  // namespace saunter::crawler::fetch
