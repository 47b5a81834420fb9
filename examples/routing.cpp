// A petrol station: cars go to the least busy of three pumps, one that cannot serve a car passes it
// on, and the office hears of each car that was served. A router and an outbox between actors.

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <troupe/outbox.hpp>
#include <troupe/router.hpp>
#include <troupe/troupe.hpp>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using troupe::context, troupe::errc, troupe::result, troupe::task;

struct car {
  int number;
  bool diesel;
};
struct served {
  int car;
  int pump;
};

// [outbox]
class pump : public troupe::actor {
 public:
  explicit pump(int number) : actor("pump"), number_(number) {}

  auto fill(car c) { return cars_.call(c); }         // awaitable -> result<int>
  std::size_t size() const { return cars_.size(); }  // how many wait: its load
  troupe::outbox<served> done;                       // whoever wants to hear of it subscribes

 protected:
  task<result<>> run(context ctx) override {
    co_return co_await troupe::serve(
        ctx, troupe::on(cars_, [this](car c) -> task<result<int>> {
          if (c.diesel && number_ != 3) co_return troupe::fail(errc::refused);
          static_cast<void>(co_await troupe::sleep_for(1ms));
          static_cast<void>(co_await done.emit(served{c.number, number_}));
          co_return number_;
        }));
  }

 private:
  int number_;
  troupe::call_inbox<car, int> cars_{16};
};
// [outbox]

// [subscribe]
class office : public troupe::actor {
 public:
  explicit office(const std::vector<std::shared_ptr<pump>>& pumps) : actor("office") {
    for (const auto& one : pumps) {
      heard_.push_back(one->done.subscribe([this](const served& s) { return told_.try_cast(s); }));
    }
  }
  auto bills() { return asked_.call(get_bills{}); }

 protected:
  task<result<>> run(context ctx) override {
    co_return co_await troupe::serve(ctx, troupe::on(told_, [this](served) { ++bills_; }),
                                     troupe::on(asked_, [this](get_bills) { return bills_; }));
  }

 private:
  struct get_bills {};
  troupe::cast_inbox<served> told_{64};
  troupe::call_inbox<get_bills, int> asked_{4};
  int bills_ = 0;
  std::vector<troupe::outbox_subscription> heard_;  // the last member: unsubscribes first
};
// [subscribe]

using pumps = troupe::router<std::shared_ptr<pump>>;

// [route]
task<result<int>> serve_car(std::shared_ptr<pumps> to, car c) {
  co_return co_await to->retry(3, [c](std::shared_ptr<pump> one) { return one->fill(c); });
}
// [route]

int main() {
  std::vector<std::shared_ptr<pump>> all;
  for (int n = 1; n <= 3; ++n) all.push_back(std::make_shared<pump>(n));
  auto desk = std::make_shared<office>(all);
  auto to = std::make_shared<pumps>(troupe::routing::least_loaded, all);

  troupe::runtime rt;
  for (const auto& one : all) rt.spawn(one);
  rt.spawn(desk);
  std::vector<troupe::join_handle<result<int>>> cars;
  for (int n = 0; n != 30; ++n) cars.push_back(rt.spawn(serve_car(to, car{n, n % 5 == 0})));
  int filled = 0;
  bool right = true;
  for (int n = 0; n != 30; ++n) {
    const auto by = rt.block_on(cars[static_cast<std::size_t>(n)]);
    filled += by && *by ? 1 : 0;
    right = right && by && *by && (n % 5 != 0 || **by == 3);
  }
  int bills = 0;  // the last cast may still be on its way
  while (bills != filled) bills = rt.block_on(desk->bills()).value_or(filled);
  rt.shutdown();
  fmt::print("{} cars filled, {} bills\n", filled, bills);
  return right && filled == 30 ? 0 : 1;
}
