#ifndef VALOR_CPROCESS_H
#define VALOR_CPROCESS_H

#include <spawn.h>
#include <stddef.h>

#ifdef __linux__
/// glibc's header declares it for `_DEFAULT_SOURCE` only, which Swift's importer does not define.
/// Closes every descriptor from `from` on in the child (glibc 2.34).
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
/// Likewise. Makes `path` the child's working directory (glibc 2.29).
int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *actions, const char *path);
#endif

/// Asks the kernel to kill this process when the thread that started it ends. Linux only; does
/// nothing elsewhere. `prctl` has a variable number of arguments, which Swift cannot call.
void valor_die_with_parent(void);

/// Sets the name that `ps` and `top` show for this process; its first 15 bytes are kept. Linux only;
/// does nothing elsewhere.
void valor_name_process(const char *name);

/// Gives up for good what a plugin's process has no need of: privileges by way of set-uid programs,
/// core dumps and being traced, many descriptors; and lets the kernel end this process rather than
/// another where the machine is out of memory. Linux only but for the resource limits.
void valor_give_up_privileges(void);

/// Takes the system calls away with which a script that had broken out of its engine could go on:
/// those that start programs or processes, open sockets, write, rename or remove files, or look into
/// other processes. They fail with `EPERM` from now on, in all threads.
///
/// Returns 0, or an error number where the kernel has no such filters; -1 on systems for which there
/// is no filter here.
int valor_deny_system_calls(void);

/// The exit status of a process that ``valor_limit_memory`` has ended.
#define VALOR_EXIT_MEMORY 86

/// Ends this process with `VALOR_EXIT_MEMORY` once more than `bytes` of its memory are resident,
/// which is looked at after every 10 ms of its own processor time. Whatever else the process does,
/// it cannot keep this from happening. Linux only; does nothing elsewhere.
///
/// Returns 0, or an error number.
int valor_limit_memory(size_t bytes);

#endif
