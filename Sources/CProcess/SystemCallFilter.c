#define _GNU_SOURCE
#include "CProcess.h"

#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__))
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef __x86_64__
#define ARCHITECTURE AUDIT_ARCH_X86_64
#else
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#define LOAD(member) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))
// Both architectures are little-endian: the lower half of an argument comes first.
#define LOAD_ARGUMENT(number) \
  BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[number]))
#define FAIL(error) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (error))
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
// Each is two instructions, so that no jump is longer than one.
#define DENY(name) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##name, 0, 1), FAIL(EPERM)
// Denied where the argument is this value, where it is any other, and where it has one of the bits.
#define DENY_VALUE(name, argument, value)                                              \
  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##name, 0, 4), LOAD_ARGUMENT(argument),     \
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, 1), FAIL(EPERM), ALLOW
#define DENY_OTHERS(name, argument, value)                                             \
  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##name, 0, 4), LOAD_ARGUMENT(argument),     \
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 1, 0), FAIL(EPERM), ALLOW
#define DENY_FLAGS(name, argument, bits)                                               \
  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##name, 0, 4), LOAD_ARGUMENT(argument),     \
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (bits), 0, 1), FAIL(EPERM), ALLOW

int valor_deny_system_calls(void) {
  const unsigned self = (unsigned)getpid();
  static const unsigned writes = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND;
  struct sock_filter filter[] = {
      LOAD(arch),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      LOAD(nr),
#ifdef __x86_64__
      // The numbers of the x32 calls, which nobody here makes.
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1),
      FAIL(EPERM),
      DENY_FLAGS(open, 1, writes),
      DENY(creat),
      DENY(fork),
      DENY(vfork),
      DENY(rename),
      DENY(unlink),
      DENY(rmdir),
      DENY(mkdir),
      DENY(mknod),
      DENY(link),
      DENY(symlink),
      DENY(chmod),
      DENY(chown),
#endif
      // Threads are made, processes are not. The flags of clone3 are in memory, where a filter
      // cannot look: without it the C library takes clone.
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_clone3, 0, 1),
      FAIL(ENOSYS),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_clone, 0, 4),
      LOAD_ARGUMENT(0),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 1, 0),
      FAIL(EPERM),
      ALLOW,
      DENY(execve),
      DENY(execveat),
      DENY_FLAGS(openat, 2, writes),
      // Its flags are in memory, too.
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_openat2, 0, 1),
      FAIL(ENOSYS),
      DENY(socket),
      DENY(socketpair),
      DENY(connect),
      DENY(bind),
      DENY(listen),
      DENY(renameat),
      DENY(renameat2),
      DENY(unlinkat),
      DENY(mkdirat),
      DENY(mknodat),
      DENY(linkat),
      DENY(symlinkat),
      DENY(fchmod),
      DENY(fchmodat),
      DENY(fchown),
      DENY(fchownat),
      DENY(truncate),
      DENY(kill),
      DENY(tkill),
      // The engine suspends its own threads by signals.
      DENY_OTHERS(tgkill, 0, self),
      DENY(rt_sigqueueinfo),
      DENY(rt_tgsigqueueinfo),
      DENY_OTHERS(prlimit64, 0, 0),
      // Standard error may be a terminal, into which this would type.
      DENY_VALUE(ioctl, 1, TIOCSTI),
      DENY(ptrace),
      DENY(process_vm_readv),
      DENY(process_vm_writev),
      DENY(pidfd_open),
      DENY(pidfd_getfd),
      DENY(pidfd_send_signal),
      DENY(io_uring_setup),
      DENY(bpf),
      DENY(perf_event_open),
      DENY(userfaultfd),
      DENY(keyctl),
      DENY(add_key),
      DENY(request_key),
      DENY(mount),
      DENY(umount2),
      DENY(unshare),
      DENY(setns),
      DENY(chroot),
      DENY(pivot_root),
      DENY(init_module),
      DENY(finit_module),
      DENY(kexec_load),
      DENY(setuid),
      DENY(setgid),
      DENY(setreuid),
      DENY(setregid),
      DENY(setresuid),
      DENY(setresgid),
      ALLOW,
  };
  struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
  // Unprivileged processes may set one only where they can gain nothing.
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
  // By the system call, so that threads that libraries have started are filtered too.
  long result =
      syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
  return result == 0 ? 0 : result > 0 ? ESRCH : errno;
}
#else
int valor_deny_system_calls(void) { return -1; }
#endif
