#include <troupe/internal/stop_signals.hpp>

#include <troupe/error.hpp>

#include <cerrno>
#include <cstring>
#include <ranges>
#include <string>

namespace troupe::internal {
namespace {

constinit std::atomic<bool> in_use{false};
constinit std::atomic<int> came{0};  // the signal; written by the handler, before it wakes `bed`
constinit parker bed{};

void note(int signal) noexcept {
  const int before = errno;
  came.store(signal);
  bed.wake();  // a system call, and allowed here
  errno = before;
}

}  // namespace

stop_signals::stop_signals(std::span<const int> signals, std::function<void(int)> told) {
  if (in_use.exchange(true)) {
    throw usage_error("runtime::run: another run() waits for signals already; only one can");
  }
  came.store(0);
  for (const int signal : signals) {
    struct sigaction ours{};
    ours.sa_handler = &note;
    ours.sa_flags = SA_RESTART;
    sigemptyset(&ours.sa_mask);
    struct sigaction old{};
    if (sigaction(signal, &ours, &old) != 0) {
      const std::string why = std::strerror(errno);
      restore();
      in_use.store(false);
      throw usage_error("runtime::run: signal " + std::to_string(signal) +
                        " cannot be handled: " + why);
    }
    before_.emplace_back(signal, old);
  }
  try {
    waiter_ = std::thread([this, told = std::move(told)] {
      while (came.load() == 0 && !ending_.load()) bed.sleep(never);
      if (came.load() == 0) return;
      restore();
      told(came.load());
    });
  } catch (...) {
    restore();
    in_use.store(false);
    throw;
  }
}

stop_signals::~stop_signals() {
  ending_.store(true);
  bed.wake();
  waiter_.join();
  restore();
  in_use.store(false);
}

void stop_signals::restore() noexcept {
  // Backwards: where one is named twice, its first entry is what was there.
  for (const auto& [signal, old] : std::views::reverse(before_)) sigaction(signal, &old, nullptr);
  before_.clear();
}

}  // namespace troupe::internal
