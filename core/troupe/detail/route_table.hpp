#pragma once

// What a router reads when it chooses: the table of routees, which never changes once it is
// published, and each thread's place in the round. How they are replaced: router.hpp.

#include <troupe/detail/pooled.hpp>
#include <troupe/detail/rcu.hpp>
#include <troupe/detail/scheduler.hpp>
#include <troupe/detail/split_mix.hpp>
#include <troupe/error.hpp>

#include <algorithm>
#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace troupe {

/// A routee's name within its router: what router::sticky goes by, whatever place the routee has.
/// Any number; `routee_id{7}`.
enum class routee_id : std::uint64_t {};

namespace detail {

/// A key or a name as 64 bits that look random.
[[nodiscard]] constexpr std::uint64_t scatter(std::uint64_t of) noexcept { return split_mix(of); }

template <class Key>
std::uint64_t hash_of_key(const Key& key) {
  if constexpr (std::integral<Key> || std::is_enum_v<Key>) {
    return scatter(static_cast<std::uint64_t>(key));
  } else if constexpr (std::convertible_to<const Key&, std::string_view>) {
    return scatter(std::hash<std::string_view>()(key));
  } else {
    constexpr bool hashable = requires { std::hash<Key>()(key); };
    static_assert(hashable,
                  "router::sticky(key): the key must be a number, a text, or anything that "
                  "std::hash takes");
    if constexpr (hashable) return scatter(std::hash<Key>()(key));
  }
}

/// Rendezvous hashing (Thaler and Ravishankar, 1998): each routee draws a number from its name and
/// the key, and the highest wins. So a routee that leaves gives up the keys it had won, one that
/// joins takes those it wins, and no other key moves. `names` and `key` are scattered; not empty.
[[nodiscard]] inline std::size_t heaviest(const std::vector<std::uint64_t>& names,
                                          std::uint64_t key) noexcept {
  std::size_t best = 0;
  std::uint64_t most = 0;
  for (std::size_t i = 0; i != names.size(); ++i) {
    std::uint64_t weight = (names[i] ^ key) * 0xbf58476d1ce4e5b9ULL;
    weight = (weight ^ (weight >> 32U)) * 0x94d049bb133111ebULL;
    best = weight > most ? i : best;
    most = std::max(most, weight);
  }
  return best;
}

/// The first with the smallest load, looked at in a round from `start`.
template <class Load>
std::size_t lightest(std::size_t start, std::size_t many, Load load) {
  std::size_t best = start;
  std::size_t least = load(start);
  for (std::size_t i = 1; i < many && least != 0; ++i) {
    const std::size_t at = start + i < many ? start + i : start + i - many;
    if (const std::size_t here = load(at); here < least) {
      least = here;
      best = at;
    }
  }
  return best;
}

/// One thread's place in the round of one router, and its random numbers. Atomic only because
/// threads share one when there are very many: then they may draw the same.
class alignas(64) route_cursor {
 public:
  /// What quick_... give when the cursor has to be prepared first.
  static constexpr std::size_t unprepared = ~std::size_t{0};

  [[nodiscard]] std::size_t quick_advance(std::size_t many) noexcept {
    std::size_t at = next_.load(std::memory_order_relaxed);
    if (at >= many) [[unlikely]] {
      if (at == unprepared || many == 0) [[unlikely]]
        return unprepared;
      at = 0;
    }
    next_.store(at + 1, std::memory_order_relaxed);
    return at;
  }
  /// Where the round stands, for one who goes on behind the one that it chooses from there.
  template <class Start>
  [[nodiscard]] std::size_t place(std::size_t many, Start start) noexcept {
    std::size_t at = next_.load(std::memory_order_relaxed);
    if (at == unprepared) at = start() % many;
    return at < many ? at : 0;
  }
  void go_on_behind(std::size_t chosen) noexcept {
    next_.store(chosen + 1, std::memory_order_relaxed);
  }
  [[nodiscard]] std::size_t quick_random(std::size_t many) noexcept {
    if (seeded_for_.load(std::memory_order_relaxed) != current.sched) [[unlikely]]
      return unprepared;
    return draw(many);
  }

  /// `start` is where the thread begins its first round.
  template <class Start>
  [[nodiscard]] std::size_t advance(std::size_t many, Start start) noexcept {
    if (next_.load(std::memory_order_relaxed) == unprepared) {
      next_.store(start() % many, std::memory_order_relaxed);
    }
    return quick_advance(many);
  }
  [[nodiscard]] std::size_t random_below(std::size_t many) noexcept {
    seed();
    return draw(many);
  }
  /// Two different ones; `many` is at least 2.
  [[nodiscard]] std::pair<std::size_t, std::size_t> two_below(std::size_t many) noexcept {
    const std::size_t a = random_below(many);
    const std::size_t b = draw(many - 1);
    return {a, b < a ? b : b + 1};
  }

