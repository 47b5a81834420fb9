// The names of the frames that throw_site.cpp writes down. With TROUPE_HAVE_LIBBACKTRACE from the
// debug information, and from the symbol table where there is none, so that static functions have
// names too; otherwise from dladdr, which knows exported functions only.

#include <troupe/internal/throw_site.hpp>

#include <dlfcn.h>

#include <cstdint>
#include <cstdio>
#include <mutex>
#include <string_view>

#ifdef TROUPE_HAVE_LIBBACKTRACE
#include <backtrace.h>
#endif

namespace troupe::internal {
namespace {

std::string_view base_name(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string hexadecimal(const void* address) {
  char text[2 + 2 * sizeof(void*) + 1];
  std::snprintf(text, sizeof text, "%p", address);
  return text;
}

std::string without_debug_information(void* frame) {
  Dl_info found{};
  if (dladdr(frame, &found) == 0) return hexadecimal(frame);
  std::string line = found.dli_sname != nullptr ? demangle(found.dli_sname) : hexadecimal(frame);
  if (found.dli_fname != nullptr) line.append(" (").append(base_name(found.dli_fname)).append(")");
  return line;
}

#ifdef TROUPE_HAVE_LIBBACKTRACE

struct frame_lines {
  std::vector<std::string>& lines;
  void* frame;
  bool named = false;
  std::string place = {};  // of the last line: " (file:line)"
};

void ignore_error(void*, const char*, int) {}

// Called once for the function and once for each that was inlined at the address, innermost first.
int add_line(void* data, std::uintptr_t, const char* file, int number, const char* function) {
  auto& out = *static_cast<frame_lines*>(data);
  if (function == nullptr) return 0;
  std::string line = demangle(function);
  out.place.clear();
  if (file != nullptr) {
    // Line tables alone (-g1) name an inlined function without its namespace.
    const bool standard = std::string_view(file).find("/include/c++/") != std::string_view::npos;
    if (standard && !line.starts_with("std::")) line.insert(0, "std::");
    out.place.append(" (").append(base_name(file)).append(":");
    out.place.append(std::to_string(number)).append(")");
  }
  out.lines.push_back(line + out.place);
  out.named = true;
  return 0;
}

// The last line is the function that the others were inlined into: the symbol table has its full
// name.
void qualify(void* data, std::uintptr_t, const char* symbol, std::uintptr_t, std::uintptr_t) {
  auto& out = *static_cast<frame_lines*>(data);
  if (symbol != nullptr) out.lines.back() = demangle(symbol) + out.place;
}

void add_symbol(void* data, std::uintptr_t, const char* symbol, std::uintptr_t, std::uintptr_t) {
  auto& out = *static_cast<frame_lines*>(data);
  if (symbol == nullptr) return;
  std::string line = demangle(symbol);
  Dl_info module{};
  if (dladdr(out.frame, &module) != 0 && module.dli_fname != nullptr) {
    line.append(" (").append(base_name(module.dli_fname)).append(")");
  }
  out.lines.push_back(std::move(line));
  out.named = true;
}

void add_frame(backtrace_state* state, void* frame, std::vector<std::string>& lines) {
  frame_lines out{.lines = lines, .frame = frame};
  const auto pc = reinterpret_cast<std::uintptr_t>(frame);
  if (state != nullptr) {
    backtrace_pcinfo(state, pc, &add_line, &ignore_error, &out);
    backtrace_syminfo(state, pc, out.named ? &qualify : &add_symbol, &ignore_error, &out);
  }
  if (!out.named) lines.push_back(without_debug_information(frame));
}

#endif

}  // namespace

std::vector<std::string> symbolize(std::span<void* const> frames) {
  std::vector<std::string> lines;
  lines.reserve(frames.size());
#ifdef TROUPE_HAVE_LIBBACKTRACE
  // libbacktrace never frees its state: one for the process, and one caller at a time.
  static std::mutex one_at_a_time;
  const std::scoped_lock lock(one_at_a_time);
  static backtrace_state* const state = backtrace_create_state(nullptr, 1, &ignore_error, nullptr);
  for (void* frame : frames) add_frame(state, frame, lines);
#else
  for (void* frame : frames) lines.push_back(without_debug_information(frame));
#endif
  return lines;
}

bool names_all_functions() noexcept {
#ifdef TROUPE_HAVE_LIBBACKTRACE
  return true;
#else
  return false;
#endif
}

}  // namespace troupe::internal
