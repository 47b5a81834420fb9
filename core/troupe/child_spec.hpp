#pragma once

// What a supervisor is given to keep alive: an actor, or a factory that makes one for each run.

#include <troupe/actor.hpp>
#include <troupe/detail/type_name.hpp>
#include <troupe/restart_policy.hpp>

#include <concepts>
#include <functional>
#include <memory>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>

namespace troupe {

namespace detail {

template <class F>
using made_by = typename std::invoke_result_t<F&>::element_type;

template <class F>
concept actor_factory = std::invocable<F&> && requires(std::invoke_result_t<F&> made) {
  typename std::invoke_result_t<F&>::element_type;
  requires std::derived_from<made_by<F>, actor>;
  { std::shared_ptr<actor>(made) };
};

[[noreturn, gnu::cold]] void throw_made_derived(std::string_view handle, const actor& made);

/// The inboxes of a class derived from `Actor` are not found, and so would not outlive a restart.
/// A plain `actor` shows none, and is not asked: an actor made by make_actor() has none.
template <class Actor>
void require_full_type(const Actor& made) {
  if constexpr (!std::is_same_v<Actor, actor>) {
    if (typeid(made) != typeid(Actor)) throw_made_derived(type_name<Actor>(), made);
  }
}

}  // namespace detail

/// A child of a supervisor.
///
///     .children = {c,                                            // an actor: keeps its state
///                  {w, {.policy = restart_policy::transient}},   // with options of its own
///                  {[] { return std::make_shared<parser>(); }}}  // fresh state in every run
///
/// The pointer's type has to be the object's own class: inboxes of a class derived from it are not
/// known as the actor's, and are closed at its end only where its run has received from them.
class child_spec {
 public:
  /// The object is kept, with its inboxes and what waits in them, over all restarts.
  template <std::derived_from<actor> Actor>
  child_spec(std::shared_ptr<Actor> one, child_options options = {}) : options_(options) {
    if (one) detail::settle_inboxes(*one);
    first_ = std::move(one);
  }

  /// Each run gets an object of its own. One that throws, or gives null, is a failed start, which
  /// counts as a crash. The factory is called in the supervisor's own turn, and holds up all its
  /// children: let it make the object, and open files and devices in run().
  template <detail::actor_factory Factory>
  child_spec(Factory factory, child_options options = {})
      : options_(options), factory_([make = std::move(factory)]() mutable {
          auto made = make();
          if (made) detail::settle_inboxes(*made);
          return std::shared_ptr<actor>(std::move(made));
        }) {}

  [[nodiscard]] const child_options& options() const noexcept { return options_; }

  /// For the supervisor.
  [[nodiscard]] std::shared_ptr<actor>& first() noexcept { return first_; }
  [[nodiscard]] std::function<std::shared_ptr<actor>()>& factory() noexcept { return factory_; }

 private:
  template <std::derived_from<actor> Actor>
  friend class fresh_child;

  child_options options_;
  std::shared_ptr<actor> first_;  // null until the factory has made one
  std::function<std::shared_ptr<actor>()> factory_;
};

/// A child from a factory, with a handle that outlives its restarts: the factory is called once
/// now, and the inboxes of that first object are those of all that follow. Messages that waited
/// when a run crashed are there for the next, which has fresh state. A later object whose inboxes
/// differ in number, capacity or type of message from the first's is a failed start.
///
/// `Actor` has to be the class of what the factory makes, not a base of it: the inboxes of a
/// derived class would not be found. Throws usage_error where it is, and where the factory gives
/// null.
///
///     troupe::fresh_child<parser> parsing([] { return std::make_shared<parser>(); });
///     auto root = ... .children = {parsing.spec()} ...;
///     co_await parsing->parse(line);
template <std::derived_from<actor> Actor>
class fresh_child {
 public:
  template <std::invocable Factory>
    requires std::same_as<std::invoke_result_t<Factory&>, std::shared_ptr<Actor>>
  explicit fresh_child(Factory factory, child_options options = {})
      : handle_(factory()), spec_(checked(std::move(factory)), std::move(options)) {
    if (!handle_) throw usage_error("fresh_child: the factory gave a null actor");
    detail::require_full_type(*handle_);
    detail::settle_inboxes(*handle_);
    spec_.first_ = handle_;
  }

  [[nodiscard]] const child_spec& spec() const noexcept { return spec_; }
  [[nodiscard]] const std::shared_ptr<Actor>& handle() const noexcept { return handle_; }
  Actor* operator->() const noexcept { return handle_.get(); }

 private:
  // A later object may be of another class than the first.
  template <class Factory>
  static auto checked(Factory factory) {
    return [make = std::move(factory)]() mutable {
      std::shared_ptr<Actor> made = make();
      if (made) detail::require_full_type(*made);
      return made;
    };
  }

  std::shared_ptr<Actor> handle_;
  child_spec spec_;
};

template <std::invocable Factory>
fresh_child(Factory) -> fresh_child<typename std::invoke_result_t<Factory&>::element_type>;
template <std::invocable Factory>
fresh_child(Factory, child_options)
    -> fresh_child<typename std::invoke_result_t<Factory&>::element_type>;

}  // namespace troupe
