#pragma once

// All of troupe::io.

#include <troupe/io/address.hpp>         // IWYU pragma: export
#include <troupe/io/buffer.hpp>          // IWYU pragma: export
#include <troupe/io/endpoint.hpp>        // IWYU pragma: export
#include <troupe/io/resolve.hpp>         // IWYU pragma: export
#include <troupe/io/tcp_connection.hpp>  // IWYU pragma: export
#include <troupe/io/tcp_listener.hpp>    // IWYU pragma: export
