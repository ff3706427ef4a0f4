#define _GNU_SOURCE
#include "CProcess.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#include <sys/time.h>

void valor_die_with_parent(void) { prctl(PR_SET_PDEATHSIG, SIGKILL); }

void valor_name_process(const char *name) { prctl(PR_SET_NAME, name); }

static void limit(int resource, rlim_t value) {
  struct rlimit limit = {value, value};
  setrlimit(resource, &limit);
}

void valor_give_up_privileges(void) {
  // Before the process is undumpable: from then on the file belongs to root.
  int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (file >= 0) {
    (void)!write(file, "1000", 4);
    close(file);
  }
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_NOFILE, 256);
  limit(RLIMIT_MEMLOCK, 0);
  limit(RLIMIT_MSGQUEUE, 0);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  // The limit above does not hold where the kernel pipes core dumps into a program.
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static int statm = -1;
static size_t memory_limit;

/// A handler of SIGPROF: only calls that are safe in one.
static void check_memory(int number) {
  (void)number;
  int saved = errno;
  char text[128];
  ssize_t count = pread(statm, text, sizeof text - 1, 0);
  size_t pages = 0;
  // The second number is the resident set in pages (proc(5)).
  ssize_t at = 0;
  while (at < count && text[at] != ' ') at++;
  for (at++; at < count && text[at] >= '0' && text[at] <= '9'; at++)
    pages = pages * 10 + (size_t)(text[at] - '0');
  if (pages > memory_limit) _exit(VALOR_EXIT_MEMORY);
  errno = saved;
}

int valor_limit_memory(size_t bytes) {
  memory_limit = bytes / (size_t)sysconf(_SC_PAGESIZE);
  statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (statm < 0) return errno;
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = check_memory;
  action.sa_flags = SA_RESTART;
  if (sigaction(SIGPROF, &action, NULL) != 0) return errno;
  struct itimerval interval = {{0, 10000}, {0, 10000}};
  return setitimer(ITIMER_PROF, &interval, NULL) == 0 ? 0 : errno;
}
#else
void valor_die_with_parent(void) {}

void valor_name_process(const char *name) { (void)name; }

void valor_give_up_privileges(void) {
  struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
}

int valor_limit_memory(size_t bytes) {
  (void)bytes;
  return 0;
}
#endif
