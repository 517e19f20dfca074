# What `cmake --install build --prefix P` puts where:
#
#   P/bin/oxbow                          the program
#   P/lib/liboxbow_crdt.a, _protocols.a  the two libraries that ship
#   P/include/oxbow/crdt/*.h, protocols/ their public headers; private ones are listed below
#   P/lib/cmake/oxbow/                   find_package(oxbow CONFIG): oxbow::crdt, oxbow::protocols
#   P/lib/pkgconfig/                     oxbow-crdt.pc, oxbow-protocols.pc
#   P/share/oxbow/scenarios/             the scenario files, to begin with
#
# Headers include each other as "crdt/x.h", so both P/include and P/include/oxbow are on a user's
# path: <oxbow/crdt/orset.h> and "crdt/orset.h" are the same file. Nothing in P names P: it can be
# moved as a whole. The test `install` builds programs against such a moved P.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# Headers of the room that only the room itself includes; those in sub-folders are private too.
set(crdt_private array counters dotted firsts item rows sequence slots sum)
set(protocols_private frame groups log outbox peers repair reuse rng rounds)

foreach(room crdt protocols)
  file(GLOB headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${room}/*.h)
  list(JOIN ${room}_private "|" private)
  list(FILTER headers EXCLUDE REGEX "/(bench_[^/]*|${private})\\.h$")
  install(FILES ${headers} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/oxbow/${room})
  target_include_directories(oxbow_${room} INTERFACE
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/oxbow>)
  set_target_properties(oxbow_${room} PROPERTIES EXPORT_NAME ${room})
endforeach()

install(TARGETS oxbow_crdt oxbow_protocols EXPORT oxbow)
install(TARGETS oxbow)
install(DIRECTORY scenarios/ DESTINATION ${CMAKE_INSTALL_DATADIR}/oxbow/scenarios
        FILES_MATCHING PATTERN "*.ini" PATTERN "*.csv"
        PATTERN file EXCLUDE PATTERN program EXCLUDE)

# ---- CMake package ----
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/oxbow)
install(EXPORT oxbow NAMESPACE oxbow:: FILE oxbow-targets.cmake DESTINATION ${package_dir})
configure_package_config_file(cmake/oxbow-config.cmake.in ${PROJECT_BINARY_DIR}/oxbow-config.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/oxbow-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/oxbow-config.cmake
              ${PROJECT_BINARY_DIR}/oxbow-config-version.cmake
        DESTINATION ${package_dir})

# ---- pkg-config ----
# From the folder of the .pc files to the prefix, so that the prefix can be moved.
file(RELATIVE_PATH pc_to_prefix ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" pc_to_prefix "${pc_to_prefix}")
set(crdt_about "CRDTs of nine types, their clocks and wire form, and a keyed store")
# Only static libraries are installed, so what they need is needed without --static, too.
set(crdt_requires "libxxhash")
set(protocols_about "Replicas that synchronise CRDTs: one step function, events in, effects out")
set(protocols_requires "oxbow-crdt = ${PROJECT_VERSION}")
foreach(room crdt protocols)
  set(room_about ${${room}_about})
  set(room_requires ${${room}_requires})
  configure_file(cmake/oxbow.pc.in ${PROJECT_BINARY_DIR}/oxbow-${room}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/oxbow-${room}.pc
          DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()
