#ifndef VALOR_CPROCESS_H
#define VALOR_CPROCESS_H

#include <spawn.h>

#ifdef __linux__
/// glibc's header declares it for `_DEFAULT_SOURCE` only, which Swift's importer does not define.
/// Closes every descriptor from `from` on in the child (glibc 2.34).
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
#endif

/// Asks the kernel to kill this process when the thread that started it ends. Linux only; does
/// nothing elsewhere. `prctl` has a variable number of arguments, which Swift cannot call.
void valor_die_with_parent(void);

#endif
