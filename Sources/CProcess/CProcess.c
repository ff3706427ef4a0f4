#include "CProcess.h"

#ifdef __linux__
#include <signal.h>
#include <sys/prctl.h>

void valor_die_with_parent(void) { prctl(PR_SET_PDEATHSIG, SIGKILL); }
#else
void valor_die_with_parent(void) {}
#endif
