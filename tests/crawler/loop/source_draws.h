// Draws links from a database that a crawl has left, as readers do, and says how fair the draws
// were to the sources.
//
// Thread safety: one thread. Errors: a database that the API would not serve fails the test.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "schemas/settings.h"
#include "schemas/units.h"

namespace saunter::crawler::loop {

// The links that as many readers meet first, each at the given step of a walk of their own.
[[nodiscard]] std::vector<schemas::Id> DrawAsReaders(const schemas::StoreSettings& settings,
                                                     std::size_t readers, int step,
                                                     std::uint64_t seed);

// Pearson's statistic against the same chance for each.
[[nodiscard]] double ChiSquare(const std::map<std::string, std::int64_t>& counts);
// What it exceeds once in a thousand times, by the approximation of Wilson and Hilferty: right to a
// thousandth from thirty degrees of freedom on.
[[nodiscard]] double ChiSquareBound(std::size_t degrees_of_freedom);

}  // namespace saunter::crawler::loop
