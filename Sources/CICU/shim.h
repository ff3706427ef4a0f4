#ifndef VALOR_CICU_SHIM_H
#define VALOR_CICU_SHIM_H

// ICU renames each of its functions with its major version (uidna_close is a macro for
// uidna_close_72), and Swift does not follow such macros: a name with the version in it would bind
// the project to one release of ICU. So each call used has an inline function here, whose name
// stays.
#include <stdint.h>
#include <unicode/uchar.h>
#include <unicode/uidna.h>

// The macro of options is an anonymous enum of bits in C; Swift gets them as one number. These are
// the flags of the URL standard's "domain to ASCII": CheckBidi and CheckJoiners true,
// Transitional_Processing false (the nontransitional bit is for the direction to ASCII).
static inline UIDNA *valor_uidna_open(UErrorCode *status) {
  return uidna_openUTS46(
      UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ | UIDNA_NONTRANSITIONAL_TO_ASCII, status);
}

static inline void valor_uidna_close(UIDNA *idna) { uidna_close(idna); }

// UIDNAInfo is set up with a macro that Swift cannot see; only its error bits are wanted.
static inline int32_t valor_uidna_to_ascii(const UIDNA *idna, const char *name, int32_t length,
                                           char *output, int32_t capacity, uint32_t *errors,
                                           UErrorCode *status) {
  UIDNAInfo info = UIDNA_INFO_INITIALIZER;
  int32_t written =
      uidna_nameToASCII_UTF8(idna, name, length, output, capacity, &info, status);
  *errors = info.errors;
  return written;
}

// The errors that the URL standard does not ask for: CheckHyphens and VerifyDnsLength are false.
static inline uint32_t valor_uidna_ignored_errors(void) {
  return UIDNA_ERROR_EMPTY_LABEL | UIDNA_ERROR_LABEL_TOO_LONG | UIDNA_ERROR_DOMAIN_NAME_TOO_LONG |
         UIDNA_ERROR_LEADING_HYPHEN | UIDNA_ERROR_TRAILING_HYPHEN | UIDNA_ERROR_HYPHEN_3_4;
}

// The version of Unicode whose tables this ICU has, as major * 100 + minor.
static inline uint32_t valor_icu_unicode_version(void) {
  UVersionInfo version;
  u_getUnicodeVersion(version);
  return (uint32_t)version[0] * 100 + version[1];
}

#endif
