#include "crawler/feed/formats/date_names.h"

#include <unicode/uchar.h>

#include <algorithm>
#include <array>
#include <string>

#include "schemas/text.h"

namespace saunter::crawler::feed::formats {
namespace {

struct Month {
  std::string_view name;  // lower case, as long as it is written
  unsigned number;
};

// English first; of others only what an English name does not begin with already.
constexpr auto kMonths = std::to_array<Month>({
    {"january", 1},
    {"february", 2},
    {"march", 3},
    {"april", 4},
    {"may", 5},
    {"june", 6},
    {"july", 7},
    {"august", 8},
    {"september", 9},
    {"october", 10},
    {"november", 11},
    {"december", 12},
    // German, Dutch, Scandinavian
    {"januar", 1},
    {"jänner", 1},
    {"jän", 1},
    {"januari", 1},
    {"februar", 2},
    {"feber", 2},
    {"februari", 2},
    {"märz", 3},
    {"mrz", 3},
    {"maart", 3},
    {"mrt", 3},
    {"mars", 3},
    {"marts", 3},
    {"mai", 5},
    {"maj", 5},
    {"mei", 5},
    {"juni", 6},
    {"juli", 7},
    {"augustus", 8},
    {"augusti", 8},
    {"oktober", 10},
    {"dezember", 12},
    {"desember", 12},
    {"des", 12},
    // Romance
    {"janvier", 1},
    {"enero", 1},
    {"gennaio", 1},
    {"janeiro", 1},
    {"ianuarie", 1},
    {"gener", 1},
    {"février", 2},
    {"fevrier", 2},
    {"febrero", 2},
    {"febbraio", 2},
    {"fevereiro", 2},
    {"februarie", 2},
    {"marzo", 3},
    {"março", 3},
    {"martie", 3},
    {"avril", 4},
    {"abril", 4},
    {"aprile", 4},
    {"aprilie", 4},
    {"mayo", 5},
    {"maggio", 5},
    {"maio", 5},
    {"juin", 6},
    {"junio", 6},
    {"giugno", 6},
    {"junho", 6},
    {"iunie", 6},
    {"juillet", 7},
    {"juil", 7},
    {"julio", 7},
    {"luglio", 7},
    {"julho", 7},
    {"iulie", 7},
    {"août", 8},
    {"aout", 8},
    {"agosto", 8},
    {"septembre", 9},
    {"septiembre", 9},
    {"setiembre", 9},
    {"settembre", 9},
    {"setembro", 9},
    {"septembrie", 9},
    {"octobre", 10},
    {"octubre", 10},
    {"ottobre", 10},
    {"outubro", 10},
    {"octombrie", 10},
    {"novembre", 11},
    {"noviembre", 11},
    {"novembro", 11},
    {"noiembrie", 11},
    {"décembre", 12},
    {"decembre", 12},
    {"diciembre", 12},
    {"dicembre", 12},
    {"dezembro", 12},
    {"decembrie", 12},
    // Polish, Czech
    {"stycznia", 1},
    {"styczeń", 1},
    {"leden", 1},
    {"ledna", 1},
    {"lutego", 2},
    {"luty", 2},
    {"únor", 2},
    {"února", 2},
    {"marca", 3},
    {"marzec", 3},
    {"březen", 3},
    {"března", 3},
    {"kwietnia", 4},
    {"kwiecień", 4},
    {"duben", 4},
    {"dubna", 4},
    {"maja", 5},
    {"květen", 5},
    {"května", 5},
    {"kvě", 5},
    {"czerwca", 6},
    {"czerwiec", 6},
    {"červen", 6},
    {"června", 6},
    {"čvn", 6},
    {"lipca", 7},
    {"lipiec", 7},
    {"červenec", 7},
    {"července", 7},
    {"čvc", 7},
    {"sierpnia", 8},
    {"sierpień", 8},
    {"srpen", 8},
    {"srpna", 8},
    {"września", 9},
    {"wrzesień", 9},
    {"září", 9},
    {"zář", 9},
    {"października", 10},
    {"październik", 10},
    {"říjen", 10},
    {"října", 10},
    {"říj", 10},
    {"listopada", 11},
    {"listopad", 11},
    {"listopadu", 11},
    {"grudnia", 12},
    {"grudzień", 12},
    {"prosinec", 12},
    {"prosince", 12},
    // Russian, Ukrainian
    {"января", 1},
    {"январь", 1},
    {"січня", 1},
    {"січень", 1},
    {"февраля", 2},
    {"февраль", 2},
    {"лютого", 2},
    {"лютий", 2},
    {"марта", 3},
    {"март", 3},
    {"березня", 3},
    {"березень", 3},
    {"апреля", 4},
    {"апрель", 4},
    {"квітня", 4},
    {"квітень", 4},
    {"мая", 5},
    {"май", 5},
    {"травня", 5},
    {"травень", 5},
    {"июня", 6},
    {"июнь", 6},
    {"червня", 6},
    {"червень", 6},
    {"июля", 7},
    {"июль", 7},
    {"липня", 7},
    {"липень", 7},
    {"августа", 8},
    {"август", 8},
    {"серпня", 8},
    {"серпень", 8},
    {"сентября", 9},
    {"сентябрь", 9},
    {"вересня", 9},
    {"вересень", 9},
    {"октября", 10},
    {"октябрь", 10},
    {"жовтня", 10},
    {"жовтень", 10},
    {"ноября", 11},
    {"ноябрь", 11},
    {"листопада", 11},
    {"листопад", 11},
    {"декабря", 12},
    {"декабрь", 12},
    {"грудня", 12},
    {"грудень", 12},
    // Greek
    {"ιανουαρίου", 1},
    {"ιανουάριος", 1},
    {"φεβρουαρίου", 2},
    {"φεβρουάριος", 2},
    {"μαρτίου", 3},
    {"μάρτιος", 3},
    {"μάρ", 3},
    {"απριλίου", 4},
    {"απρίλιος", 4},
    {"μαΐου", 5},
    {"μάιος", 5},
    {"μαϊ", 5},
    {"μαϊου", 5},
    {"ιουνίου", 6},
    {"ιούνιος", 6},
    {"ιουλίου", 7},
    {"ιούλιος", 7},
    {"αυγούστου", 8},
    {"αύγουστος", 8},
    {"σεπτεμβρίου", 9},
    {"σεπτέμβριος", 9},
    {"οκτωβρίου", 10},
    {"οκτώβριος", 10},
    {"νοεμβρίου", 11},
    {"νοέμβριος", 11},
    {"νοέ", 11},
    {"δεκεμβρίου", 12},
    {"δεκέμβριος", 12},
    // Turkish, Hungarian, Finnish, Indonesian
    {"ocak", 1},
    {"tammikuuta", 1},
    {"január", 1},
    {"şubat", 2},
    {"helmikuuta", 2},
    {"február", 2},
    {"pebruari", 2},
    {"mart", 3},
    {"maaliskuuta", 3},
    {"március", 3},
    {"márc", 3},
    {"maret", 3},
    {"nisan", 4},
    {"huhtikuuta", 4},
    {"április", 4},
    {"ápr", 4},
    {"mayıs", 5},
    {"toukokuuta", 5},
    {"május", 5},
    {"máj", 5},
    {"haziran", 6},
    {"kesäkuuta", 6},
    {"június", 6},
    {"jún", 6},
    {"temmuz", 7},
    {"heinäkuuta", 7},
    {"július", 7},
    {"júl", 7},
    {"ağustos", 8},
    {"elokuuta", 8},
    {"augusztus", 8},
    {"agustus", 8},
    {"eylül", 9},
    {"syyskuuta", 9},
    {"szeptember", 9},
    {"ekim", 10},
    {"lokakuuta", 10},
    {"október", 10},
    {"kasım", 11},
    {"marraskuuta", 11},
    {"nopember", 11},
    {"aralık", 12},
    {"joulukuuta", 12},
    // Chinese, Japanese
    {"一月", 1},
    {"二月", 2},
    {"三月", 3},
    {"四月", 4},
    {"五月", 5},
    {"六月", 6},
    {"七月", 7},
    {"八月", 8},
    {"九月", 9},
    {"十月", 10},
    {"十一月", 11},
    {"十二月", 12},
});

struct Zone {
  std::string_view name;
  int minutes;
};

constexpr auto kZones = std::to_array<Zone>({
    {"ut", 0},     {"utc", 0},     {"gmt", 0},    {"z", 0},      {"wet", 0},     {"est", -300},
    {"edt", -240}, {"et", -300},   {"cst", -360}, {"cdt", -300}, {"ct", -360},   {"mst", -420},
    {"mdt", -360}, {"mt", -420},   {"pst", -480}, {"pdt", -420}, {"pt", -480},   {"ast", -240},
    {"adt", -180}, {"at", -240},   {"nst", -210}, {"ndt", -150}, {"akst", -540}, {"akdt", -480},
    {"hst", -600}, {"hast", -600}, {"cet", 60},   {"cest", 120}, {"met", 60},    {"mest", 120},
    {"mez", 60},   {"mesz", 120},  {"west", 60},  {"bst", 60},   {"ist", 330},   {"eet", 120},
    {"eest", 180}, {"msk", 180},   {"msd", 240},  {"trt", 180},  {"sast", 120},  {"cat", 120},
    {"eat", 180},  {"wat", 60},    {"gst", 240},  {"pkt", 300},  {"npt", 345},   {"wib", 420},
    {"wita", 480}, {"wit", 540},   {"ict", 420},  {"hkt", 480},  {"sgt", 480},   {"pht", 480},
    {"awst", 480}, {"jst", 540},   {"kst", 540},  {"acst", 570}, {"acdt", 630},  {"aest", 600},
    {"aedt", 660}, {"nzst", 720},  {"nzdt", 780}, {"brt", -180}, {"brst", -120}, {"art", -180},
    {"clt", -240}, {"clst", -180}, {"cot", -300}, {"pet", -300}, {"uyt", -180},
});

std::string ToLower(std::string_view word) {
  std::string lower;
  for (std::size_t at = 0; at < word.size();) {
    const auto c = static_cast<UChar32>(schemas::NextCodePoint(word, at));
    schemas::AppendUtf8(lower, static_cast<char32_t>(u_tolower(c)));
  }
  return lower;
}

std::size_t CountCodePoints(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
  }));
}

}  // namespace

