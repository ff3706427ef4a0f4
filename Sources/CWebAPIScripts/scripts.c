// The JavaScript halves of the Web APIs as bytes of the executable (C23 #embed): a plain file to
// edit, and nothing to find or lose at run time.
#include "CWebAPIScripts.h"

const valor_web_api_script valor_web_api_scripts[] = {
    {0, 0, 0},
};
const size_t valor_web_api_script_count =
    sizeof valor_web_api_scripts / sizeof valor_web_api_scripts[0] - 1;
