#pragma once

// A place for code to run on with a stack of its own, and the switch between two of them, such that
// the sanitizers follow.

#include <ucontext.h>

#include <cstddef>
#include <vector>

#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#define MODEL_ASAN(...) __VA_ARGS__
#else
#define MODEL_ASAN(...)
#endif
#if __has_feature(thread_sanitizer)
#include <sanitizer/tsan_interface.h>
#define MODEL_TSAN(...) __VA_ARGS__
#else
#define MODEL_TSAN(...)
#endif

namespace model::detail {

class stack_context {
 public:
  stack_context() = default;
  stack_context(const stack_context&) = delete;
  stack_context& operator=(const stack_context&) = delete;
  ~stack_context() { forget_fiber(); }

  /// Makes this the context of the calling thread itself.
  void adopt_thread() { MODEL_TSAN(fiber_ = __tsan_get_current_fiber(); adopted_ = true;) }

  /// The next switch to this context calls `entry`, which calls `arrive` first and never returns.
  /// What was on its stack is dropped without unwinding.
  void prepare(void (*entry)()) {
    stack_.resize(std::size_t{256} << 10);
    MODEL_ASAN(__asan_unpoison_memory_region(stack_.data(), stack_.size());)
    forget_fiber();
    MODEL_TSAN(fiber_ = __tsan_create_fiber(0);)
    bottom_ = stack_.data();
    size_ = stack_.size();
    getcontext(&machine_);
    machine_.uc_stack.ss_sp = stack_.data();
    machine_.uc_stack.ss_size = stack_.size();
    makecontext(&machine_, entry, 0);
  }

  static void arrive([[maybe_unused]] stack_context& from) {
    MODEL_ASAN(__sanitizer_finish_switch_fiber(nullptr, &from.bottom_, &from.size_);)
  }

  void switch_to(stack_context& to) {
    MODEL_ASAN(void* fake = nullptr; __sanitizer_start_switch_fiber(&fake, to.bottom_, to.size_);)
    MODEL_TSAN(__tsan_switch_to_fiber(to.fiber_, 0);)
    swapcontext(&machine_, &to.machine_);
    MODEL_ASAN(__sanitizer_finish_switch_fiber(fake, nullptr, nullptr);)
  }

 private:
  void forget_fiber() {
    MODEL_TSAN(if (fiber_ != nullptr && !adopted_) __tsan_destroy_fiber(fiber_); fiber_ = nullptr;)
  }

  ucontext_t machine_{};
  std::vector<char> stack_;
  const void* bottom_ = nullptr;
  std::size_t size_ = 0;
  MODEL_TSAN(void* fiber_ = nullptr; bool adopted_ = false;)
};

}  // namespace model::detail
