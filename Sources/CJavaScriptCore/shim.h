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

#ifdef __linux__
// Of the library's other API, whose headers bring all of GObject.
unsigned jsc_get_major_version(void);
unsigned jsc_get_minor_version(void);
unsigned jsc_get_micro_version(void);

// The engine's version: its major, minor or micro part.
static inline unsigned valor_engine_version(int part) {
  return part == 0   ? jsc_get_major_version()
         : part == 1 ? jsc_get_minor_version()
                     : jsc_get_micro_version();
}

// WebKitGTK never calls this in a program without a web view, and its full garbage collections on a
// timer dereference the null pointer that is then its main run loop. A C++ function, exported; weak,
// so that a library without it still loads.
void valor_wtf_initialize_main_thread(void) __asm__("_ZN3WTF20initializeMainThreadEv")
    __attribute__((weak));

// Makes the calling thread, with its GLib context, what the engine takes for the main one. The first
// call in a process counts.
static inline void valor_initialize_main_thread(void) {
  if (valor_wtf_initialize_main_thread) valor_wtf_initialize_main_thread();
}
#else
static inline unsigned valor_engine_version(int part) { (void)part; return 0; }
static inline void valor_initialize_main_thread(void) {}
#endif

#endif
