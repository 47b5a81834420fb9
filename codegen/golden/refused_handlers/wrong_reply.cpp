// expect: desk needs: int handle_slow(int)
#include <codegen/golden/accepted/workshop.gen.hpp>

namespace workshop {

struct desk : desk_base {
  std::string handle_upper(std::string text) { return text; }
  void handle_later(troupe::request<int, int>) {}
  void handle_touch(int) {}
  std::string handle_slow(int) { return {}; }
};

desk_tx make(troupe::runtime& rt) { return desk_builder{}.spawn(rt); }

}  // namespace workshop
