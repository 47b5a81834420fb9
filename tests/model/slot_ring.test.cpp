// The slots of a signal's value under every interleaving: no reader sees a slot that is being
// filled, each sees a value that is not older than the one before, and no slot is lost. Readers
// copy in two halves, with a step in between. The model is sequentially consistent, so it shows the
// protocol; what the memory orders are for is left to ThreadSanitizer.
#include <troupe/detail/slot_ring.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "atomic.hpp"
#include "explorer.hpp"

namespace {

template <std::size_t Slots>
using ring = troupe::detail::slot_ring<Slots, model::atomic>;

/// The ring with one of its rules broken: what a reader counts, or where, or what the writer looks
/// at before it fills a slot.
enum class rule : std::uint8_t { kept, count_after_looking, reuse_at_once, forget_the_count };

template <std::size_t Slots, rule Broken>
class broken_ring {
 public:
  static constexpr std::size_t none = ~std::size_t{0};

  std::size_t enter() {
    if constexpr (Broken == rule::count_after_looking) {
      const std::uint64_t seen = current_.load();
      current_.fetch_add(1);
      return (seen >> 8U) - 1;
    } else {
      return (current_.fetch_add(1) >> 8U) - 1;
    }
  }
  void leave(std::size_t slot) {
    if (slot != none) slots_[slot].left.fetch_add(1);
  }
  std::size_t claim() {
    for (std::size_t tries = 0; tries != Slots; ++tries) {
      last_ = (last_ + 1) % Slots;
      if (last_ != published_ && (Broken == rule::reuse_at_once || is_free(last_))) return last_;
    }
    return none;
  }
  std::size_t publish(std::size_t slot) {
    slots_[slot].entered = 0;
    slots_[slot].left.store(0);
    const std::uint64_t before = current_.exchange(std::uint64_t{slot + 1} << 8U);
    const std::size_t old = published_;
    if (old != none && Broken != rule::forget_the_count) slots_[old].entered = before & 0xFFU;
    published_ = slot;
    return old;
  }
  bool is_free(std::size_t slot) const { return slots_[slot].left.load() == slots_[slot].entered; }

 private:
  struct slot {
    model::atomic<std::uint64_t> left{0};
    std::uint64_t entered = 0;
  };
  model::atomic<std::uint64_t> current_{0};
  std::size_t published_ = none;
  std::size_t last_ = Slots - 1;
  std::array<slot, Slots> slots_{};
};

/// One writer of the values 1, 2, …, and readers that read `reads` times each.
template <class Ring, std::size_t Slots>
model::report explore(int writes, int readers, int reads, int max_preemptions = -1) {
  struct place {
    model::atomic<int> first{0};
    model::atomic<int> second{0};
  };
  struct world {
    Ring ring;
    std::array<place, Slots> places;
  };
  return model::explore(
      [=]() -> model::program {
        auto w = std::make_shared<world>();
        model::program all;
        all.threads.push_back([w, writes] {
          for (int n = 1; n <= writes; ++n) {
            std::size_t slot = w->ring.claim();
            for (; slot == Ring::none; slot = w->ring.claim()) model::pause();
            w->places[slot].first.store(n);
            w->places[slot].second.store(n);
            const std::size_t old = w->ring.publish(slot);
            if (old != Ring::none && w->ring.is_free(old)) {  // the value is let go of
              w->places[old].first.store(-1);
              w->places[old].second.store(-1);
            }
          }
        });
        for (int i = 0; i != readers; ++i) {
          all.threads.push_back([w, reads] {
            int last = 0;
            for (int n = 0; n != reads; ++n) {
              const std::size_t slot = w->ring.enter();
              if (slot != Ring::none) {
                const int first = w->places[slot].first.load();
                const int second = w->places[slot].second.load();
                model::check(first == second, "torn");
                model::check(first > 0, "let go of while it is read");
                model::check(first >= last, "older than the one before");
                last = first;
              } else {
                model::check(last == 0, "the value is gone");
              }
              w->ring.leave(slot);
            }
          });
        }
        all.finally = [w] {
          // Nobody reads any more: all slots but the present one are free.
          std::size_t free = 0;
          for (std::size_t i = 0; i != Slots; ++i) free += w->ring.is_free(i) ? 1U : 0U;
          model::check(free + 1 >= Slots, "a slot is lost");
          const std::size_t slot = w->ring.enter();
          model::check(slot != Ring::none && w->places[slot].first.load() > 0, "no value");
        };
        return all;
      },
      {.max_preemptions = max_preemptions});
}

TEST(slot_ring_model, one_reader_sees_whole_values_in_order) {
  const auto found = explore<ring<2>, 2>(3, 1, 2);
  EXPECT_TRUE(found.ok()) << found.failure << " at " << found.schedule;
  EXPECT_GT(found.schedules, 100U);
}

TEST(slot_ring_model, two_readers_see_whole_values_in_order) {
  const auto found = explore<ring<3>, 3>(4, 2, 2);
  EXPECT_TRUE(found.ok()) << found.failure << " at " << found.schedule;
  EXPECT_GT(found.schedules, 1000U);
}

TEST(slot_ring_model, two_readers_that_read_again_see_whole_values_with_few_preemptions) {
  const auto found = explore<ring<2>, 2>(4, 2, 2, 3);
  EXPECT_TRUE(found.ok()) << found.failure << " at " << found.schedule;
  EXPECT_GT(found.schedules, 1000U);
}

// So that the model is known to see what it is for.
TEST(slot_ring_model, the_copy_that_keeps_all_rules_passes) {
  const auto found = explore<broken_ring<2, rule::kept>, 2>(3, 1, 2);
  EXPECT_TRUE(found.ok()) << found.failure << " at " << found.schedule;
}
TEST(slot_ring_model, a_reader_that_counts_itself_after_it_looked_reads_what_is_being_filled) {
  EXPECT_FALSE((explore<broken_ring<2, rule::count_after_looking>, 2>(3, 1, 2).ok()));
}
TEST(slot_ring_model, a_writer_that_does_not_look_for_readers_fills_what_is_read) {
  EXPECT_FALSE((explore<broken_ring<2, rule::reuse_at_once>, 2>(3, 1, 2).ok()));
}
TEST(slot_ring_model, a_writer_that_forgets_how_many_have_entered_is_caught) {
  EXPECT_FALSE((explore<broken_ring<2, rule::forget_the_count>, 2>(3, 1, 2).ok()));
}

}  // namespace
