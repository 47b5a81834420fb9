# Install rules: libraries and headers are installed where they are made; here is what
# find_package(troupe) reads.

include(CMakePackageConfigHelpers)

set(_destination ${CMAKE_INSTALL_LIBDIR}/cmake/troupe)
set(TROUPE_NEEDS_LIBBACKTRACE ${Libbacktrace_FOUND})
configure_package_config_file(
  ${PROJECT_SOURCE_DIR}/cmake/troupe-config.cmake.in ${PROJECT_BINARY_DIR}/troupe-config.cmake
  INSTALL_DESTINATION ${_destination} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/troupe-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES
  ${PROJECT_BINARY_DIR}/troupe-config.cmake ${PROJECT_BINARY_DIR}/troupe-config-version.cmake
  ${PROJECT_SOURCE_DIR}/cmake/CompilerProbe.cmake
  ${PROJECT_SOURCE_DIR}/cmake/compiler_probe.cpp
  ${PROJECT_SOURCE_DIR}/cmake/FindLibbacktrace.cmake
  ${PROJECT_SOURCE_DIR}/cmake/TroupeGenerate.cmake
  DESTINATION ${_destination})
install(EXPORT troupe_targets NAMESPACE troupe:: FILE troupe-targets.cmake DESTINATION ${_destination})
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
