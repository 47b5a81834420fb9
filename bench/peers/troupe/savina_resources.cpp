// Savina's BoundedBuffer, Philosophers and BankTransactions.

#include "measure.hpp"
#include "sink.hpp"

#include <array>
#include <cstddef>
#include <deque>
#include <memory>
#include <random>
#include <vector>

namespace peer {

namespace {

using troupe::result;
using troupe::task;

struct item {
  std::int64_t number;
};

// The buffer is a bounded inbox with several receivers, which is what such an inbox is.
task<> produce(troupe::cast_inbox<item>* buffer, std::int64_t many) {
  for (std::int64_t i = 0; i != many; ++i) {
    must((co_await buffer->cast({i})).has_value(), "not sent");
  }
}
task<> consume(troupe::cast_inbox<item>* buffer, std::int64_t many) {
  for (std::int64_t i = 0; i != many; ++i) {
    const auto got = co_await buffer->receive();
    must(got.has_value(), "not received");
    keep(got->number);
  }
}

measured bounded_buffer(const options& given) {
  const std::int64_t each = given.get("actors", 40);  // producers, and consumers
  troupe::cast_inbox<item> buffer(given.size("capacity", 50));
  troupe::runtime rt({.workers = given.workers()});
  auto got = measure(rt, given.get("ops", each * 1'000), each, [&](std::int64_t n) -> task<> {
    std::vector<troupe::join_handle<void>> running;
    for (std::int64_t i = 0; i != each; ++i) {
      troupe::spawn(produce(&buffer, n / each));
      running.push_back(troupe::spawn(consume(&buffer, n / each)));
    }
    for (auto& one : running) static_cast<void>(co_await one);
  });
  got.note = "the buffer is a bounded inbox, not an actor that manages one; no busy work";
  return got;
}

/// Owns the forks. A philosopher gets both of his, or neither.
class table : public troupe::actor {
 public:
  explicit table(std::size_t seats) : actor("table"), taken_(seats, false) {}
  auto hungry(std::size_t seat) { return hungry_.call(seat); }
  auto full(std::size_t seat) { return full_.cast(seat); }

 protected:
  task<result<>> run(troupe::context ctx) override {
    co_return co_await troupe::serve(
        ctx, troupe::on(full_, [this](std::size_t seat) { set(seat, false); }),
        troupe::on(hungry_, [this](std::size_t seat) {
          if (taken_[seat] || taken_[(seat + 1) % taken_.size()]) return false;
          set(seat, true);
          return true;
        }));
  }

 private:
  void set(std::size_t seat, bool to) {
    taken_[seat] = to;
    taken_[(seat + 1) % taken_.size()] = to;
  }

  troupe::call_inbox<std::size_t, bool> hungry_{32};
  troupe::cast_inbox<std::size_t> full_{32};
  std::vector<bool> taken_;
};

task<> dine(table* at, std::size_t seat, std::int64_t rounds) {
  for (std::int64_t i = 0; i != rounds; ++i) {
    while (!(co_await at->hungry(seat)).value_or(false)) {
    }
    must((co_await at->full(seat)).has_value(), "not told");
  }
}

measured philosophers(const options& given) {
  const std::int64_t seats = given.get("actors", 20);
  const auto at = std::make_shared<table>(static_cast<std::size_t>(seats));
  troupe::runtime rt({.workers = given.workers()});
  rt.spawn(at);
  auto got = measure(rt, given.get("ops", seats * 10'000), seats, [&](std::int64_t n) -> task<> {
    std::vector<troupe::join_handle<void>> running;
    for (std::int64_t i = 0; i != seats; ++i) {
      running.push_back(troupe::spawn(dine(at.get(), static_cast<std::size_t>(i), n / seats)));
    }
    for (auto& one : running) static_cast<void>(co_await one);
  });
  got.note = "ops are meals: rounds of each philosopher; asking again is part of a meal";
  return got;
}

class account;
struct transfer {
  int amount;
  account* to;
};

/// Money goes from an account to one behind it in the bank's order, so no two wait for each other.
class account : public troupe::actor {
 public:
  explicit account(sink* over) : actor("account"), over_(over) {}
  auto send(transfer what) { return transfers_.cast(what); }
  auto pay_in(int amount) { return payments_.call(amount); }

 protected:
  task<result<>> run(troupe::context ctx) override {
    co_return co_await troupe::serve(
        ctx,
        troupe::on(payments_,
                   [this](int amount) {
                     balance_ += amount;
                     return balance_;
                   }),
        troupe::on(transfers_, [this](transfer what) -> task<> { co_await carry_out(what); }));
  }

 private:
  task<> carry_out(transfer what) {
    balance_ -= what.amount;
    must((co_await what.to->pay_in(what.amount)).has_value(), "not paid");
    static_cast<void>(co_await over_->put(1));
  }

  troupe::call_inbox<int, std::int64_t> payments_{16};
  troupe::cast_inbox<transfer> transfers_{16};
  std::int64_t balance_ = 1'000'000;
  sink* over_;
};

measured bank_transactions(const options& given) {
  const auto accounts = given.size("actors", 1'000);
  const auto over = std::make_shared<sink>(64);
  std::vector<std::shared_ptr<account>> all;
  for (std::size_t i = 0; i != accounts; ++i) all.push_back(std::make_shared<account>(over.get()));
  std::minstd_rand random(1);
  troupe::runtime rt({.workers = given.workers()});
  rt.spawn(over);
  for (const auto& one : all) rt.spawn(one);
  return measure(rt, given.get("ops", 50'000), 1, [&](std::int64_t n) -> task<> {
    over->expect(n);
    for (std::int64_t i = 0; i != n; ++i) {
      const std::size_t from = random() % (accounts * 9 / 10);
      const std::size_t to = from + 1 + random() % (accounts - from - 1);
      static_cast<void>(co_await all[from]->send({.amount = 1, .to = all[to].get()}));
    }
    static_cast<void>(co_await over->all_here());
  });
}

}  // namespace

std::span<const workload> savina_resources() {
  static constexpr std::array all{workload{"BoundedBuffer", bounded_buffer},
                                  workload{"Philosophers", philosophers},
                                  workload{"BankTransactions", bank_transactions}};
  return all;
}

}  // namespace peer