std::optional<unsigned> MonthByName(std::string_view word) {
  if (word.size() < 3 || word.size() > 40) return std::nullopt;
  // What nearly every date says, before the whole table.
  constexpr std::string_view kEnglish = "janfebmaraprmayjunjulaugsepoctnovdec";
  for (std::size_t i = 0; word.size() == 3 && i < kEnglish.size(); i += 3) {
    if (schemas::EqualsIgnoringCase(word, kEnglish.substr(i, 3)))
      return static_cast<unsigned>(i / 3 + 1);
  }
  constexpr std::string_view kWeekdays = "montuewedthufrisatsun";
  for (std::size_t i = 0; word.size() == 3 && i < kWeekdays.size(); i += 3) {
    if (schemas::EqualsIgnoringCase(word, kWeekdays.substr(i, 3))) return std::nullopt;
  }
  const std::string lower = ToLower(word);
  for (const auto& month : kMonths) {
    if (month.name == lower) return month.number;
  }
  if (CountCodePoints(lower) < 3) return std::nullopt;
  for (const auto& month : kMonths) {
    if (month.name.starts_with(lower)) return month.number;
  }
  return std::nullopt;
}

std::optional<int> ZoneByName(std::string_view word) {
  if (word.size() > 4) return std::nullopt;
  const std::string lower = schemas::ToLowerAscii(word);
  for (const auto& zone : kZones) {
    if (zone.name == lower) return zone.minutes * 60;
  }
  return std::nullopt;
}

}  // namespace saunter::crawler::feed::formats
