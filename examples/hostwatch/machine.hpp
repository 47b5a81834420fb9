#pragma once

// What hostwatch knows of the machine: how it is read from /proc, see proc(5), and how it is shown.

#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <ranges>
#include <sstream>

/// By name, for a core: share of time in programs, and in the kernel; a link or disk: bytes in and
/// out a second; a process: cores used, bytes of memory; a kind of memory: bytes.
using rows = std::map<std::string, std::array<double, 2>>;
struct snapshot {
  std::map<std::string, rows> readings;  // by source
  std::map<std::string, std::uint64_t> restarts;
  std::map<std::string, std::string> last_errors;
};

inline const double tick = 1.0 / static_cast<double>(sysconf(_SC_CLK_TCK));
inline std::vector<std::string> words_of(std::string line) {
  std::ranges::replace(line, ':', ' ');
  std::istringstream in(line);
  return {std::istream_iterator<std::string>(in), {}};
}
/// Columns at[1] and at[2] of lines with numbers there, not all 0; by the name in column at[0].
inline rows read_columns(const char* path, std::string_view prefix, std::array<std::size_t, 3> at,
                         double unit) {
  rows all;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const auto words = words_of(line);
    if (words.size() <= at[2] || !std::isdigit(words[at[2]][0])) continue;
    const std::string& name = words[at[0]];
    const std::array value{std::stod(words[at[1]]) * unit, std::stod(words[at[2]]) * unit};
    if (name.starts_with(prefix) && name != prefix && value[0] + value[1] > 0) all[name] = value;
  }
  return all;
}
inline rows read_processes() {
  rows all;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::string stat;
    std::getline(std::ifstream(entry.path() / "stat"), stat, '\0');
    const auto open = stat.find('('), close = stat.rfind(')');
    if (close == std::string::npos) continue;  // no process, or one that has just ended
    const auto words = words_of(stat.substr(close + 1));
    stat = stat.substr(0, open) + stat.substr(open + 1, close - open - 1);
    // A program may call itself anything, also something that a terminal would obey.
    std::ranges::replace_if(stat, [](char c) { return c < ' ' || c > '~'; }, '?');
    all[stat] = {(std::stod(words.at(11)) + std::stod(words.at(12))) * tick,
                 std::stod(words.at(21)) * static_cast<double>(sysconf(_SC_PAGESIZE))};
  }
  return all;
}

/// By name: how many of a row's values only grow, so that their growth is shown; who reads it.
inline const std::map<std::string, std::pair<std::size_t, rows (*)()>> sources{
    {"cpu", {2, [] { return read_columns("/proc/stat", "cpu", {0, 1, 3}, tick); }}},
    {"memory", {0, [] { return read_columns("/proc/meminfo", "Mem", {0, 1, 1}, 1024); }}},
    {"network", {2, [] { return read_columns("/proc/net/dev", "", {0, 1, 9}, 1); }}},
    {"disk", {2, [] { return read_columns("/proc/diskstats", "", {2, 5, 9}, 512); }}},
    {"process", {1, read_processes}}};
/// A second's growth since `before` of the busiest rows.
inline rows rates(std::size_t counted, rows& before, const rows& now, double seconds) {
  std::vector<std::pair<rows::mapped_type, std::string>> found;
  for (auto [name, value] : now) {
    const auto last = before.try_emplace(name, value).first->second;
    for (std::size_t i = 0; i != counted; ++i) value[i] = (value[i] - last[i]) / seconds;
    found.emplace_back(value, name);
  }
  std::ranges::sort(found, std::greater());
  before = now;
  rows busiest;
  for (auto& [value, name] : found | std::views::take(counted == 1 ? 5 : 64)) busiest[name] = value;
  return busiest;
}
inline std::string bytes(double n) {
  std::size_t unit = 0;
  for (; n >= 999.5 && unit != 4; ++unit) n /= 1024;
  return fmt::format("{:.{}f} {}", n, unit != 0 && n < 9.95 ? 1 : 0,
                     std::array{"B", "KiB", "MiB", "GiB", "TiB"}[unit]);
}
inline std::string json(snapshot now) {  // fmt writes maps and arrays as JSON does
  return fmt::format("{{\"readings\": {}, \"restarts\": {}, \"last_errors\": {}}}\n", now.readings,
                     now.restarts, now.last_errors);
}
inline std::string table(snapshot now, std::string out) {  // appended to `out`, no line end last
  const auto line = [&](std::string_view a, std::string_view b, std::string_view c) {
    out += fmt::format("{}{:27.27} {:>20} {:31.31}", out.ends_with('J') ? "" : "\n", a, b, c);
  };
  const auto percent = [](double share) { return fmt::format("{:.0f} %", share * 100); };
  const auto bar = [](double share) { return std::string(static_cast<unsigned>(share * 30), '#'); };
  const double total = std::max(1.0, now.readings["memory"]["MemTotal"][0]);
  const double used = total - now.readings["memory"]["MemAvailable"][0];
  line("memory", fmt::format("{} of {}", bytes(used), bytes(total)), bar(used / total));
  for (const auto& [name, busy] : now.readings["cpu"])
    line(name, percent(busy[0] + busy[1]), bar(std::min(busy[0] + busy[1], 1.0)));
  for (const std::string source : {"network", "disk", "process"}) {
    const bool process = source == "process";
    line("[" + source + "]", process ? "cpu" : "in a second", process ? "memory" : "out a second");
    for (const auto& [name, value] : now.readings[source])
      line(name, process ? percent(value[0]) : bytes(value[0]), bytes(value[1]));
  }
  line("[actor]", "restarts", "last error");
  for (const auto& [name, n] : now.restarts) line(name, std::to_string(n), now.last_errors[name]);
  return out;
}
