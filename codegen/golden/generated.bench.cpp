// A message through a generated actor, and through one that is written by hand for the same
// messages: with one mailbox and with two.
#include <codegen/golden/accepted/order_tracker.gen.hpp>
#include <codegen/golden/accepted/supervision.gen.hpp>

#include <troupe/cast_inbox.hpp>
#include <troupe/runtime.hpp>
#include <troupe/serve.hpp>

#include <measure.hpp>

#include <cstdint>
#include <memory>

// The last message of a lap, with the id 0, is answered, so that the lap ends when all have been
// handled.
using done_inbox = troupe::cast_inbox<int>;

struct order_tracker : order_tracker_base {
  done_inbox* done = nullptr;
  void handle_new_order(Order order) const {
    if (order.id == 0) static_cast<void>(done->try_cast(1));
  }
  void handle_order_complete(Order) const {}
};

struct stopper : stopper_base {
  done_inbox* done = nullptr;
  void handle_finish(finish_request asked) const {
    if (asked.last == 0) static_cast<void>(done->try_cast(1));
  }
};

namespace {

using troupe::cast_inbox;
using troupe::context;
using troupe::result;
using troupe::runtime;
using troupe::task;

class tracker_by_hand : public troupe::actor {
 public:
  explicit tracker_by_hand(done_inbox& done) : actor("tracker"), done_(&done) {}
  auto new_order(Order order) { return new_orders_.cast(order); }

 protected:
  task<result<>> run(context ctx) override {
    co_return co_await troupe::serve(ctx,
                                     troupe::on(new_orders_,
                                                [this](Order order) {
                                                  if (order.id != 0) return;
                                                  static_cast<void>(done_->try_cast(1));
                                                }),
                                     troupe::on(complete_, [](Order) {}));
  }

 private:
  cast_inbox<Order> new_orders_{10};
  cast_inbox<Order> complete_{10};
  done_inbox* done_;
};

class stopper_by_hand : public troupe::actor {
 public:
  explicit stopper_by_hand(done_inbox& done) : actor("stopper"), done_(&done) {}
  auto finish(finish_request asked) { return asked_.cast(asked); }

 protected:
  task<result<>> run(context ctx) override {
    co_return co_await troupe::serve(ctx, troupe::on(asked_, [this](finish_request asked) {
                                       if (asked.last != 0) return;
                                       static_cast<void>(done_->try_cast(1));
                                     }));
  }

 private:
  cast_inbox<finish_request> asked_{10};
  done_inbox* done_;
};

template <class Send>
void stream(benchmark::State& state, runtime& rt, done_inbox& done, Send send) {
  bench::run_laps(state, rt, 50'000, [&](std::int64_t n) -> task<> {
    for (std::int64_t i = n; i-- != 0;) static_cast<void>(co_await send(static_cast<int>(i)));
    static_cast<void>(co_await done.receive());
  });
}

void two_mailboxes_by_hand(benchmark::State& state) {
  done_inbox done{1};
  runtime rt({.workers = 1});
  const auto actor = std::make_shared<tracker_by_hand>(done);
  rt.spawn(actor);
  stream(state, rt, done, [&](int i) { return actor->new_order({.id = i}); });
}
BENCHMARK(two_mailboxes_by_hand)->UseManualTime();

void two_mailboxes_generated(benchmark::State& state) {
  done_inbox done{1};
  runtime rt({.workers = 1});
  const order_tracker_tx tx = order_tracker_builder{.data = {.done = &done}}.spawn(rt);
  stream(state, rt, done, [&](int i) { return tx.new_order({.id = i}); });
}
BENCHMARK(two_mailboxes_generated)->UseManualTime();

void one_mailbox_by_hand(benchmark::State& state) {
  done_inbox done{1};
  runtime rt({.workers = 1});
  const auto actor = std::make_shared<stopper_by_hand>(done);
  rt.spawn(actor);
  stream(state, rt, done, [&](int i) { return actor->finish({.last = i}); });
}
BENCHMARK(one_mailbox_by_hand)->UseManualTime();

void one_mailbox_generated(benchmark::State& state) {
  done_inbox done{1};
  runtime rt({.workers = 1});
  const stopper_tx tx = stopper_builder{.data = {.done = &done}}.spawn(rt);
  stream(state, rt, done, [&](int i) { return tx.finish({.last = i}); });
}
BENCHMARK(one_mailbox_generated)->UseManualTime();

}  // namespace