 private:
  std::size_t draw(std::size_t many) noexcept {
    std::uint64_t state = state_.load(std::memory_order_relaxed);
    const std::uint64_t drawn = split_mix(state) >> 32U;
    state_.store(state, std::memory_order_relaxed);
    return static_cast<std::size_t>((drawn * many) >> 32U);
  }
  /// From the runtime that the thread is in, once; outside of runtimes, if there is no seed yet.
  void seed() noexcept;

  std::atomic<std::size_t> next_{unprepared};
  std::atomic<std::uint64_t> state_{0};
  // The scheduler that the seed came from; null: from outside of runtimes; this: there is none yet.
  std::atomic<const void*> seeded_for_{this};
};

/// A cursor for each thread.
class route_cursors {
 public:
  route_cursors();

  /// The calling thread's. It has been in an rcu_section before, and so has an index.
  [[nodiscard]] route_cursor& mine() noexcept { return each_[rcu_self.index & mask_]; }
  /// Where a thread begins its round: the first at the beginning, the second one further, ...
  [[nodiscard]] std::size_t next_start() noexcept {
    return starts_.fetch_add(1, std::memory_order_relaxed);
  }

 private:
  std::unique_ptr<route_cursor[]> each_;
  std::uint32_t mask_;
  std::atomic<std::size_t> starts_{0};
};

template <class F>
struct route_table {
  static constexpr std::size_t nowhere = ~std::size_t{0};

  std::vector<F> routees;
  std::vector<routee_id> ids;
  std::vector<std::uint64_t> names;                // the ids, scattered
  mutable std::atomic<std::size_t> references{1};  // the router's, and one for each call

  static std::unique_ptr<route_table> first(std::vector<F> of) {
    auto made = std::make_unique<route_table>();
    made->routees = std::move(of);
    for (std::size_t i = 0; i != made->routees.size(); ++i) made->name(routee_id{i});
    return made;
  }
  template <class... Routees>
  static std::vector<F> list(Routees... routees) {
    std::vector<F> made;
    made.reserve(sizeof...(Routees));
    (made.push_back(std::move(routees)), ...);
    return made;
  }
  [[nodiscard]] std::unique_ptr<route_table> with(routee_id id, F routee) const {
    auto made = std::make_unique<route_table>();
    made->routees.reserve(routees.size() + 1);
    for (std::size_t i = 0; i != routees.size(); ++i) made->append(ids[i], routees[i]);
    made->append(id, std::move(routee));
    return made;
  }
  [[nodiscard]] std::unique_ptr<route_table> without(std::size_t gone) const {
    auto made = std::make_unique<route_table>();
    made->routees.reserve(routees.size() - 1);
    for (std::size_t i = 0; i != routees.size(); ++i) {
      if (i != gone) made->append(ids[i], routees[i]);
    }
    return made;
  }

  [[nodiscard]] std::size_t find(routee_id id) const noexcept { return place_of(ids, id); }
  [[nodiscard]] std::size_t find(const F& routee) const { return place_of(routees, routee); }
  /// Counts `from` on.
  [[nodiscard]] routee_id unused_id(std::uint64_t& from) const noexcept {
    while (find(routee_id{from}) != nowhere) ++from;
    return routee_id{from++};
  }

  /// In a section, or while another reference is held.
  void retain() const noexcept { references.fetch_add(1, std::memory_order_relaxed); }
  void release() const noexcept {
    if (references.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

 private:
  template <class Values, class Value>
  static std::size_t place_of(const Values& in, const Value& value) {
    const auto found = std::find(in.begin(), in.end(), value);
    return found == in.end() ? nowhere : static_cast<std::size_t>(found - in.begin());
  }
  void append(routee_id id, F routee) {
    routees.push_back(std::move(routee));
    name(id);
  }
  void name(routee_id id) {
    ids.push_back(id);
    names.push_back(scatter(static_cast<std::uint64_t>(id)));
  }
};

/// A reference to a table, for calls that take longer than a section.
template <class F>
class route_table_ref {
 public:
  /// Inside a section.
  explicit route_table_ref(const route_table<F>& to) noexcept : to_(&to) { to.retain(); }
  route_table_ref(route_table_ref&& other) noexcept : to_(std::exchange(other.to_, nullptr)) {}
  route_table_ref& operator=(route_table_ref&&) = delete;
  ~route_table_ref() {
    if (to_ != nullptr) to_->release();
  }
  const std::vector<F>& operator*() const noexcept { return to_->routees; }
  const std::vector<F>* operator->() const noexcept { return &to_->routees; }

 private:
  const route_table<F>* to_;
};

}  // namespace detail
}  // namespace troupe
