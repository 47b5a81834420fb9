#include <troupe/detail/process_barrier.hpp>
#include <troupe/detail/rcu.hpp>

#include <chrono>
#include <mutex>
#include <thread>
#include <vector>

namespace troupe::detail {

thread_local constinit rcu_thread rcu_self{};
constinit std::atomic<std::uint64_t> rcu_epoch{rcu_word<>::one_epoch};

namespace {

using word = rcu_word<>;

struct rcu_list {
  std::mutex lock;
  rcu_thread* first = nullptr;
  std::vector<std::uint32_t> free_indices;
  std::uint32_t indices = 0;
};

rcu_list& list() {
  static auto* const only = new rcu_list;  // outlives every thread
  return *only;
}

thread_local constinit bool listed = false;
thread_local constinit bool ended = false;

struct leave_at_exit {
  leave_at_exit() = default;
  leave_at_exit(const leave_at_exit&) = delete;
  leave_at_exit& operator=(const leave_at_exit&) = delete;
  ~leave_at_exit() {
    rcu_list& all = list();
    const std::lock_guard held(all.lock);
    rcu_thread** link = &all.first;
    while (*link != &rcu_self) link = &(*link)->next;
    *link = rcu_self.next;
    all.free_indices.push_back(rcu_self.index);
    rcu_self.word.leave_slowly();
    ended = true;
  }
};
thread_local leave_at_exit at_exit;

/// Puts the thread into the list. Readers with membarrier are on the fast path from then on.
void join_list() {
  rcu_list& all = list();
  const std::lock_guard held(all.lock);
  all.free_indices.reserve(all.indices + 1);  // so that leaving takes no memory
  if (all.free_indices.empty()) {
    rcu_self.index = all.indices++;
  } else {
    rcu_self.index = all.free_indices.back();
    all.free_indices.pop_back();
  }
  rcu_self.next = all.first;
  all.first = &rcu_self;
  listed = true;
  static_cast<void>(&at_exit);
  if (has_process_barrier()) rcu_self.word.leave();
}

/// For a loop that waits for a reader: it may have to get a core first.
class patience {
 public:
  void operator()() {
    if (++rounds_ < 100) {
      std::this_thread::yield();
    } else {
      std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
  }

 private:
  int rounds_ = 0;
};

}  // namespace

bool rcu_enter_slowly(std::uint64_t before) noexcept {
  if (before != word::slow) return false;  // inside another section
  if (!ended && !listed) {
    join_list();
    if (rcu_self.word.load() == 0) return true;
  }
  if (ended) list().lock.lock();
  rcu_self.word.enter_slowly(rcu_epoch.load(std::memory_order_acquire));
  return false;
}

void rcu_leave_slowly(std::uint64_t before) noexcept {
  if (before != word::slow) return;
  rcu_self.word.leave_slowly();
  if (ended) list().lock.unlock();
}

void rcu_wait() noexcept {
  rcu_list& all = list();
  const std::lock_guard held(all.lock);
  const std::uint64_t epoch = rcu_epoch.load(std::memory_order_relaxed) + word::one_epoch;
  rcu_epoch.store(epoch, std::memory_order_release);
  if (has_process_barrier()) process_barrier();
  for (const rcu_thread* one = all.first; one != nullptr; one = one->next) {
    one->word.wait_for(epoch, patience());
  }
}

}  // namespace troupe::detail
