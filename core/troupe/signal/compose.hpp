#pragma once

// Signals from signals, in one line each. Every one of them is a signal of its own, to be put under
// a supervisor with the others: signal_tree gives a signal together with all that it is made from.
//
//     auto celsius = troupe::map(fahrenheit, [](double f) { return (f - 32) / 1.8; });
//     auto warm    = troupe::filter(celsius, [](double c) { return c > 20; });
//     auto comfort = troupe::combine([](double c, double h) { return c - h / 10; }, celsius,
//     humid); troupe::supervisor root("climate", {.children = troupe::signal_tree(warm, comfort)});
//
// The name, which logs and reports show, is put together from those of the sources; named() makes
// one with a name of your choice:
//
//     auto comfort = troupe::named("comfort").combine(f, celsius, humid);
//
// Functions are kept alive, called by one at a time, and may keep state. What is said in
// computed_signal.hpp holds for all of them: values in order, no mixture of old and new, failures.
// A source tells of changes only: for a mean over measurements, or a window, that is to see equal
// ones too, make the measuring signal with .equal = never_equal.

#include <troupe/child_spec.hpp>
#include <troupe/signal/computed_signal.hpp>
#include <troupe/signal/sampled_signal.hpp>

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace troupe {

/// The last N values of a signal, oldest first; fewer as long as there have not been as many.
template <class V, std::size_t N>
class last_values {
  static_assert(N > 0);

 public:
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] const V& operator[](std::size_t i) const noexcept { return *values_[i]; }
  [[nodiscard]] const V& front() const noexcept { return *values_[0]; }
  [[nodiscard]] const V& back() const noexcept { return *values_[size_ - 1]; }

  void add(const V& value) {
    if (size_ == N) {
      for (std::size_t i = 1; i != N; ++i) values_[i - 1] = std::move(values_[i]);
    } else {
      ++size_;
    }
    values_[size_ - 1] = value;
  }

 private:
  std::array<std::optional<V>, N> values_{};
  std::size_t size_ = 0;
};

template <class S>
using signal_of = std::shared_ptr<signal<typename S::value_type>>;

namespace detail {

/// An update from a function of the whole input_set.
template <class V, class F>
class set_update final : public update_of<V> {
 public:
  explicit set_update(F function) : function_(std::move(function)) {}
  update_outcome<V> make(const input_set& inputs, task<update_outcome<V>>&) override {
    return function_(inputs);
  }

 private:
  F function_;
};

template <class V, class F>
std::shared_ptr<computed_signal<V>> make_computed(const std::string& name, F function,
                                                  std::vector<std::shared_ptr<signal_base>> sources,
                                                  bool aligned = true,
                                                  signal_options<V> options = {}) {
  return std::make_shared<computed_signal<V>>(
      name, computed_options<V>{.signal = std::move(options)},
      std::make_unique<set_update<V, F>>(std::move(function)), std::move(sources), aligned);
}

/// "map(load)": for a signal that was not given a name.
[[nodiscard]] std::string composed_name(const char* how,
                                        const std::vector<std::shared_ptr<signal_base>>& sources);

void collect_tree(const std::shared_ptr<signal_base>& from, std::vector<child_spec>& into);

}  // namespace detail

/// Makes composed signals with a name, an empty one being put together from the sources'. All
/// members throw usage_error for a null source.
class named {
 public:
  explicit named(std::string name) noexcept : name_(std::move(name)) {}

  /// f(value), for each value. f as a computed_signal's update.
  template <some_signal S, class F>
  [[nodiscard]] auto map(std::shared_ptr<S> source, F f) const {
    return combine_as("map", std::move(f), std::move(source));
  }

  /// f(values...), whenever one of them has changed.
  template <class F, some_signal... S>
    requires(sizeof...(S) > 0)
  [[nodiscard]] auto combine(F f, std::shared_ptr<S>... sources) const {
    return combine_as("combine", std::move(f), std::move(sources)...);
  }

  /// The values for which `wanted(value)` is true; in between the last of them stays.
  template <some_signal S, std::predicate<const typename S::value_type&> F>
  [[nodiscard]] auto filter(std::shared_ptr<S> source, F wanted) const {
    using value_type = typename S::value_type;
    return make<value_type>(
        "filter", source,
        [wanted = std::move(wanted)](
            const detail::input_set& in) mutable -> detail::update_outcome<value_type> {
          const value_type& value = in.present<value_type>(0);
          return wanted(value) ? std::optional<value_type>(value) : std::nullopt;
        });
  }

  /// Without the changes that are none, as `same(before, now)` sees it.
  template <some_signal S, class Same = std::equal_to<>>
  [[nodiscard]] auto distinct(std::shared_ptr<S> source, Same same = {}) const {
    using value_type = typename S::value_type;
    return make<value_type>("distinct", source,
                            [](const detail::input_set& in) -> detail::update_outcome<value_type> {
                              return std::optional<value_type>(in.present<value_type>(0));
                            },
                            {.equal = std::move(same)});
  }

