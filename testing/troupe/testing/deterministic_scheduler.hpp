#pragma once

// The scheduler behind deterministic_runtime: a list of what is ready, and a seeded choice among
// it.

#include <troupe/detail/fiber.hpp>
#include <troupe/detail/scheduler.hpp>
#include <troupe/testing/manual_clock.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace troupe::testing {

class deterministic_scheduler final : public detail::scheduler {
 public:
  explicit deterministic_scheduler(std::uint64_t seed) noexcept : seed_(seed), random_(seed) {}

  bool step();
  std::size_t run_until_idle(std::size_t most);
  void advance_to(time_point until, std::size_t most);
  [[nodiscard]] std::optional<time_point> next_timer() const;
  [[nodiscard]] std::uint64_t seed() const noexcept { return seed_; }
  [[nodiscard]] std::uint64_t trace() const noexcept { return trace_; }
  [[nodiscard]] std::size_t alive() const noexcept { return alive_; }

  void schedule(detail::fiber& woken) noexcept override { ready_.push_back({&woken, nullptr}); }
  void yield(detail::fiber& running) noexcept override { schedule(running); }
  [[nodiscard]] time_point now() const noexcept override { return clock_.now(); }
  void add_timer(detail::timer_node& node) override;
  bool remove_timer(detail::timer_node& node) noexcept override;
  void expire(detail::context_state& owned) noexcept override { expired_.push_back(&owned); }
  bool submit_blocking(detail::blocking_job& job) override;
  bool wait(detail::blocker& what, time_point until) override;
  bool wait_until_empty(time_point until, const std::atomic<bool>* enough) override;
  [[nodiscard]] std::uint64_t random_seed() noexcept override { return random(); }
  [[nodiscard]] std::size_t workers() const noexcept override { return 1; }
  [[nodiscard]] bool is_simulated() const noexcept override { return true; }
  void start() override {}
  [[nodiscard]] bool started() const noexcept override { return true; }
  void stop() noexcept override {
    stopped_ = true;
    look_ = nullptr;
  }
  void look_with(detail::periodic_look& eyes) override { look_ = &eyes; }
  void health_was_set(const detail::actor_slot& of) const noexcept override {
    if (look_ == nullptr) return;
    look_->health_was_set(of);
    next_look_ = clock_.now();
  }
  void visit_workers(void (*)(const detail::worker_view&, void*), void*) const override {}
  [[nodiscard]] std::uint64_t progress() const noexcept override { return turns_; }
  [[nodiscard]] bool quiet() const noexcept override { return ready_.empty(); }
  [[nodiscard]] std::size_t fibers() const noexcept override { return alive_; }
  void fiber_started() noexcept override { ++alive_; }
  void fiber_ended() noexcept override { --alive_; }

 private:
  struct work {
    detail::fiber* one;
    detail::blocking_job* job;
  };
  using timer_key = std::pair<time_point, std::uint64_t>;

  std::uint64_t random() noexcept;
  void run_fiber(detail::fiber& one);
  void fire_due();
  void look_if_due();

  std::uint64_t seed_;
  std::uint64_t random_;
  std::uint64_t trace_ = 14695981039346656037ULL;  // FNV-1a's offset basis
  manual_clock clock_;
  std::vector<work> ready_;
  std::set<std::pair<timer_key, detail::timer_node*>> timers_;
  std::uint64_t timer_sequence_ = 0;
  std::vector<detail::context_state*> expired_;
  std::size_t alive_ = 0;
  std::uint64_t turns_ = 0;
  detail::periodic_look* look_ = nullptr;
  mutable time_point next_look_ = never;
  bool stopped_ = false;
};

}  // namespace troupe::testing
