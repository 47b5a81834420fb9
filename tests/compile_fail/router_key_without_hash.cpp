// expect: router::sticky(key): the key must be a number, a text, or anything that std::hash takes
#include <troupe/router.hpp>

struct key {};

void find(troupe::router<int*>& all) { static_cast<void>(all.sticky(key())); }
