#include <troupe/detail/biased_lock.hpp>

#include <troupe/detail/process_barrier.hpp>

#include <array>
#include <cstddef>
#include <mutex>
#include <utility>

namespace troupe::detail {

thread_local constinit thread_locks* my_locks = nullptr;

namespace {

constinit std::array<thread_locks, lock_bias<>::most_holders> holders{};

// Which of them are some thread's.
constinit spin_lock holders_lock;
constinit std::array<bool, holders.size()> lent{};
thread_local constinit thread_locks* lent_to_me = nullptr;

std::size_t index_of(const thread_locks& one) noexcept {
  return static_cast<std::size_t>(&one - holders.data());
}

}  // namespace

bias_candidate::bias_candidate() noexcept {
  const std::lock_guard held(holders_lock);
  for (std::size_t i = 0; i != holders.size(); ++i) {
    if (lent[i]) continue;
    lent[i] = true;
    lent_to_me = &holders[i];
    return;
  }
}

bias_candidate::~bias_candidate() {
  give_up();
  if (lent_to_me == nullptr) return;
  const std::lock_guard held(holders_lock);
  lent[index_of(*lent_to_me)] = false;
  lent_to_me = nullptr;
}

bool bias_candidate::take() noexcept {
  if (lent_to_me == nullptr || my_locks != nullptr || !has_process_barrier() ||
      !bias_of_locks.take(*lent_to_me, index_of(*lent_to_me), process_barrier)) {
    return false;
  }
  my_locks = lent_to_me;
  return true;
}

void bias_candidate::give_up() noexcept {
  if (my_locks != nullptr) bias_of_locks.give_up(*std::exchange(my_locks, nullptr));
}

bool bias_candidate::has_it() noexcept {
  return my_locks != nullptr && bias_of_locks.is_of(*my_locks);
}

void settle_bias(std::uintptr_t lock) noexcept {
  bias_of_locks.settle(
      my_locks, lock, [](std::uint64_t index) -> thread_locks& { return holders[index]; },
      process_barrier, [](auto until) { spin(until); });
}

}  // namespace troupe::detail
