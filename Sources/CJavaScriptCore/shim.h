#ifndef VALOR_CJAVASCRIPTCORE_SHIM_H
#define VALOR_CJAVASCRIPTCORE_SHIM_H

#include <JavaScriptCore/JavaScript.h>
#include <glib.h>

// Exported by the library, missing in its headers (they are in WebKit's JSContextRefPrivate.h).

// The only way to hear of a rejected promise that nobody handles: `function` is called with the
// promise and the reason after the microtasks in which it could still have been handled.
JS_EXPORT void JSGlobalContextSetUnhandledRejectionCallback(
    JSGlobalContextRef ctx, JSObjectRef function, JSValueRef *exception);

// A collection at a known time, so that tests can see what happens to what a script dropped.
JS_EXPORT void JSSynchronousGarbageCollectForDebugging(JSContextRef ctx);

#endif
