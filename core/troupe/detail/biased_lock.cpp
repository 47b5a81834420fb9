#include <troupe/detail/biased_lock.hpp>

#include <troupe/detail/process_barrier.hpp>

#include <array>
#include <cstddef>
#include <mutex>

namespace troupe::detail {

thread_local constinit thread_locks* my_locks = nullptr;

namespace {

constinit std::array<thread_locks, lock_bias<>::most_holders> holders{};

// Which of them are some thread's.
constinit spin_lock holders_lock;
constinit std::array<bool, holders.size()> lent{};

std::size_t index_of(const thread_locks& one) noexcept {
  return static_cast<std::size_t>(&one - holders.data());
}

}  // namespace

bias_candidate::bias_candidate() noexcept {
  const std::lock_guard held(holders_lock);
  for (std::size_t i = 0; i != holders.size(); ++i) {
    if (lent[i]) continue;
    lent[i] = true;
    my_locks = &holders[i];
    return;
  }
}

bias_candidate::~bias_candidate() {
  if (my_locks == nullptr) return;
  give_up();
  const std::lock_guard held(holders_lock);
  lent[index_of(*my_locks)] = false;
  my_locks = nullptr;
}

bool bias_candidate::take() noexcept {
  return my_locks != nullptr && has_process_barrier() &&
         bias_of_locks.take(*my_locks, index_of(*my_locks), process_barrier);
}

void bias_candidate::give_up() noexcept {
  if (my_locks != nullptr) bias_of_locks.give_up(*my_locks);
}

bool bias_candidate::has_it() noexcept {
  return my_locks != nullptr && bias_of_locks.is_of(*my_locks);
}

// Reads until the lock looks free, so that waiting does not take the cache line from its holder.
void wait_for(std::atomic<bool>& taken) noexcept {
  spin([&] {
    return !taken.load(std::memory_order_relaxed) &&
           !taken.exchange(true, std::memory_order_seq_cst);
  });
}

void settle_bias(std::uintptr_t lock) noexcept {
  bias_of_locks.settle(
      my_locks, lock, [](std::uint64_t index) -> thread_locks& { return holders[index]; },
      process_barrier, [](auto until) { spin(until); });
}

}  // namespace troupe::detail
