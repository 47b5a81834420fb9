# Finds the libbacktrace that comes with GCC (Debian: libgcc-12-dev); makes troupe::backtrace.
# Also installed: a program that links troupe's static library has to find it on its own machine.
#
# The header sits among GCC's own (stddef.h and the like), which another compiler must not see, so
# it is copied into the build folder and only the copy is on the include path.

if(TARGET troupe::backtrace)
  set(Libbacktrace_FOUND TRUE)
  return()
endif()

foreach(_file IN ITEMS libbacktrace.a include/backtrace.h)
  execute_process(COMMAND ${CMAKE_CXX_COMPILER} -print-file-name=${_file}
    OUTPUT_VARIABLE _path OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  cmake_path(GET _path PARENT_PATH _folder)
  # A compiler that does not have the file answers with the bare name.
  if(IS_ABSOLUTE "${_path}")
    list(APPEND _libbacktrace_hints "${_folder}")
  endif()
endforeach()

find_library(Libbacktrace_LIBRARY NAMES libbacktrace.a backtrace HINTS ${_libbacktrace_hints})
find_file(Libbacktrace_HEADER backtrace.h HINTS ${_libbacktrace_hints})
mark_as_advanced(Libbacktrace_LIBRARY Libbacktrace_HEADER)
unset(_libbacktrace_hints)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Libbacktrace
  REQUIRED_VARS Libbacktrace_LIBRARY Libbacktrace_HEADER
  REASON_FAILURE_MESSAGE "it comes with GCC, in Debian's package libgcc-12-dev")

if(Libbacktrace_FOUND)
  set(_include ${CMAKE_CURRENT_BINARY_DIR}/libbacktrace)
  file(COPY ${Libbacktrace_HEADER} DESTINATION ${_include})
  add_library(troupe::backtrace UNKNOWN IMPORTED)
  set_target_properties(troupe::backtrace PROPERTIES
    IMPORTED_LOCATION ${Libbacktrace_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${_include})
endif()
