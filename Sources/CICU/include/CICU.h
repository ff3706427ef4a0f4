#ifndef VALOR_CICU_H
#define VALOR_CICU_H

// What is used of ICU, in types of this header's own. Swift does not see ICU's headers, for two
// reasons. ICU renames each of its functions with its major version by macros that Swift does not
// follow. And Swift's Foundation brings a copy of ICU of another version: a module that sees both
// has two different types of the name UErrorCode, which does not compile.
#include <stdbool.h>
#include <stdint.h>

/// A processor of UTS #46 for the URL standard's "domain to ASCII"; unchanged once made, and usable
/// from any thread.
typedef struct valor_idna valor_idna;

/// Makes one; NULL where ICU cannot.
valor_idna *_Nullable valor_idna_open(void);
void valor_idna_close(valor_idna *_Nonnull idna);

/// Converts a domain in UTF-8 to ASCII.
///
/// Returns the length of the result, -1 where the domain is invalid. A length beyond the capacity
/// says how much room is needed; the output has nothing then.
int32_t valor_idna_to_ascii(const valor_idna *_Nonnull idna, const char *_Nullable name,
                            int32_t length, char *_Nullable output, int32_t capacity);

/// Decodes byte sequences one by one with a converter of ICU, each from the converter's first state.
///
/// `code_points` gets 0 for a sequence that is not exactly one code point. Returns false where ICU has
/// no converter of the name.
bool valor_icu_map(const char *_Nonnull converter, const uint8_t *_Nonnull sequences, int32_t width,
                   int32_t count, uint32_t *_Nonnull code_points);

/// The version of Unicode that ICU's tables have, as major * 100 + minor.
int32_t valor_icu_unicode_version(void);

#endif
