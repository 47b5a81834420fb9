#include <troupe/router.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <random>
#include <thread>

namespace troupe::detail {

namespace {

/// A power of two, at least as many as threads run at once.
std::uint32_t cursors_of_a_router() noexcept {
  static const std::uint32_t many =
      std::bit_ceil(std::clamp(2 * std::thread::hardware_concurrency(), 8U, 64U));
  return many;
}

}  // namespace

route_cursors::route_cursors()
    : each_(std::make_unique<route_cursor[]>(cursors_of_a_router())),
      mask_(cursors_of_a_router() - 1) {}

void route_cursor::seed() noexcept {
  scheduler* const now = current.sched;
  const void* const before = seeded_for_.load(std::memory_order_relaxed);
  if (before == now || (now == nullptr && before != this)) return;
  const std::uint64_t seed = now != nullptr ? now->random_seed() : std::random_device()();
  state_.store(seed, std::memory_order_relaxed);
  seeded_for_.store(now, std::memory_order_relaxed);
}

void check_strategy(unsigned strategy, bool has_load) {
  switch (static_cast<routing>(strategy)) {
    case routing::round_robin:
    case routing::random: return;
    case routing::least_loaded:
      if (has_load) return;
      throw usage_error(
          "router: least_loaded needs the load of a routee; give the constructor a load function, "
          "or routees for which routee->size() is a number");
  }
  throw usage_error(
      fmt::format("router: there is no routing strategy {}; use routing::round_robin, "
                  "routing::random or routing::least_loaded",
                  strategy));
}

void check_retry_limit(std::size_t limit) {
  if (limit == 0) {
    throw usage_error("router::retry: a limit of 0 tries nobody; give 1 or more");
  }
}

void refuse_change_while_reading() {
  if (rcu_inside()) {
    throw usage_error(
        "router: add or remove inside of a load function or of the copy of a routee; change the "
        "routees outside of them");
  }
}

std::unexpected<error> no_routee(const char* operation) {
  return fail(errc::no_target, fmt::format("router::{}: the router has no routees", operation));
}
std::unexpected<error> routee_exists(routee_id id) {
  return fail(errc::invalid_argument,
              fmt::format("router::add: another routee has the id {}; remove that first",
                          static_cast<std::uint64_t>(id)));
}
std::unexpected<error> no_such_routee() {
  return fail(errc::not_found, "router::remove: the router has no such routee");
}

result<> fan_in::sum_up(result<> waited) const {
  for (const part& one : parts) {
    if (one.thrown) std::rethrow_exception(one.thrown);
  }
  if (!waited) return waited;
  for (const part& one : parts) {
    if (!one.outcome) return one.outcome;
  }
  return {};
}

}  // namespace troupe::detail
