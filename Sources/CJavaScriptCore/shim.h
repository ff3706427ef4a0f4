#ifndef VALOR_CJAVASCRIPTCORE_SHIM_H
#define VALOR_CJAVASCRIPTCORE_SHIM_H

#include <JavaScriptCore/JavaScript.h>
#include <glib.h>

#endif
