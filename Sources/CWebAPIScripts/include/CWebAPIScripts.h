#ifndef VALOR_CWEBAPISCRIPTS_H
#define VALOR_CWEBAPISCRIPTS_H

#include <stddef.h>

/// One embedded script: its group, its name for stack traces, its UTF-8 text and the text's length in
/// bytes. The group "" makes a global, "plugin" is evaluated when the plugin is known, any other when
/// it is first needed.
typedef struct {
  const char *group;
  const char *name;
  const char *text;
  size_t length;
} valor_web_api_script;

/// The scripts in the order in which they are evaluated.
extern const valor_web_api_script valor_web_api_scripts[];
/// The first of them: Swift cannot take the address of an array of unknown length.
const valor_web_api_script *valor_web_api_script_table(void);
/// How many entries `valor_web_api_scripts` has.
extern const size_t valor_web_api_script_count;

#endif
