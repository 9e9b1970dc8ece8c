#include "api/routes/site_routes.h"

#include <algorithm>
#include <cstdint>

#include "api/http/json.h"
#include "api/index/scans.h"
#include "api/routes/parameters.h"
#include "api/routes/record_json.h"
#include "schemas/site.h"

namespace saunter::api::routes {
namespace {

// Of a site alone, and of one among others.
constexpr std::int64_t kFeedsOfOneMax = 50;
constexpr std::int64_t kFeedsOfEachMax = 5;
// Room for what follows the sites in the answer: a name, escaped.
constexpr std::size_t kSitesEndBytes = 1024;

}  // namespace

void SiteRoutes::One(std::string_view sent_name, http::Answer& answer) {
  const auto decoded = PercentDecode(sent_name, Plus::kIsPlus);
  const auto name = AsSiteName(decoded.value_or(std::string()));
  const auto path = std::string_view(name).substr(schemas::HostOfSite(name).size());
  if (path.size() == name.size() || schemas::TenantPath(path) != path) {
    return http::SetProblem(answer, 400,
                            "A site is a host name, as in /v1/sites/blog.example.org, or a tenant, "
                            "as in /v1/sites/example.org/~ann.");
  }
  if (!pool_.IsOpen(answer)) return;
  auto site = pool_.reader().FindSiteUncounted(name);
  if (!site) return http::SetProblem(answer, 404, "No feed or link of this site is known.");
  site->links_in_pool = pool_.served().index->sites.LinksOn(site->site_id);
  answer.cache_control = "public, max-age=10";
  AppendSite(answer.body, *site, pool_.reader().FeedsOfSite(site->site_id, kFeedsOfOneMax),
             static_cast<std::size_t>(settings_.max_response_bytes));
  answer.body.push_back('\n');
}

// Site by site, as many as the answer holds, but one at least.
void SiteRoutes::AppendPage(const std::vector<schemas::Id>& site_ids, std::size_t count,
                            std::string& body) {
  const auto bytes_max = static_cast<std::size_t>(settings_.max_response_bytes);
  const auto& sites = pool_.served().index->sites;
  const auto shown = std::min(count, site_ids.size());
  const std::vector<schemas::Id> wanted(site_ids.begin(),
                                        site_ids.begin() + static_cast<std::ptrdiff_t>(shown));
  std::string last;
  bool is_cut = site_ids.size() > count;
  for (auto& site : pool_.reader().SitesUncounted(wanted)) {
    site.links_in_pool = sites.LinksOn(site.site_id);
    const auto bytes_before = body.size();
    if (!last.empty()) body.push_back(',');
    AppendSiteListing(body, site, pool_.reader().FeedsOfSite(site.site_id, kFeedsOfEachMax),
                      body.size() + bytes_max / 2);
    if (!last.empty() && body.size() + kSitesEndBytes > bytes_max) {
      body.resize(bytes_before);
      is_cut = true;
      break;
    }
    last = site.host;
  }
  body.append("],\"next\":");
  http::AppendJsonText(body, is_cut ? std::string_view(last) : std::string_view());
}

void SiteRoutes::List(const http::Request& request, schemas::UnixSeconds now,
                      http::Answer& answer) {
  SitesParameters parameters;
  if (const auto problem = ReadSitesParameters(request.query, settings_.count_max, parameters)) {
    return http::SetProblem(answer, 400, *problem);
  }
  if (!pool_.IsOpen(answer)) return;
  schemas::Id after = 0;
  if (!parameters.after.empty()) {
    const auto site_id = pool_.reader().FindSiteId(parameters.after);
    if (!site_id) {
      return http::SetProblem(answer, 400,
                              "after takes the `next` of an earlier answer; this site is not known "
                              "any more, so begin anew without it.");
    }
    after = *site_id;
  }
  const auto& index = *pool_.served().index;
  const auto count = static_cast<std::size_t>(parameters.fitting.count);
  auto selection = parameters.fitting.selection;
  auto site_ids = index::SitesWithLinks(index, {selection, index, now}, after, count + 1);
  // Which language it is must not depend on the page.
  while (site_ids.empty() && !selection.language.empty() &&
         index::SitesWithLinks(index, {selection, index, now}, 0, 1).empty()) {
    const auto wider = index::Widened(selection, index);
    if (!wider) break;
    selection = *wider;
    site_ids = index::SitesWithLinks(index, {selection, index, now}, after, count + 1);
  }
  answer.cache_control = "public, max-age=10";
  answer.body = "{\"sites\":[";
  AppendPage(site_ids, count, answer.body);
  answer.body.append("}\n");
}

}  // namespace saunter::api::routes
