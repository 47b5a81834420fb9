#pragma once

struct finish_request {
  int last;
};
