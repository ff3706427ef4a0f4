#ifndef VALOR_CPARENTDEATH_H
#define VALOR_CPARENTDEATH_H

/// Asks the kernel to kill this process when the thread that started it ends. Linux only; does
/// nothing elsewhere. `prctl` has a variable number of arguments, which Swift cannot call.
void valor_die_with_parent(void);

#endif
