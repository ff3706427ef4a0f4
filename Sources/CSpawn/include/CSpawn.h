#ifndef VALOR_CSPAWN_H
#define VALOR_CSPAWN_H

#include <spawn.h>

#ifdef __linux__
/// glibc's header declares it for `_DEFAULT_SOURCE` only, which Swift's importer does not define.
/// Closes every descriptor from `from` on in the child (glibc 2.34).
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
#endif

#endif
