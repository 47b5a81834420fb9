#include <troupe/internal/thread_stack.hpp>

#include <pthread.h>
#include <signal.h>
#include <unwind.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <mutex>
#include <thread>

namespace troupe::internal {
namespace {

enum class stage : int { idle, asked, taken, done };

struct stack_request {
  // See the protocol. done is a release store, read with acquire: the frames are there.
  std::atomic<stage> at{stage::idle};
  std::atomic<std::uint64_t> thread{0};
  captured_stack stack{};
};

constinit stack_request request{};
constinit std::mutex one_at_a_time;

struct walk {
  captured_stack* into;
  bool in_own_frames = true;  // the handler's and the signal's, which are left out
};

_Unwind_Reason_Code visit(_Unwind_Context* context, void* data) {
  auto& so_far = *static_cast<walk*>(data);
  int before_instruction = 0;
  const std::uintptr_t ip = _Unwind_GetIPInfo(context, &before_instruction);
  if (ip == 0) return _URC_END_OF_STACK;
  // The frame that the signal came upon is the first whose address is that of an instruction to
  // come; what is before it is ours.
  if (so_far.in_own_frames) {
    if (before_instruction == 0) return _URC_NO_REASON;
    so_far.in_own_frames = false;
  }
  return so_far.into->add(ip, before_instruction != 0) ? _URC_NO_REASON : _URC_END_OF_STACK;
}

void write_frames_down(int) noexcept {
  const int before = errno;
  stage expected = stage::asked;
  if (request.thread.load() == static_cast<std::uint64_t>(pthread_self()) &&
      request.at.compare_exchange_strong(expected, stage::taken)) {
    request.stack.size = 0;
    walk walked{.into = &request.stack};
    _Unwind_Backtrace(&visit, &walked);
    request.at.store(stage::done, std::memory_order_release);
  }
  errno = before;
}

// False: the signal is somebody else's.
bool install(int signal) noexcept {
  struct sigaction now{};
  if (sigaction(signal, nullptr, &now) != 0) return false;
  if ((now.sa_flags & SA_SIGINFO) == 0 && now.sa_handler == &write_frames_down) return true;
  if ((now.sa_flags & SA_SIGINFO) != 0) return false;
  if (now.sa_handler != SIG_DFL && now.sa_handler != SIG_IGN) return false;
  struct sigaction ours{};
  ours.sa_handler = &write_frames_down;
  ours.sa_flags = SA_RESTART;
  sigemptyset(&ours.sa_mask);
  return sigaction(signal, &ours, nullptr) == 0;
}

bool wait_for_answer() {
  using std::chrono::milliseconds;
  using std::chrono::steady_clock;
  const auto until = steady_clock::now() + std::chrono::seconds(1);
  while (request.at.load(std::memory_order_acquire) != stage::done) {
    if (steady_clock::now() > until) {
      stage expected = stage::asked;
      if (request.at.compare_exchange_strong(expected, stage::idle)) return false;
    }
    std::this_thread::sleep_for(milliseconds(1));
  }
  return true;
}

}  // namespace

captured_stack stack_of_thread(std::uint64_t thread, int signal) {
  captured_stack found;
  if (signal == 0 || thread == 0) return found;
  const std::lock_guard held(one_at_a_time);
  if (!install(signal)) return found;
  request.thread.store(thread);
  request.at.store(stage::asked);
  if (pthread_kill(static_cast<pthread_t>(thread), signal) != 0) {
    request.at.store(stage::idle);
    return found;
  }
  if (wait_for_answer()) {
    found = request.stack;
    request.at.store(stage::idle);
  }
  return found;
}

}  // namespace troupe::internal