  /// The value of whichever has changed last. Changes are seen in the order in which they were
  /// made, also by a merge that is behind; what its buffers could not hold is `missed`.
  template <some_signal First, some_signal... Others>
  [[nodiscard]] auto merge(std::shared_ptr<First> first, std::shared_ptr<Others>... others) const {
    using value_type = typename First::value_type;
    static_assert((std::same_as<typename Others::value_type, value_type> && ...),
                  "merge: the signals must have values of one type");
    std::vector<std::shared_ptr<signal_base>> sources{std::move(first), std::move(others)...};
    std::string name = name_or("merge", sources);
    return detail::make_computed<value_type>(
        name,
        [](const detail::input_set& in) -> detail::update_outcome<value_type> {
          for (std::size_t i = 0; i != in.all().size(); ++i) {
            if (in.all()[i]->changed && in.all()[i]->has_value) {
              return std::optional<value_type>(in.present<value_type>(i));
            }
          }
          return std::optional<value_type>();
        },
        std::move(sources), false);
  }

  /// The value at the ends of an interval; see sampled_signal.hpp.
  template <some_signal S>
  [[nodiscard]] auto sample(std::shared_ptr<S> source, std::chrono::nanoseconds interval) const {
    return sample_at(std::move(source), interval);
  }
  /// The value whenever `trigger` changes.
  template <some_signal S, some_signal Trigger>
  [[nodiscard]] auto sample(std::shared_ptr<S> source, std::shared_ptr<Trigger> trigger) const {
    return sample_at(std::move(source), std::shared_ptr<signal_base>(std::move(trigger)));
  }

  /// The last N values.
  template <std::size_t N, some_signal S>
  [[nodiscard]] auto window(std::shared_ptr<S> source) const {
    using value_type = typename S::value_type;
    return make<last_values<value_type, N>>(
        "window", source,
        [kept = last_values<value_type, N>()](const detail::input_set& in) mutable
            -> detail::update_outcome<last_values<value_type, N>> {
          kept.add(in.present<value_type>(0));
          return std::optional(kept);
        });
  }

 private:
  [[nodiscard]] std::string name_or(
      const char* how, const std::vector<std::shared_ptr<signal_base>>& sources) const {
    return name_.empty() ? detail::composed_name(how, sources) : name_;
  }

  template <class V, class S, class F>
  [[nodiscard]] std::shared_ptr<computed_signal<V>> make(const char* how,
                                                         const std::shared_ptr<S>& source, F f,
                                                         signal_options<V> options = {}) const {
    const std::string name = name_or(how, {source});
    return detail::make_computed<V>(name, std::move(f), {source}, true, std::move(options));
  }

  template <class F, class... S>
  [[nodiscard]] auto combine_as(const char* how, F f, std::shared_ptr<S>... sources) const {
    static_assert(std::invocable<F&, const typename S::value_type&...>,
                  "map and combine: the function takes the values of the signals, in their order");
    using value_type = std::decay_t<detail::value_made_by<F, const typename S::value_type&...>>;
    const std::string name = name_or(how, {sources...});
    return std::make_shared<computed_signal<value_type>>(name, std::move(f), std::move(sources)...);
  }

  template <class S, class When>
  [[nodiscard]] auto sample_at(std::shared_ptr<S> source, When when) const {
    using value_type = typename S::value_type;
    const std::string name = name_or("sample", {source});
    return std::make_shared<sampled_signal<value_type>>(name, std::move(source), std::move(when));
  }

  std::string name_;
};

template <some_signal S, class F>
[[nodiscard]] auto map(std::shared_ptr<S> source, F f) {
  return named("").map(std::move(source), std::move(f));
}
template <class F, some_signal... S>
[[nodiscard]] auto combine(F f, std::shared_ptr<S>... sources) {
  return named("").combine(std::move(f), std::move(sources)...);
}
template <some_signal S, class F>
[[nodiscard]] auto filter(std::shared_ptr<S> source, F wanted) {
  return named("").filter(std::move(source), std::move(wanted));
}
template <some_signal S, class Same = std::equal_to<>>
[[nodiscard]] auto distinct(std::shared_ptr<S> source, Same same = {}) {
  return named("").distinct(std::move(source), std::move(same));
}
template <some_signal... S>
[[nodiscard]] auto merge(std::shared_ptr<S>... sources) {
  return named("").merge(std::move(sources)...);
}
template <some_signal S, class When>
[[nodiscard]] auto sample(std::shared_ptr<S> source, When when) {
  return named("").sample(std::move(source), std::move(when));
}
template <std::size_t N, some_signal S>
[[nodiscard]] auto window(std::shared_ptr<S> source) {
  return named("").template window<N>(std::move(source));
}

/// The given signals and all that they are made from, each once and sources first: children for a
/// supervisor. Those that belong to a supervisor or a runtime already are left to it.
template <some_signal... S>
[[nodiscard]] std::vector<child_spec> signal_tree(const std::shared_ptr<S>&... signals) {
  std::vector<child_spec> children;
  (detail::collect_tree(signals, children), ...);
  return children;
}

}  // namespace troupe
