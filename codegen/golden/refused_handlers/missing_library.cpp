// expect: mailboxes of network connections need troupe::io: link it to this target
#undef TROUPE_HAS_IO  // as where the library is not linked
#include <codegen/golden/accepted/echo.gen.hpp>
