#ifndef VALOR_CBROTLI_SHIM_H
#define VALOR_CBROTLI_SHIM_H

#include <brotli/decode.h>
#include <brotli/encode.h>

#endif
