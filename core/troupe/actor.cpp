#include <troupe/actor.hpp>

#include <utility>

namespace troupe {

actor::actor(std::string name) : name_(std::move(name)) {
  if (this->name().empty()) throw usage_error("actor: the name is empty; give every actor a name");
}

actor::~actor() = default;

namespace {

class function_actor final : public actor {
 public:
  function_actor(std::string name, std::function<task<result<>>(context, logger&)> body)
      : actor(std::move(name)), body_(std::move(body)) {
    if (!body_) throw usage_error("make_actor(\"" + this->name() + "\"): the function is empty");
  }

 protected:
  task<result<>> run(context ctx) override { return body_(std::move(ctx), log()); }

 private:
  std::function<task<result<>>(context, logger&)> body_;
};

}  // namespace

std::shared_ptr<actor> make_actor(std::string name,
                                  std::function<task<result<>>(context, logger&)> run) {
  return std::make_shared<function_actor>(std::move(name), std::move(run));
}

namespace detail {

void throw_made_derived(std::string_view handle, const actor& made) {
  const std::string is(handle);
  throw usage_error("fresh_child<" + is + ">: the factory made an object of a class derived from " +
                    is + ", actor \"" + made.name() +
                    "\"; the inboxes of that class would be lost at a restart: let the factory "
                    "return a std::shared_ptr of it, and name it, fresh_child<that class>");
}

}  // namespace detail

}  // namespace troupe
