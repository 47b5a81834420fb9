// expect: on(call_inbox<T, R>, handler): the handler must take a T and give R, result<R>
#include <troupe/serve.hpp>

#include <string>

struct question {};

void bind(troupe::call_inbox<question, int>& questions) {
  static_cast<void>(troupe::on(questions, [](question) { return std::string("forty-two"); }));
}
